# METADATA
# title: Images and models that a resource asks for
# description: |
#   Finds every place of a resource that names a container image or a model, so that no rule lists kinds: containers of
#   all three sorts, image volumes, pod templates inside custom resources and their fields that say image, Azure's
#   container services and online deployments. A place that can't be read is reported too, so nothing unknown is passed over.
#   Workloads of Kubernetes' own are looked into directly, for speed; whatever else there is is walked from end to end.
# scope: package
# schemas:
#   - input: schema.rule_input
package lib.images

import data.lib.view

# Every mention: {"path": […], "kind": "image" | "model", "value": …}. Values that are no text are unreadable.
mentions := array.concat(_in_pods, array.concat(_in_trees, _elsewhere))

any if count(mentions) > 0

readable := [mention | some mention in mentions; is_string(mention.value)]

# With "why": "unknown" | "secret" | "missing" | "malformed".
unreadable := [{"path": mention.path, "kind": mention.kind, "why": _why(mention.value)} |
	some mention in mentions
	not is_string(mention.value)
]

_why(value) := view.opaque(value)

_why(value) := "missing" if is_null(value)

_why(value) := "malformed" if {
	not is_null(value)
	not view.opaque(value)
}

# Where each of Kubernetes' own workloads keeps its pod specification.
_pod_at := {
	"Pod": ["spec"],
	"PodTemplate": ["template", "spec"],
	"ReplicationController": ["spec", "template", "spec"],
	"Deployment": ["spec", "template", "spec"],
	"ReplicaSet": ["spec", "template", "spec"],
	"StatefulSet": ["spec", "template", "spec"],
	"DaemonSet": ["spec", "template", "spec"],
	"Job": ["spec", "template", "spec"],
	"CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
}

_own_group if input.resource.group in {"", "apps", "batch"}

# The kind that the type says must be the one that the object says: if they differ, the whole object is walked.
_own_workload if {
	input.resource.provider == "kubernetes"
	_own_group
	_pod_at[input.resource.kind]
	object.get(input.resource.properties, "kind", input.resource.kind) == input.resource.kind
}

_place := _pod_at[input.resource.kind]

_pod := object.get(input.resource.properties, _place, {})

default _in_pods := []

_in_pods := array.concat(array.concat(_of_containers, _of_volumes), array.concat(_malformed, _hidden)) if _own_workload

_of_containers := [{"path": array.concat(_place, [list, i, "image"]), "kind": "image", "value": _field(container, "image")} |
	some list in ["containers", "initContainers", "ephemeralContainers"]
	some i, container in _pod[list]
]

_of_volumes := [{"path": array.concat(_place, ["volumes", i, "image", "reference"]), "kind": "image", "value": value} |
	some i, volume in _pod.volumes
	value := _field(volume.image, "reference")
]

# What is no object has no fields: it is reported as it is. (The API writes an absent field as null, too.)
_field(value, name) := field if {
	is_object(value)
	not view.opaque(value)
	field := object.get(value, name, null)
}

_field(value, _) := value if view.opaque(value)

_field(value, _) := value if {
	not is_object(value)
	not is_null(value)
}

# A list that is none hides what it holds.
_malformed := [{"path": array.concat(_place, [list]), "kind": "image", "value": value} |
	some list in ["containers", "initContainers", "ephemeralContainers", "volumes"]
	value := _pod[list]
	not is_array(value)
	not is_null(value)
	not view.opaque(value)
]

# Anything on the way to an image that is unknown or secret.
_hidden := [{"path": place.path, "kind": "image", "value": _marker[place.why]} |
	some place in input.resource.opaque
	every segment in place.path {
		_structural(segment)
	}
]

_marker := {"unknown": {"$unknown": true}, "secret": {"$secret": true}}

_structural(segment) if is_number(segment)

_structural(segment) if {
	segment in {
		"spec", "template", "jobTemplate", "podTemplate", "podSpec", "items", "templates",
		"containers", "initContainers", "ephemeralContainers", "container", "volumes",
		"predictor", "transformer", "explainer", "model", "worker", "head", "headGroupSpec", "workerGroupSpecs",
	}
}

default _in_trees := []

# Kubernetes' own kinds that run nothing need no walk; lists, patches, custom resources and impostors do.
_in_trees := array.concat(_walked, _hidden) if {
	input.resource.provider == "kubernetes"
	not _own_workload
	_walk
}

# Part of each name that `_mentions_at` looks for, in small letters.
_names := ["image", "storageuri", "modeluri"]

_names_something if {
	whole := lower(view.text)
	some name in _names
	contains(whole, name)
}

_walk if {
	not _own_group
	not _group_of_kubernetes
}

# By name: a group that can't be told is none of Kubernetes' own, and anybody's may end like one of those.
_group_of_kubernetes if input.resource.group in _groups_of_kubernetes

_groups_of_kubernetes := {sprintf("%s.k8s.io", [name]) |
	some name in [
		"admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization", "certificates",
		"coordination", "discovery", "events", "flowcontrol.apiserver", "internal.apiserver", "metrics", "networking",
		"node", "rbac.authorization", "resource", "scheduling", "storage", "storagemigration",
	]
}

# An object whose kind can't be told could be anything.
_walk if _carries_pods(object.get(input.resource, "kind", "List"))

_walk if _carries_pods(object.get(input.resource.properties, "kind", ""))

_carries_pods(kind) if kind == "List"

_carries_pods(kind) if {
	is_string(kind)
	_pod_at[trim_suffix(trim_suffix(kind, "List"), "Patch")]
}

_walked := [mention |
	_names_something
	walk(input.resource.properties, [path, value])
	count(path) > 0
	not _runs_nothing(path)
	some mention in _mentions_at(path, path[count(path) - 1], value)
]

# Names, annotations and observed state run nothing, and neither do the contents of ConfigMaps and Secrets.
_runs_nothing(path) if path[0] in {"metadata", "status", "data", "stringData", "binaryData"}

_runs_nothing(path) if {
	some i, segment in path
	segment == "metadata"
	path[i + 1] in {"annotations", "labels"}
}

_mentions_at(path, "image", value) := [{"path": path, "kind": "image", "value": value}] if _leaf(value)

# Image volumes, and operators' custom resources that split a reference over fields.
_mentions_at(path, "image", value) := found if {
	not _leaf(value)
	found := array.concat(
		[{"path": array.concat(path, ["reference"]), "kind": "image", "value": value.reference} | value.reference],
		[{"path": path, "kind": "image", "value": _joined(value)} | value.repository],
	)
}

# A field of another name that says image, where what it holds is a reference: text of any sort stands under such names.
_mentions_at(path, key, value) := [{"path": path, "kind": "image", "value": value}] if {
	_other_names
	_says_image(path, key)
	_could_be_an_image(value)
}

_mentions_at(path, key, value) := [{"path": path, "kind": "image", "value": _joined(value)}] if {
	_other_names
	_says_image(path, key)
	not view.opaque(value)
	value.repository
}

# Whether there is such a field at all: asked once of the text, not of each field.
_other_names if regex.match(`(?i)image(_?(name|ref|reference|uri|url))?s?":`, replace(view.text, `"image":`, ""))

# `containerImage`, `imageName`, and whatever stands in `images`. What `image` itself holds is above.
_says_image(_, key) if {
	is_string(key)
	key != "image"
	regex.match(`(?i)(image|image_?(name|ref|reference|uri|url))s?$`, key)
}

_says_image(path, key) if {
	not key in {"image", "modelUri", "storageUri"}
	list := path[count(path) - 2]
	is_string(list)
	regex.match(`(?i)images$`, list)
}

_could_be_an_image(value) if view.opaque(value)

_could_be_an_image(value) if {
	is_string(value)
	not regex.match(`^localhost:[0-9]+$`, value)
	some form in _forms
	regex.match(form, value)
}

# By the shape alone, so that what is no reference by the grammar, and made to look like one, is found and refused.
_forms := [
	# A host, or what a runtime would take for one, before the first slash: no `https://`, and no path of files.
	`^\s*[^\s/.][^\s/]*[.:@][^\s/]*/[^\s/]`,
	`(?i)^\s*(oci|docker)://`,
	`^\s*localhost/`,
	# A tag or a digest at the end: no address of a host alone.
	`@sha256:`,
	`^\s*[^\s/.:@][^\s:@]*/[^\s:@]+:[A-Za-z0-9_][^\s:/@]*\s*$`,
	`^\s*[a-z0-9_-]+:[A-Za-z0-9_][^\s:/@]*\s*$`,
]

# KServe and its like.
_mentions_at(path, key, value) := [{"path": path, "kind": "model", "value": value}] if {
	key in {"storageUri", "modelUri"}
	_leaf(value)
}

_leaf(value) if view.opaque(value)

_leaf(value) if is_string(value)

_leaf(value) if is_number(value)

# A part that is unknown, secret or no text makes the whole so.
_joined(value) := value.repository if not is_string(value.repository)

_joined(value) := part if {
	is_string(value.repository)
	part := _opaque_parts(value)[0]
}

_joined(value) := concat("", [
	_with("%s/", object.get(value, "registry", "")),
	value.repository,
	_with(":%v", object.get(value, "tag", "")),
	_with("@%s", object.get(value, "digest", "")),
]) if {
	is_string(value.repository)
	count(_opaque_parts(value)) == 0
}

_opaque_parts(value) := [value[name] | some name in ["registry", "tag", "digest"]; view.opaque(value[name])]

_with(_, text) := "" if text == ""

_with(form, text) := sprintf(form, [text]) if text != ""

default _elsewhere := []

_elsewhere := array.concat(_of_services, array.concat(_of_machine_learning, _of_web)) if input.resource.provider != "kubernetes"

# A list of containers that is unknown or secret is told as one; what else is no list is none of containers.
_of_services := array.concat(_of_listed, [{"path": path, "kind": "image", "value": value} |
	_has_lists
	walk(input.resource.properties, [path, value])
	path[count(path) - 1] in {"containers", "initContainers"}
	view.opaque(value)
])

# Azure Container Apps, Container Instances and whatever else has containers.
_of_listed := [{"path": array.concat(path, [i, "image"]), "kind": "image", "value": _field(container, "image")} |
	_has_lists
	walk(input.resource.properties, [path, value])
	path[count(path) - 1] in {"containers", "initContainers"}
	is_array(value)
	some i, container in value
]

_has_lists if {
	not startswith(input.resource.type, "pulumi:")
	not view.has_no_field(["containers", "initContainers"])
}

# What an endpoint of Azure Machine Learning serves, and what it runs in.
_of_machine_learning := [{"path": path, "kind": kind, "value": _asset(value)} |
	startswith(input.resource.type, "azure-native:machinelearningservices")
	walk(input.resource.properties, [path, value])
	kind := {"model": "model", "modelUri": "model", "environmentId": "image", "image": "image"}[path[count(path) - 1]]
	not is_null(value)
	not _judged(kind, value)
]

# An environment of a workspace that these gates guard, which is the job's own: its image was judged when the version was
# written, and a version never changes. The 16 digits are the beginning of the image's digest, by which ours are called;
# one that comes back after another has a number, too.
_judged("image", value) if {
	is_string(value)
	[_, group, named] := regex.find_all_string_submatch_n(_environment, value, 1)[0]
	_is_alike(input.resource.properties.workspaceName, named)
	_is_alike(input.resource.properties.resourceGroupName, group)
	some workspace in input.parameters.registries.workspaces
	glob.match(workspace, [], lower(named))
}

# Azure tells no letters of names apart by their case.
_is_alike(value, name) if {
	is_string(value)
	lower(value) == lower(name)
}

_environment := concat("", [
	`(?i)^/subscriptions/[^/]+/resourceGroups/([^/]+)/providers/Microsoft\.MachineLearningServices`,
	`/workspaces/([^/]+)/environments/[^/]+/versions/[0-9a-f]{16}(?:-[1-9][0-9]{0,5})?$`,
])

# Batch deployments put the reference into an object.
_asset(value) := asset if {
	is_object(value)
	not view.opaque(value)
	asset := object.get(value, "assetId", object.get(value, "path", null))
}

_asset(value) := value if view.opaque(value)

_asset(value) := value if not is_object(value)

# App Service and Functions.
_of_web := [{"path": path, "kind": "image", "value": image} |
	startswith(input.resource.type, "azure-native:web")
	walk(input.resource.properties, [path, value])
	path[count(path) - 1] in {"linuxFxVersion", "windowsFxVersion"}
	image := _docker(value)
]

_docker(value) := value if view.opaque(value)

_docker(value) := substring(value, count("DOCKER|"), -1) if {
	is_string(value)
	startswith(upper(value), "DOCKER|")
}

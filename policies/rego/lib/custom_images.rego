# METADATA
# title: Images and models in custom resources
# description: |
#   Lists, patches, custom resources and whatever says another kind than it is are walked from end to end: pods anywhere
#   in them, references that are split over fields, and fields of other names that say image. Which fields could is found
#   out of the text once, so that a walk only compares names.
# scope: package
# schemas:
#   - input: schema.rule_input
package lib.custom_images

import data.lib.pod_images
import data.lib.view

default mentions := []

# Kubernetes' own kinds that run nothing need no walk; lists, patches, custom resources and impostors do.
mentions := array.concat(_walked, pod_images.hidden) if {
	input.resource.provider == "kubernetes"
	not pod_images.is_workload
	_walk
}

_walk if {
	not pod_images.is_own_group
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
	pod_images.pod_at[trim_suffix(trim_suffix(kind, "List"), "Patch")]
}

# The names of all fields that say what is looked for; `"` before a colon ends nothing else.
_named := {trim_suffix(found, `":`) |
	some found in regex.find_n(`[^"]*(?i:image|storageuri|modeluri)[^"]*":`, json.marshal(_runs), -1)
}

# What is looked at by its own name, and what because of the list or map that it stands in.
_keys := {name | some name in _named; _says(name)}

_lists := {name | some name in _named; regex.match(`(?i)images$`, name)}

_says(name) if name in {"modelUri", "storageUri"}

# `containerImage`, `imageName`, and `image` itself.
_says(name) if regex.match(`(?i)(image|image_?(name|ref|reference|uri|url))s?$`, name)

_walked := array.concat(_by_key, _in_lists)

# Each object is asked for the few names, not each field for its own: most of what is walked is neither.
_by_key := [mention |
	some key in _keys
	walk(_runs, [place, holder])
	value := holder[key]
	path := array.concat(place, [key])
	not _is_a_label(path)
	some mention in _of_key(key, path, value)
]

_in_lists := [mention |
	some list in _lists
	walk(_runs, [place, holder])
	some key, value in holder[list]
	not key in _keys
	path := array.concat(place, [list, key])
	not _is_a_label(path)
	some mention in _of_other(path, value)
]

# Names, annotations and observed state run nothing, and neither do the contents of ConfigMaps and Secrets.
_runs := object.remove(input.resource.properties, ["metadata", "status", "data", "stringData", "binaryData"]) if {
	is_object(input.resource.properties)
}

_is_a_label(path) if {
	some i, segment in path
	segment == "metadata"
	path[i + 1] in {"annotations", "labels"}
}

_of_key("image", path, value) := [{"path": path, "kind": "image", "value": value}] if _leaf(value)

# Image volumes, and operators' custom resources that split a reference over fields.
_of_key("image", path, value) := found if {
	not _leaf(value)
	is_object(value)
	found := array.concat(
		[{"path": array.concat(path, ["reference"]), "kind": "image", "value": value.reference} | value.reference],
		[{"path": path, "kind": "image", "value": _joined(value, name)} | name := _name(value)],
	)
}

# KServe and its like.
_of_key(key, path, value) := [{"path": path, "kind": "model", "value": value}] if {
	key in {"storageUri", "modelUri"}
	_leaf(value)
}

_of_key(key, path, value) := _of_other(path, value) if not key in {"image", "modelUri", "storageUri"}

# A field of another name that says image, where what it holds is a reference: text of any sort stands under such names.
_of_other(path, value) := [{"path": path, "kind": "image", "value": value}] if _could_be_an_image(value)

_of_other(path, value) := [{"path": path, "kind": "image", "value": value}] if {
	_is_a_word(value)
	name := path[count(path) - 1]
	is_string(name)
	regex.match(_of_images_alone, name)
}

_of_other(path, value) := [{"path": path, "kind": "image", "value": _joined(value, name)}] if {
	not view.opaque(value)
	is_object(value)
	name := _name(value)
	_is_split(value, name)
}

# What bears such a name is an image, though it be a word: `baseImage: ubuntu`.
_of_images_alone := `(?i)^(base|builder|container|docker|init|oci|pod|runner|runtime|server|sidecar|worker)_?image(_?(name|ref|reference))?$`

_is_a_word(value) if {
	is_string(value)
	not _could_be_an_image(value)
	regex.match(`^\s*[A-Za-z0-9][A-Za-z0-9._-]*\s*$`, value)
	not lower(value) in {"auto", "default", "none"}
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

_leaf(value) if view.opaque(value)

_leaf(value) if is_string(value)

_leaf(value) if is_number(value)

# The field that names an image whose reference is split over fields.
_name(value) := value.repository if value.repository != null

_name(value) := value.name if {
	object.get(value, "repository", null) == null
	value.name != null
}

# Much has a name: what has one beside `image` is an image with a version, a registry, or a name that could be one's.
_is_split(value, _) if value.repository != null

_is_split(value, _) if {
	some part in ["digest", "registry", "tag"]
	value[part] != null
}

_is_split(_, name) if _could_be_an_image(name)

# A part that is unknown, secret or no text makes the whole so.
_joined(_, name) := name if not is_string(name)

_joined(value, name) := part if {
	is_string(name)
	part := _opaque_parts(value)[0]
}

_joined(value, name) := concat("", [
	_with("%s/", object.get(value, "registry", "")),
	name,
	_with(":%v", object.get(value, "tag", "")),
	_with("@%s", object.get(value, "digest", "")),
]) if {
	is_string(name)
	count(_opaque_parts(value)) == 0
}

_opaque_parts(value) := [value[name] | some name in ["registry", "tag", "digest"]; view.opaque(value[name])]

_with(_, text) := "" if text == ""

_with(form, text) := sprintf(form, [text]) if text != ""

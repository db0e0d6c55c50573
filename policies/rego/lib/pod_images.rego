# METADATA
# title: Images in the pods of Kubernetes' own workloads
# description: |
#   Where such a workload keeps its pod is known, so it is looked into directly, for speed: containers of all three sorts
#   and image volumes. What stands on the way to an image and can't be read is told for custom resources, too.
# scope: package
# schemas:
#   - input: schema.rule_input
package lib.pod_images

import data.lib.view

# Where each of Kubernetes' own workloads keeps its pod specification.
pod_at := {
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

is_own_group if input.resource.group in {"", "apps", "batch"}

# The kind that the type says must be the one that the object says: if they differ, the whole object is walked.
is_workload if {
	input.resource.provider == "kubernetes"
	is_own_group
	pod_at[input.resource.kind]
	object.get(input.resource.properties, "kind", input.resource.kind) == input.resource.kind
}

_place := pod_at[input.resource.kind]

_pod := object.get(input.resource.properties, _place, {})

default mentions := []

mentions := array.concat(array.concat(_of_containers, _of_volumes), array.concat(_malformed, hidden)) if is_workload

_of_containers := [{"path": array.concat(_place, [list, i, "image"]), "kind": "image", "value": field(container, "image")} |
	some list in ["containers", "initContainers", "ephemeralContainers"]
	some i, container in _pod[list]
]

_of_volumes := [{"path": array.concat(_place, ["volumes", i, "image", "reference"]), "kind": "image", "value": value} |
	some i, volume in _pod.volumes
	value := field(volume.image, "reference")
]

# What is no object has no fields: it is reported as it is. (The API writes an absent field as null, too.)
field(value, name) := field if {
	is_object(value)
	not view.opaque(value)
	field := object.get(value, name, null)
}

field(value, _) := value if view.opaque(value)

field(value, _) := value if {
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
hidden := [{"path": place.path, "kind": "image", "value": _marker[place.why]} |
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

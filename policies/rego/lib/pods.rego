# METADATA
# title: Pod specifications that a resource holds
# description: |
#   Finds what would run as a pod: the specification of a pod, of the template of a workload, and of every template inside
#   a custom resource. Each with its path, its containers of all three sorts, and whether it is a template. Judges nothing.
# scope: package
# schemas:
#   - input: schema.rule_input
package lib.pods

import data.lib.view

# Where Kubernetes' own workloads keep it.
_places := {
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

any if count(found) > 0

# Each {"path": […], "spec": {…}}.
found := array.concat(_own, _inside)

default _own := []

_own := [{"path": path, "spec": spec}] if {
	_is_own
	path := _places[_kind]
	spec := view.value(path)
}

_kind := trim_suffix(input.resource.kind, "Patch")

_is_own if {
	input.resource.group in {"", "apps", "batch"}
	_places[_kind]
}

default _inside := []

# Kubernetes' own other kinds run nothing; whatever is defined by somebody may.
_inside := [{"path": path, "spec": spec} |
	not view.has_no_field(["containers"])
	walk(input.resource.properties, [path, spec])
	not path[0] in {"metadata", "status"}
	is_array(spec.containers)
] if {
	input.resource.provider == "kubernetes"
	not _is_own
	not _of_kubernetes
}

_of_kubernetes if input.resource.group in {"", "apps", "batch", "autoscaling", "policy"}

_of_kubernetes if endswith(input.resource.group, ".k8s.io")

# Every container: {"path": […], "spec": {…}, "pod": {…}, "list": …}.
containers := [{"path": array.concat(pod.path, [list, index]), "spec": container, "pod": pod.spec, "list": list} |
	some pod in found
	some list in ["containers", "initContainers", "ephemeralContainers"]
	some index, container in pod.spec[list]
]

# A model that it serves, by its label or that of its pods.
serves_model if {
	some metadata in [["metadata"], ["spec", "template", "metadata"]]
	view.value(array.concat(metadata, ["labels", "headgate.dev/model"])) != null
}

# What a controller brings is judged as that which owns it.
owned if {
	_kind in {"Pod", "ReplicaSet"}
	some owner in input.resource.properties.metadata.ownerReferences
	owner.controller == true
}

# The name that a container goes by in a message.
name_of(container) := name if {
	name := view.at(container.spec, ["name"])
	is_string(name)
}

name_of(container) := sprintf("%s[%v]", [container.list, container.path[count(container.path) - 1]]) if {
	not is_string(view.at(container.spec, ["name"]))
}

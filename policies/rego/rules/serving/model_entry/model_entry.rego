# METADATA
# scope: package
# title: A model reaches a pod as an image volume by digest, and in no other way
# description: |
#   What is signed, evaluated and approved is a digest. A pod that fetches its model when it starts, mounts it from a share,
#   or has it from a container that runs before it serves whatever is there at that moment, and no gate has seen it. So a
#   model comes as an OCI image volume by digest, or through an initialiser of ours that verifies it.
# custom:
#   id: HG-SV-008
#   severity: critical
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:*
#   controls:
#     - ISO/IEC 27001:2022 A.8.19
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     Push the model with `headgate model push`, and mount it: `volumes: [{name: model, image: {reference:
#     <registry>/models/<team>/<name>@sha256:…}}]`. Give the runtime a path in that volume instead of an address. ModelDeployment
#     does both. Initialisers that verify are `serving.initialisers` in `policies/parameters/`.
#   fix: the components mount models as image volumes; any other way is a program's own
#   since: 2025-01-01
#   deferrable: false
package rules.serving.model_entry

import data.lib.finding
import data.lib.pods
import data.lib.view

applies if pods.any

applies if count(_addresses) > 0

# A model that is named by an address is fetched by whoever reads it.
violation contains finding.at(path, value, wrong, "a path in an image volume") if {
	some container in pods.containers
	some [field, name, value] in _told(container)
	_is_for_a_model(name)
	_is_fetched(value)
	path := array.concat(container.path, field)
	wrong := sprintf("container %q is told to fetch a model", [pods.name_of(container)])
}

# KServe and its like.
violation contains finding.at(path, value, "the model is fetched from an address", expected) if {
	some path, value in _addresses
	not _is_an_image(value)
	expected := "oci://<registry>/models/<team>/<name>@sha256:…, which the node pulls as an image"
}

# What runs before the model's container, and writes where that one reads.
violation contains finding.at(path, image, wrong, "the model as an image volume") if {
	_serves
	some container in pods.containers
	container.list == "initContainers"
	some shared in _shared(container)
	image := view.at(container.spec, ["image"])
	not _is_initialiser(image)
	path := array.concat(container.path, ["image"])
	wrong := sprintf(
		"container %q runs first and writes into volume %q, from which the model is served",
		[pods.name_of(container), shared],
	)
}

# Volumes whose contents were put there by nobody knows whom.
violation contains finding.at(path, kind, wrong, "an image volume by digest; emptyDir for what is written") if {
	_serves
	some pod in pods.found
	some index, volume in pod.spec.volumes
	some kind, what in _shares
	view.at(volume, [kind]) != null
	not _holds_secrets(volume)
	path := array.concat(pod.path, ["volumes", index, kind])
	wrong := sprintf("the model may come from %s", [what])
}

# A volume that can't be read could be any.
violation contains finding.at(path, volumes, "", "volumes that are known") if {
	_serves
	some pod in pods.found
	volumes := view.at(pod.spec, ["volumes"])
	view.opaque(volumes)
	path := array.concat(pod.path, ["volumes"])
}

# What serves has its model from somewhere: if not from a volume, then from its own image or from the network.
violation contains finding.at(path, null, "the model is in no image volume", expected) if {
	_serves
	input.resource.kind in {"Deployment", "StatefulSet", "Rollout"}
	some pod in pods.found
	not view.opaque(view.at(pod.spec, ["volumes"]))
	not _has_image_volume(pod)
	path := array.concat(pod.path, ["volumes"])
	expected := "{name: model, image: {reference: <registry>/models/<team>/<name>@sha256:…}}"
}

# Whether it serves a model, by its own label or that of its pods. What trains or scores reads data, too.
_serves if {
	not input.resource.kind in {"Job", "CronJob"}
	some label in ["headgate.dev/model", "serving.kserve.io/inferenceservice"]
	some metadata in [["metadata"], ["spec", "template", "metadata"]]
	view.value(array.concat(metadata, ["labels", label])) != null
	not _is_a_jobs
}

# A pod that a job brings has the label of its model, too.
_is_a_jobs if {
	some owner in input.resource.properties.metadata.ownerReferences
	owner.kind == "Job"
}

# Arguments and variables, each by its place, name and value. A name without a value has that which follows it.
_told(container) := ({[["env", index, "value"], variable.name, view.at(variable, ["value"])] |
	some index, variable in container.spec.env
	is_string(variable.name)
} | {[[list, index], parts[0], concat("=", array.slice(parts, 1, count(parts)))] |
	some list in ["command", "args"]
	some index, argument in container.spec[list]
	is_string(argument)
	parts := split(argument, "=")
	count(parts) > 1
}) | {[[list, index + 1], argument, container.spec[list][index + 1]] |
	some list in ["command", "args"]
	some index, argument in container.spec[list]
	is_string(argument)
	not contains(argument, "=")
}

_is_for_a_model(name) if {
	regex.match(`(^|_)(model|storage|weights|checkpoint)(_(uri|url|path|id|name|dir|repo|repository|source|location|tag))?$`, _plain(name))
}

_plain(name) := trim_left(replace(lower(name), "-", "_"), "_")

# An address, or an account and a name of a hub; a path and a bare name are in the pod itself.
_is_fetched(value) if {
	is_string(value)
	regex.match(`^[A-Za-z][A-Za-z0-9+.-]*:/`, value)
	not startswith(value, "file:/")
}

_is_fetched(value) if {
	is_string(value)
	regex.match(`^[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*$`, value)
}

_is_fetched(value) if view.opaque(value)

default _addresses := {}

_names := {"storageUri", "modelUri"}

_addresses := {path: value |
	not view.has_no_field(_names)
	walk(input.resource.properties, [path, value])
	path[count(path) - 1] in _names
	not path[0] in {"metadata", "status"}
	_is_leaf(value)
} if {
	input.resource.provider == "kubernetes"
	not _of_kubernetes
}

# Kubernetes' own kinds name no model.
_of_kubernetes if input.resource.group in {"", "apps", "batch", "autoscaling", "policy"}

_of_kubernetes if endswith(input.resource.group, ".k8s.io")

_is_leaf(value) if is_string(value)

_is_leaf(value) if view.opaque(value)

_is_an_image(value) if {
	is_string(value)
	regex.match(`^oci://[^@\s]+@sha256:[a-f0-9]{64}$`, value)
}

# The volumes that a container may write to, and one that serves has, too.
_shared(container) := {mount.name |
	some mount in container.spec.volumeMounts
	not view.at(mount, ["readOnly"]) == true
	some other in container.pod.containers
	some theirs in other.volumeMounts
	theirs.name == mount.name
}

_is_initialiser(image) if {
	is_string(image)
	split(image, "@")[0] in input.parameters.serving.initialisers
	contains(image, "@sha256:")
}

_has_image_volume(pod) if {
	some volume in pod.spec.volumes
	view.at(volume, ["image"]) != null
}

_has_image_volume(pod) if {
	some container in pod.spec.initContainers
	_is_initialiser(view.at(container, ["image"]))
}

_shares := {
	"azureDisk": "a disk of Azure",
	"azureFile": "a share of Azure",
	"cephfs": "a shared file system",
	"csi": "whatever a storage driver mounts",
	"flexVolume": "whatever a storage driver mounts",
	"gitRepo": "a repository",
	"glusterfs": "a shared file system",
	"hostPath": "a directory of the node",
	"iscsi": "a disk of the network",
	"nfs": "a share of the network",
	"persistentVolumeClaim": "a volume that others write to",
	"rbd": "a disk of the network",
}

# The cloud's vault hands over secrets, and mounts nothing else.
_holds_secrets(volume) if volume.csi.driver == "secrets-store.csi.k8s.io"

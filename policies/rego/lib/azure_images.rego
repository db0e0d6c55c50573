# METADATA
# title: Images and models in Azure's services
# description: |
#   Whatever has containers, what an endpoint of Azure Machine Learning serves and what it runs in, and App Service.
# scope: package
# schemas:
#   - input: schema.rule_input
package lib.azure_images

import data.lib.pod_images
import data.lib.view

default mentions := []

mentions := array.concat(_of_services, array.concat(_of_machine_learning, _of_web)) if input.resource.provider != "kubernetes"

# A list of containers that is unknown or secret is told as one; what else is no list is none of containers.
_of_services := array.concat(_of_listed, [{"path": path, "kind": "image", "value": value} |
	_has_lists
	walk(input.resource.properties, [path, value])
	path[count(path) - 1] in {"containers", "initContainers"}
	view.opaque(value)
])

# Azure Container Apps, Container Instances and whatever else has containers.
_of_listed := [{"path": array.concat(path, [i, "image"]), "kind": "image", "value": pod_images.field(container, "image")} |
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

# METADATA
# scope: package
# title: What costs money has a payer, a budget and a bound
# description: |
#   A bill that carries no team can be sent to nobody, and machines that nobody bounded run for a month before anybody sees
#   them. So what is paid for says who pays, a platform has a budget whose contacts are told, nodes are of sizes that the
#   environment allows, GPUs are within the allowance, and where nothing runs in production GPU nodes go when nobody needs them.
# custom:
#   id: HG-CO-001
#   severity: medium
#   gates: [P, U, A]
#   scope: object
#   controls:
#     - ISO/IEC 27001:2022 A.5.9
#     - ISO/IEC 27001:2022 A.8.6
#   remediation: |
#     Tag Azure resources with `owner`, `team`, `cost-center` and `environment`, and label Kubernetes workloads and namespaces
#     with the same under `headgate.dev/`; every component does both from `ownership`. Sizes, GPUs and whether GPU pools have to
#     go down to zero (`minCount: 0`) are `cost` in `policies/parameters/`.
#   fix:
#     minCount: [cluster.pools.*.min, cluster.pools.more.*.min]
#     maxCount: [cluster.pools.*.max, cluster.pools.more.*.max]
#     'spec.hard["requests.nvidia.com/gpu"]': [quota.gpus]
#   since: 2025-01-01
#   deferrable: false
package rules.cost.allowance

import data.lib.finding
import data.lib.pods
import data.lib.settings
import data.lib.view

applies if _is_paid_for

applies if settings.type in {"azure-native:consumption:Budget", "headgate:index:PlatformFoundation"}

applies if input.resource.kind == "ResourceQuota"

applies if pods.any

# Who pays.
violation contains finding.at(path, value, wrong, sprintf("who it is, as `%s`", [tag])) if {
	_is_paid_for
	some tag in input.parameters.cost.tags
	path := array.concat(_tags_at, [sprintf("%s%s", [_prefix, tag])])
	value := view.value(path)
	not _is_said(value)
	wrong := sprintf("nobody can be sent the bill: there is no %s", [tag])
}

# What may be spent.
violation contains finding.at(path, value, "the platform has no budget", "budget: {monthly: …, contacts: […], thresholds: […]}") if {
	settings.type == "headgate:index:PlatformFoundation"
	path := ["budget", "monthly"]
	value := view.value(path)
	not _is_more_than_nothing(value)
}

violation contains finding.at(["amount"], value, "the budget is of nothing", "an amount above 0") if {
	settings.type == "azure-native:consumption:Budget"
	value := view.value(["amount"])
	not _is_more_than_nothing(value)
}

violation contains finding.at(["notifications"], value, "nobody is told when the budget is used up", expected) if {
	settings.type == "azure-native:consumption:Budget"
	value := view.value(["notifications"])
	not _tells_somebody(value)
	expected := "a notification that is enabled, with contactEmails or contactGroups"
}

# On what it is spent.
violation contains finding.at(path, size, wrong, concat(" or ", input.parameters.cost.sizes)) if {
	some pool in _pools
	path := array.concat(pool.path, ["vmSize"])
	size := view.value(path)
	not _is_allowed(size)
	wrong := sprintf("nodes of size %v are not within the allowance of the environment", [size])
}

violation contains finding.fixable(finding.at(path, value, wrong, sprintf("at most %d", [most])), most) if {
	some pool in _pools
	_has_gpus(pool)
	most := input.parameters.cost.most_gpu_nodes
	some field in _counts(pool)
	path := array.concat(pool.path, [field])
	value := view.value(path)
	not _is_within(value, most)
	wrong := "the pool may have more GPU nodes than the allowance"
}

violation contains finding.fixable(finding.at(path, value, wrong, "enableAutoScaling: true and minCount: 0"), 0) if {
	input.parameters.cost.gpu_pools_rest
	some pool in _pools
	_has_gpus(pool)
	field := _lowest(pool)
	path := array.concat(pool.path, [field])
	value := view.value(path)
	value != 0
	wrong := "GPU nodes stay, and are paid for, when nobody needs them"
}

violation contains finding.fixable(finding.at(path, value, wrong, sprintf("at most %d", [most])), most) if {
	input.resource.kind == "ResourceQuota"
	some name, _ in input.resource.properties.spec.hard
	is_string(name)
	endswith(name, "nvidia.com/gpu")
	path := ["spec", "hard", name]
	value := view.value(path)
	most := input.parameters.cost.most_gpus
	not _is_within(value, most)
	wrong := sprintf("the quota lets a team have %v GPUs, which is above its allowance", [value])
}

violation contains finding.at(path, value, wrong, sprintf("at most %d", [most])) if {
	some container in pods.containers
	some list in ["requests", "limits"]
	path := array.concat(container.path, ["resources", list, "nvidia.com/gpu"])
	value := view.at(container.spec, ["resources", list, "nvidia.com/gpu"])
	value != null
	most := input.parameters.cost.most_gpus
	not _is_within(value, most)
	wrong := sprintf("container %q asks for %v GPUs, which is above the allowance of its team", [pods.name_of(container), value])
}

# What the cloud bills by itself, and what a cluster's bill is shared out by.
_is_paid_for if settings.type in _billed

_is_paid_for if {
	input.resource.kind in _billed_kinds
	input.resource.provider == "kubernetes"
	not _is_kubernetes_own
	not _is_controlled
}

_billed_kinds := {"Namespace", "Deployment", "StatefulSet", "DaemonSet", "Rollout", "Job", "CronJob", "InferenceService"}

# What was made by something that is labelled itself.
_is_controlled if {
	some owner in input.resource.properties.metadata.ownerReferences
	owner.controller == true
}

_is_kubernetes_own if {
	input.resource.kind == "Namespace"
	is_string(input.resource.properties.metadata.name)
	regex.match(`^(kube-[a-z-]+|default)$`, input.resource.properties.metadata.name)
}

_tags_at := ["tags"] if input.resource.provider != "kubernetes"

_tags_at := ["metadata", "labels"] if input.resource.provider == "kubernetes"

_prefix := "" if input.resource.provider != "kubernetes"

_prefix := "headgate.dev/" if input.resource.provider == "kubernetes"

_is_said(value) if {
	is_string(value)
	value != ""
}

_is_more_than_nothing(value) if {
	is_number(value)
	value > 0
}

_tells_somebody(notifications) if {
	some notification in notifications
	notification.enabled == true
	some field in ["contactEmails", "contactGroups"]
	is_array(notification[field])
	count(notification[field]) > 0
}

# Every pool of nodes that the resource says, with the path of its fields.
_pools := {{"path": [], "spec": input.resource.properties}} if settings.type == "azure-native:containerservice:AgentPool"

_pools := {{"path": ["agentPoolProfiles", index], "spec": pool} |
	some index, pool in input.resource.properties.agentPoolProfiles
} if {
	settings.type == "azure-native:containerservice:ManagedCluster"
}

_pools := set() if {
	not settings.type in {"azure-native:containerservice:AgentPool", "azure-native:containerservice:ManagedCluster"}
}

_is_allowed(size) if {
	is_string(size)
	some allowed in input.parameters.cost.sizes
	glob.match(allowed, [], size)
}

# Azure's sizes with GPUs begin with N; one that can't be read could be any.
_has_gpus(pool) if {
	size := view.value(array.concat(pool.path, ["vmSize"]))
	is_string(size)
	regex.match(`(?i)^standard_n[cdvg]`, size)
}

_has_gpus(pool) if view.at(pool.spec, ["gpuProfile"]) != null

_counts(pool) := ["maxCount"] if _scales(pool)

_counts(pool) := ["count"] if not _scales(pool)

_lowest(pool) := "minCount" if _scales(pool)

_lowest(pool) := "count" if not _scales(pool)

_scales(pool) if view.value(array.concat(pool.path, ["enableAutoScaling"])) == true

_is_within(value, most) if {
	is_number(value)
	value <= most
}

_is_within(value, most) if {
	is_string(value)
	regex.match(`^[0-9]{1,9}$`, value)
	to_number(value) <= most
}

_billed := {
	"azure-native:cdn:Profile",
	"azure-native:cognitiveservices:Account",
	"azure-native:compute:Disk",
	"azure-native:compute:VirtualMachine",
	"azure-native:compute:VirtualMachineScaleSet",
	"azure-native:containerregistry:Registry",
	"azure-native:containerservice:AgentPool",
	"azure-native:containerservice:ManagedCluster",
	"azure-native:dashboard:Grafana",
	"azure-native:eventhub:Namespace",
	"azure-native:keyvault:Vault",
	"azure-native:machinelearningservices:Compute",
	"azure-native:machinelearningservices:OnlineDeployment",
	"azure-native:machinelearningservices:OnlineEndpoint",
	"azure-native:machinelearningservices:Registry",
	"azure-native:machinelearningservices:Workspace",
	"azure-native:monitor:AzureMonitorWorkspace",
	"azure-native:operationalinsights:Workspace",
	"azure-native:resources:ResourceGroup",
	"azure-native:storage:StorageAccount",
}

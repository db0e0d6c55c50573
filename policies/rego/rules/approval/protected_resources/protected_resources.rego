# METADATA
# scope: package
# title: Clusters, registries, vaults, audit stores and protected namespaces stay, and stay protected
# description: |
#   What these hold is not made again by the next update: models that are in use, keys, evidence, a team's whole serving. A
#   plan that deletes or replaces one in a protected environment is stopped, whatever else it does; so is one that takes
#   off what keeps it from deletion: the engine's own protection, Azure's lock, a vault's purge protection. In a cluster
#   so is the deletion of what bears the label `headgate.dev/protected`, which a team's namespace has until `protect` is off.
# custom:
#   id: HG-AP-006
#   severity: critical
#   gates: [P, A]
#   scope: object
#   types:
#     - azure-native:containerservice:ManagedCluster
#     - azure-native:containerregistry:Registry
#     - azure-native:keyvault:Vault
#     - azure-native:storage:StorageAccount
#     - azure-native:operationalinsights:Workspace
#     - azure-native:monitor:AzureMonitorWorkspace
#     - azure-native:authorization:ManagementLockByScope
#     - kubernetes:Namespace
#     - kubernetes:CustomResourceDefinition
#   operations: [create, update, same, replace, delete]
#   controls:
#     - ISO/IEC 27001:2022 A.5.33
#     - ISO/IEC 27001:2022 A.8.13
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     Change what forces the replacement back (the message names the resource), or take the resource over under its new name
#     in a change of its own. Where nothing has to go leave `protect`, the lock and `vault.purge_protection` of the platform's
#     stack as they are. What has to go after all goes by a plan that its owners have approved: `headgate plan`, then `headgate
#     approve` by those whom `approval.owners` of `policies/parameters/` names, among all that the stack asks for. Where
#     nobody approves plans (`count: 0`), its owners let the rule warn, in `levels`, for as long as that takes. A namespace
#     loses its protection first (`protect: false` in the team's stack), and is deleted after that: a cluster knows no plan.
#   fix: what the change is meant to do decides which of its settings goes back
#   since: 2025-01-01
#   deferrable: false
package rules.approval.protected_resources

import data.lib.finding
import data.lib.settings
import data.lib.view

applies if _is_held

_is_held if {
	input.parameters.approval.protects
	input.resource.provider != "kubernetes"
}

_is_held if {
	input.parameters.approval.protects
	input.resource.provider == "kubernetes"
	_says_so(view.value(["metadata", "labels", "headgate.dev/protected"]))
	not _is_going
}

# It was let go before: nothing is kept by standing in the way of its last finalizer.
_is_going if input.resource.properties.metadata.deletionTimestamp

_says_so("true")

# A label that nobody can read could say so.
_says_so(value) if view.opaque(value)

violation contains object.union(found, _way_out) if some found in _losses

# Its owners let it go by approving the plan. A cluster knows of none: its objects lose their label first.
default _way_out := {}

_way_out := {"details": {"approval": true}} if input.resource.provider != "kubernetes"

_losses contains finding.at([], input.resource.operation, wrong, "a change that leaves it in place") if {
	_is_held
	input.resource.operation in {"delete", "replace"}
	wrong := sprintf("%q would be %sd, and with it %s", [input.resource.name, input.resource.operation, _loss])
}

default _loss := "what it holds"

_loss := "what keeps its scope from deletion" if _is_lock

_losses contains finding.at([], "no protection", wrong, "protect: true, as before") if {
	_is_held
	input.resource.unprotected
	wrong := sprintf("%q was protected from deletion, and would be no longer", [input.resource.name])
}

_losses contains finding.at(path, value, "what is deleted from this vault could be purged at once, for ever", expected) if {
	_is_held
	settings.type == "azure-native:keyvault:Vault"
	input.resource.operation != "delete"
	path := ["properties", "enablePurgeProtection"]
	value := view.value(path)
	value != true
	expected := "enablePurgeProtection: true"
}

_losses contains finding.at(["level"], value, "this lock keeps nothing from deletion", "level: CanNotDelete") if {
	_is_held
	_is_lock
	input.resource.operation != "delete"
	value := view.value(["level"])
	not _locks(value)
}

_is_lock if settings.type == "azure-native:authorization:ManagementLockByScope"

_locks(level) if {
	is_string(level)
	lower(level) in {"cannotdelete", "readonly"}
}

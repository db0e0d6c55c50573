# METADATA
# scope: package
# title: Clusters, registries, vaults and audit stores are not replaced or deleted
# description: |
#   What these hold is not made again by the next update: models that are in use, keys, evidence. A plan that deletes
#   or replaces one in a protected environment is stopped, whatever else it does.
# custom:
#   id: HG-AP-006
#   severity: critical
#   gates: [P]
#   scope: object
#   types:
#     - azure-native:containerservice:ManagedCluster
#     - azure-native:containerregistry:Registry
#     - azure-native:keyvault:Vault
#     - azure-native:storage:StorageAccount
#     - azure-native:operationalinsights:Workspace
#     - azure-native:monitor:AzureMonitorWorkspace
#   operations: [create, update, same, replace, delete]
#   controls:
#     - ISO/IEC 27001:2022 A.5.33
#     - ISO/IEC 27001:2022 A.8.13
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     Change what forces the replacement back (the message names the resource), or take the resource over under its
#     new name in a change of its own that its owners have approved.
#   fix: what the change is meant to do decides which of its settings goes back
#   since: 2025-01-01
#   deferrable: false
package rules.approval.protected_resources

applies if input.parameters.approval.protects

violation contains {"msg": msg, "details": details} if {
	input.parameters.approval.protects
	input.resource.operation in {"delete", "replace"}
	msg := sprintf("%q would be %sd, and with it what it holds", [input.resource.name, input.resource.operation])
	details := {
		"property": "",
		"path": [],
		"found": input.resource.operation,
		"expected": "a change that leaves it in place",
	}
}

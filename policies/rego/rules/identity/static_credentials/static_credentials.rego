# METADATA
# scope: package
# title: No static credentials where an identity can be used
# description: |
#   A password or key that is shared is known to more people each month, is in nobody's name and is rarely changed.
#   Every service here knows identities of the directory and of workloads: nothing else opens it.
# custom:
#   id: HG-ID-002
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   types:
#     - azure-native:containerregistry:Registry
#     - azure-native:containerservice:ManagedCluster
#     - azure-native:storage:StorageAccount
#     - azure-native:keyvault:Vault
#     - azure-native:applicationinsights:Component
#     - azure-native:dashboard:Grafana
#     - azure-native:machinelearningservices:BatchEndpoint
#     - azure-native:machinelearningservices:OnlineEndpoint
#     - kubernetes:Secret
#   controls:
#     - ISO/IEC 27001:2022 A.5.16
#     - ISO/IEC 27001:2022 A.5.17
#     - ISO/IEC 27001:2022 A.8.5
#   remediation: |
#     Turn the key, local account or admin user off, and give the caller's identity a role. A workload gets its
#     identity from its service account (`azure.workload.identity/client-id`), not from a token in a Secret.
#   fix: the components set it, and what a credential was for takes an identity instead
#   since: 2025-01-01
#   deferrable: false
package rules.identity.static_credentials

import data.lib.finding
import data.lib.settings
import data.lib.view

applies if _settings[settings.type]

applies if input.resource.kind == "Secret"

violation contains found if some found in settings.findings(_settings[settings.type])

# The tokens of this type never expire.
violation contains finding.at(["type"], type, "the token of a service account that never expires", expected) if {
	input.resource.kind == "Secret"
	type := view.value(["type"])
	type in {"kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token", "kubernetes.io/dockerconfigjson"}
	expected := "a projected token of the service account, or a workload identity"
}

_settings := {
	"azure-native:containerregistry:Registry": [
		{"path": ["adminUserEnabled"], "good": {false, null}, "wrong": "the registry has an admin user, whose password everybody shares", "write": "adminUserEnabled: false"},
		{"path": ["anonymousPullEnabled"], "good": {false, null}, "wrong": "whoever reaches the registry may pull", "write": "anonymousPullEnabled: false"},
	],
	"azure-native:containerservice:ManagedCluster": [
		{"path": ["disableLocalAccounts"], "good": {true}, "wrong": "the cluster has local accounts, which no directory can revoke", "write": "disableLocalAccounts: true"},
		{"path": ["oidcIssuerProfile", "enabled"], "good": {true}, "wrong": "workloads can't have identities of their own", "write": "oidcIssuerProfile: {enabled: true}"},
	],
	"azure-native:storage:StorageAccount": [
		{"path": ["allowSharedKeyAccess"], "good": {false}, "wrong": "the store may be opened by a shared key", "write": "allowSharedKeyAccess: false"},
		{"path": ["isLocalUserEnabled"], "good": {false, null}, "wrong": "the store has local users", "write": "isLocalUserEnabled: false"},
	],
	"azure-native:keyvault:Vault": [
		{"path": ["properties", "enableRbacAuthorization"], "good": {true}, "wrong": "the vault's rights are outside of role assignments", "write": "enableRbacAuthorization: true"},
	],
	"azure-native:applicationinsights:Component": [
		{"path": ["disableLocalAuth"], "good": {true}, "wrong": "whoever has the key may write traces", "write": "disableLocalAuth: true"},
	],
	"azure-native:machinelearningservices:BatchEndpoint": [
		{"path": ["properties", "authMode"], "good": {"aadtoken"}, "wrong": "whoever has the key may have data scored", "write": "authMode: AADToken"},
	],
	# In a cluster the service knows no tokens of the directory; its own end after an hour, and who gets them has a role.
	"azure-native:machinelearningservices:OnlineEndpoint": [
		{"path": ["properties", "authMode"], "good": {"aadtoken", "amltoken"}, "wrong": "whoever has the key may ask the model", "write": "authMode: AADToken"},
	],
	"azure-native:dashboard:Grafana": [
		{"path": ["properties", "apiKey"], "good": {"disabled", null}, "wrong": "dashboards may be opened by an API key", "write": "apiKey: Disabled"},
	],
}

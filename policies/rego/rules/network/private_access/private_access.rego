# METADATA
# scope: package
# title: Registries, vaults, workspaces, endpoints, clusters and stores are private
# description: |
#   What holds models, secrets, logs or the cluster's API is reached by private endpoints alone. A public endpoint
#   leaves one stolen credential between the internet and the model.
# custom:
#   id: HG-NW-001
#   severity: high
#   gates: [P, U]
#   scope: object
#   types:
#     - azure-native:containerregistry:Registry
#     - azure-native:keyvault:Vault
#     - azure-native:storage:StorageAccount
#     - azure-native:storage:BlobContainer
#     - azure-native:machinelearningservices:Registry
#     - azure-native:machinelearningservices:Workspace
#     - azure-native:machinelearningservices:OnlineEndpoint
#     - azure-native:eventhub:NamespaceNetworkRuleSet
#     - azure-native:containerservice:ManagedCluster
#     - azure-native:operationalinsights:Workspace
#     - azure-native:monitor:AzureMonitorWorkspace
#     - azure-native:monitor:DataCollectionEndpoint
#     - azure-native:applicationinsights:Component
#     - azure-native:dashboard:Grafana
#   controls:
#     - ISO/IEC 27001:2022 A.8.20
#     - ISO/IEC 27001:2022 A.8.22
#   remediation: |
#     Turn public network access off and reach the resource by a private endpoint, as the components of this
#     repository do.
#   fix: the components set it, and no setting of a stack takes it back
#   since: 2025-01-01
#   deferrable: false
package rules.network.private_access

import data.lib.settings

applies if _settings[settings.type]

violation contains found if some found in settings.findings(_settings[settings.type])

_settings := {
	"azure-native:containerregistry:Registry": [
		{"path": ["publicNetworkAccess"], "good": {"disabled"}, "wrong": "public network access is not turned off", "write": "publicNetworkAccess: Disabled"},
	],
	"azure-native:keyvault:Vault": [
		{"path": ["properties", "publicNetworkAccess"], "good": {"disabled"}, "wrong": "public network access is not turned off", "write": "publicNetworkAccess: Disabled"},
	],
	"azure-native:storage:StorageAccount": [
		{"path": ["publicNetworkAccess"], "good": {"disabled", "securedbyperimeter"}, "wrong": "public network access is not turned off", "write": "publicNetworkAccess: Disabled"},
		{"path": ["allowBlobPublicAccess"], "good": {false}, "wrong": "blobs may be made public", "write": "allowBlobPublicAccess: false"},
	],
	"azure-native:storage:BlobContainer": [
		{"path": ["publicAccess"], "good": {"none", null}, "wrong": "anybody may read the container", "write": "publicAccess: None"},
	],
	"azure-native:machinelearningservices:Registry": [
		{"path": ["publicNetworkAccess"], "good": {"disabled"}, "wrong": "public network access is not turned off", "write": "publicNetworkAccess: Disabled"},
	],
	"azure-native:machinelearningservices:Workspace": [
		{"path": ["publicNetworkAccess"], "good": {"disabled"}, "wrong": "public network access is not turned off", "write": "publicNetworkAccess: Disabled"},
	],
	"azure-native:machinelearningservices:OnlineEndpoint": [
		{"path": ["properties", "publicNetworkAccess"], "good": {"disabled"}, "wrong": "the endpoint answers the internet", "write": "publicNetworkAccess: Disabled"},
	],
	"azure-native:eventhub:NamespaceNetworkRuleSet": [
		{"path": ["publicNetworkAccess"], "good": {"disabled"}, "wrong": "public network access is not turned off", "write": "publicNetworkAccess: Disabled"},
		{"path": ["defaultAction"], "good": {"deny"}, "wrong": "who is in no rule gets through", "write": "defaultAction: Deny"},
	],
	"azure-native:containerservice:ManagedCluster": [
		{"path": ["apiServerAccessProfile", "enablePrivateCluster"], "good": {true}, "wrong": "the cluster's API is reached from the internet", "write": "enablePrivateCluster: true"},
	],
	"azure-native:operationalinsights:Workspace": [
		{"path": ["publicNetworkAccessForIngestion"], "good": {"disabled"}, "wrong": "public network access is not turned off", "write": "publicNetworkAccessForIngestion: Disabled"},
		{"path": ["publicNetworkAccessForQuery"], "good": {"disabled"}, "wrong": "public network access is not turned off", "write": "publicNetworkAccessForQuery: Disabled"},
	],
	"azure-native:monitor:AzureMonitorWorkspace": [
		{"path": ["publicNetworkAccess"], "good": {"disabled"}, "wrong": "public network access is not turned off", "write": "publicNetworkAccess: Disabled"},
	],
	"azure-native:monitor:DataCollectionEndpoint": [
		{"path": ["networkAcls", "publicNetworkAccess"], "good": {"disabled"}, "wrong": "public network access is not turned off", "write": "publicNetworkAccess: Disabled"},
	],
	"azure-native:applicationinsights:Component": [
		{"path": ["publicNetworkAccessForIngestion"], "good": {"disabled"}, "wrong": "public network access is not turned off", "write": "publicNetworkAccessForIngestion: Disabled"},
		{"path": ["publicNetworkAccessForQuery"], "good": {"disabled"}, "wrong": "public network access is not turned off", "write": "publicNetworkAccessForQuery: Disabled"},
	],
	"azure-native:dashboard:Grafana": [
		{"path": ["properties", "publicNetworkAccess"], "good": {"disabled"}, "wrong": "public network access is not turned off", "write": "publicNetworkAccess: Disabled"},
	],
}

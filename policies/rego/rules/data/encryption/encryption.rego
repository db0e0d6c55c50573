# METADATA
# scope: package
# title: Data is encrypted at rest, twice, and under own keys if its class asks for them
# description: |
#   Platform keys protect against a lost disk. Infrastructure encryption adds a second key and a second algorithm,
#   encryption at host covers caches and temporary disks, and data of the classes that the parameters name is under
#   keys that can be withdrawn.
# custom:
#   id: HG-DA-001
#   severity: high
#   gates: [P, U]
#   scope: object
#   types:
#     - azure-native:storage:StorageAccount
#     - azure-native:eventhub:Namespace
#     - azure-native:containerservice:AgentPool
#     - azure-native:containerservice:ManagedCluster
#   controls:
#     - ISO/IEC 27001:2022 A.8.24
#     - ISO/IEC 27001:2022 A.5.33
#   remediation: |
#     Set the property as the message says. For customer keys: `encryption: {keySource: Microsoft.Keyvault,
#     keyVaultProperties: …}`; the classes that ask for them are `data.customer_keys` in `policies/parameters/`.
#   fix: the components set it; which key a store has is a decision
#   since: 2025-01-01
#   deferrable: false
package rules.data.encryption

import data.lib.finding
import data.lib.settings
import data.lib.view

applies if _settings[settings.type]

applies if _pools

violation contains found if some found in settings.findings(_settings[settings.type])

violation contains finding.at(path, value, "disks of the nodes are not encrypted where they are written", expected) if {
	some index, pool in _pools
	path := ["agentPoolProfiles", index, "enableEncryptionAtHost"]
	value := view.at(pool, ["enableEncryptionAtHost"])
	value != true
	expected := "enableEncryptionAtHost: true"
}

violation contains finding.at(path, value, wrong, "keySource: Microsoft.Keyvault") if {
	settings.type == "azure-native:storage:StorageAccount"
	class := input.resource.properties.tags["data-class"]
	class in input.parameters.data.customer_keys
	path := ["encryption", "keySource"]
	value := view.value(path)
	not _is_own(value)
	wrong := sprintf("data of the class %q is not under a key of ours", [class])
}

_is_own(value) if {
	is_string(value)
	lower(value) == "microsoft.keyvault"
}

_pools := input.resource.properties.agentPoolProfiles if settings.type == "azure-native:containerservice:ManagedCluster"

_settings := {
	"azure-native:storage:StorageAccount": [
		{"path": ["encryption", "requireInfrastructureEncryption"], "good": {true}, "wrong": "the store is encrypted once, not twice", "write": "encryption: {requireInfrastructureEncryption: true}"},
		{"path": ["enableHttpsTrafficOnly"], "good": {true}, "wrong": "the store answers without TLS", "write": "enableHttpsTrafficOnly: true"},
		{"path": ["minimumTlsVersion"], "good": {"tls1_2", "tls1_3"}, "wrong": "the store takes TLS before 1.2", "write": "minimumTlsVersion: TLS1_2"},
	],
	"azure-native:eventhub:Namespace": [
		{"path": ["minimumTlsVersion"], "good": {"1.2", "1.3"}, "wrong": "the stream takes TLS before 1.2", "write": "minimumTlsVersion: '1.2'"},
	],
	"azure-native:containerservice:AgentPool": [
		{"path": ["enableEncryptionAtHost"], "good": {true}, "wrong": "disks of the nodes are not encrypted where they are written", "write": "enableEncryptionAtHost: true"},
	],
}

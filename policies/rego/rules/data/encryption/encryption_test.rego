package rules.data.encryption_test

import data.rules.data.encryption

_found(type, properties) := {violation.details.property |
	some violation in encryption.violation with input as {
		"resource": {"type": type, "properties": properties, "opaque": []},
		"parameters": {"data": {"customer_keys": ["restricted"]}},
	}
}

test_another_type_is_not_judged if {
	_found("azure-native:network:VirtualNetwork", {}) == set()
	not encryption.applies with input as {"resource": {"type": "azure-native:network:VirtualNetwork"}}
	encryption.applies with input as {"resource": {"type": "azure-native:storage:StorageAccount"}}
}

_store(patch) := object.union(
	{
		"encryption": {"requireInfrastructureEncryption": true, "keySource": "Microsoft.Storage"},
		"enableHttpsTrafficOnly": true,
		"minimumTlsVersion": "TLS1_2",
		"tags": {"data-class": "internal"},
	},
	patch,
)

test_a_store_that_is_encrypted_twice_is_let_through if {
	_found("azure-native:storage:StorageAccount", _store({})) == set()
}

test_one_layer_and_old_tls_are_refused if {
	_found("azure-native:storage:StorageAccount", _store({
		"encryption": {"requireInfrastructureEncryption": false},
		"minimumTlsVersion": "TLS1_0",
	})) == {"encryption.requireInfrastructureEncryption", "minimumTlsVersion"}
}

test_a_class_may_ask_for_keys_of_ours if {
	restricted := {"tags": {"data-class": "restricted"}}
	own := object.union(restricted, {"encryption": {"keySource": "Microsoft.Keyvault"}})
	_found("azure-native:storage:StorageAccount", _store(restricted)) == {"encryption.keySource"}
	_found("azure-native:storage:StorageAccount", _store(own)) == set()
}

test_every_pool_of_a_cluster_is_encrypted_at_host if {
	_found("azure-native:containerservice:ManagedCluster", {"agentPoolProfiles": [
		{"enableEncryptionAtHost": true},
		{"name": "gpu"},
	]}) == {"agentPoolProfiles[1].enableEncryptionAtHost"}
	encryption.applies with input as {"resource": {
		"type": "azure-native:containerservice:ManagedCluster",
		"properties": {"agentPoolProfiles": []},
	}}
}

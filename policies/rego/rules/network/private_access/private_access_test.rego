package rules.network.private_access_test

import data.rules.network.private_access

_found(type, properties) := {violation.details.property |
	some violation in private_access.violation with input as {
		"resource": {"type": type, "properties": properties, "opaque": []},
		"parameters": {},
	}
}

test_another_type_is_not_judged if {
	_found("azure-native:network:VirtualNetwork", {}) == set()
	not private_access.applies with input as {"resource": {"type": "azure-native:network:VirtualNetwork"}}
	private_access.applies with input as {"resource": {"type": "azure-native:keyvault:Vault"}}
}

test_what_is_private_is_let_through if {
	_found("azure-native:keyvault:Vault", {"properties": {"publicNetworkAccess": "disabled"}}) == set()
	_found("azure-native:storage:BlobContainer", {}) == set()
}

test_what_is_public_or_says_nothing_is_refused if {
	_found("azure-native:storage/v20240101:StorageAccount", {"allowBlobPublicAccess": true}) == {
		"publicNetworkAccess", "allowBlobPublicAccess",
	}
}

package rules.identity.static_credentials_test

import data.rules.identity.static_credentials

_found(type, properties) := {violation.details.property |
	some violation in static_credentials.violation with input as {
		"resource": {"type": type, "properties": properties, "opaque": []},
		"parameters": {},
	}
}

test_another_type_is_not_judged if {
	_found("azure-native:network:VirtualNetwork", {}) == set()
	not static_credentials.applies with input as {"resource": {"type": "azure-native:network:VirtualNetwork"}}
	static_credentials.applies with input as {"resource": {"type": "azure-native:storage:StorageAccount"}}
}

test_identities_alone_are_let_through if {
	_found("azure-native:storage:StorageAccount", {"allowSharedKeyAccess": false}) == set()
	_found("azure-native:containerregistry:Registry", {}) == set()
}

test_keys_and_local_accounts_are_refused if {
	_found("azure-native:containerservice:ManagedCluster", {"oidcIssuerProfile": {"enabled": true}}) == {"disableLocalAccounts"}
	_found("azure-native:containerregistry:Registry", {"adminUserEnabled": true}) == {"adminUserEnabled"}
}

test_endpoints_are_opened_by_tokens if {
	every kind in ["BatchEndpoint", "OnlineEndpoint"] {
		type := sprintf("azure-native:machinelearningservices:%s", [kind])
		_found(type, {"properties": {"authMode": "AADToken"}}) == set()
		_found(type, {"properties": {"authMode": "Key"}}) == {"properties.authMode"}
		_found(type, {}) == {"properties.authMode"}
	}
	_found("azure-native:machinelearningservices:OnlineEndpoint", {"properties": {"authMode": "AMLToken"}}) == set()
}

_secret(type) := {violation.details.found |
	some violation in static_credentials.violation with input as {"resource": {
		"type": "kubernetes:v1:Secret", "kind": "Secret", "properties": {"type": type}, "opaque": [],
	}}
}

test_a_token_that_never_expires_is_refused_and_other_secrets_are_not if {
	_secret("kubernetes.io/service-account-token") == {"kubernetes.io/service-account-token"}
	_secret("kubernetes.io/tls") == set()
	static_credentials.applies with input as {"resource": {"type": "kubernetes:v1:Secret", "kind": "Secret"}}
}

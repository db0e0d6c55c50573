package rules.audit.log_access_test

import data.rules.audit.log_access

_found(type, properties) := {violation.details.property |
	some violation in log_access.violation with input as {
		"resource": {"type": type, "properties": properties, "opaque": []},
		"parameters": {},
	}
}

test_another_type_is_not_judged if {
	_found("azure-native:network:VirtualNetwork", {}) == set()
	not log_access.applies with input as {"resource": {"type": "azure-native:network:VirtualNetwork"}}
	log_access.applies with input as {"resource": {"type": "azure-native:operationalinsights:Workspace"}}
}

test_local_authentication_has_to_be_off if {
	_found("azure-native:operationalinsights:Workspace", {"features": {"disableLocalAuth": true}}) == set()
	_found("azure-native:operationalinsights:Workspace", {}) == {"features.disableLocalAuth"}
}

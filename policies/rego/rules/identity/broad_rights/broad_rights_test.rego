package rules.identity.broad_rights_test

import data.rules.identity.broad_rights

_found(kind, properties) := {violation.details.property |
	some violation in broad_rights.violation with input as {"resource": {"kind": kind, "opaque": [], "properties": properties}}
}

_group := "/subscriptions/s/resourceGroups/g"

test_named_rights_are_let_through if {
	_found("ClusterRole", {"rules": [{"verbs": ["get"], "resources": ["pods"], "apiGroups": [""]}]}) == set()
	_found("RoleBinding", {"roleRef": {"name": "view"}}) == set()
	_found("", {"roleDefinitionId": "/subscriptions/s/providers/x/roleDefinitions/1", "scope": _group}) == set()
	broad_rights.applies with input as {"resource": {"kind": "Role"}}
	broad_rights.applies with input as {"resource": {"provider": "azure-native"}}
}

test_wildcards_are_refused if {
	_found("Role", {"rules": [{"verbs": ["*"], "resources": ["*"], "apiGroups": ["*"]}]}) == {
		"rules[0].verbs", "rules[0].resources", "rules[0].apiGroups",
	}
	_found("", {"permissions": [{"actions": ["*"], "dataActions": []}]}) == {"permissions[0].actions"}
}

test_the_whole_cluster_and_the_whole_subscription_are_refused if {
	_found("ClusterRoleBinding", {"roleRef": {"name": "cluster-admin"}}) == {"roleRef.name"}
	_found("", {
		"roleDefinitionId": "/subscriptions/s/providers/x/roleDefinitions/8E3AF657-a8ff-443c-a75c-2fe8c4bcb635",
		"scope": "/subscriptions/s",
	}) == {"roleDefinitionId", "scope"}
}

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

test_rights_that_lead_further_are_refused if {
	_found("Role", {"rules": [{"verbs": ["get", "bind"], "resources": ["roles"], "apiGroups": [""]}]}) == {"rules[0].verbs"}
	every way in ["pods/exec", "pods/attach", "*/portforward", "services/proxy", "pods/ephemeralcontainers", "serviceaccounts/token"] {
		_found("Role", {"rules": [{"verbs": ["get"], "resources": ["pods", way]}]}) == {"rules[0].resources"}
	}
	_found("Role", {"rules": [{"verbs": ["get"], "resources": ["pods/log", "pods/eviction"]}]}) == set()
	_found("RoleBinding", {"roleRef": {"kind": "ClusterRole", "name": "edit"}}) == {"roleRef.name"}
	_found("RoleBinding", {"roleRef": {"kind": "Role", "name": "edit"}}) == set()
}

test_admission_is_changed_by_name_alone if {
	right := {"verbs": ["get", "patch"], "resources": ["validatingwebhookconfigurations"]}

	_found("ClusterRole", {"rules": [right]}) == {"rules[0].resources"}
	_found("ClusterRole", {"rules": [object.union(right, {"verbs": ["get", "list"]})]}) == set()
	_found("ClusterRole", {"rules": [object.union(right, {"resourceNames": ["mine"]})]}) == set()
}

test_rights_that_are_never_known_are_refused if {
	_unread(["rules", 0, "verbs"], "secret", "preview") == {"rules[0].verbs"}
	_unread(["roleRef"], "unknown", "apply") == {"roleRef"}
	_unread(["rules"], "unknown", "preview") == set()
	_unread(["metadata", "labels"], "secret", "apply") == set()
}

_unread(path, why, phase) := {violation.details.property |
	some violation in broad_rights.violation with input as {"phase": phase, "resource": {
		"kind": "Role",
		"opaque": [{"path": path, "why": why}],
		"properties": {},
	}}
}

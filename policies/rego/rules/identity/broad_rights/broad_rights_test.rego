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

test_what_makes_certificates_of_any_name_is_refused if {
	_found("ClusterRole", {"rules": [{"verbs": ["approve"], "resources": ["signers"]}]}) == {"rules[0].verbs"}
	_found("ClusterRole", {"rules": [{"verbs": ["impersonate:user-info"], "resources": ["users"]}]}) == {"rules[0].verbs"}
	_found("ClusterRole", {"rules": [{"verbs": ["impersonate-on:user-info:get"], "resources": ["pods"]}]}) == {"rules[0].verbs"}
	every way in ["certificatesigningrequests/approval", "certificatesigningrequests/status", "apiservices"] {
		_found("ClusterRole", {"rules": [{"verbs": ["update"], "resources": [way]}]}) == {"rules[0].resources"}
		_found("ClusterRole", {"rules": [{"verbs": ["get"], "resources": [way]}]}) == set()
	}
}

_reads := {"verbs": ["get"], "resources": ["secrets"], "apiGroups": [""]}

_secrets(kind, namespace, right) := _secrets_of(kind, namespace, right, [])

_secrets_of(kind, namespace, right, readers) := {violation.details.property |
	some violation in broad_rights.violation with input as {
		"parameters": {
			"tenancy": {"platform_namespaces": ["headgate-delivery"]},
			"audit": {"gate": {"exempt": ["kube-system"]}},
			"identity": {"secret_readers": readers},
		},
		"resource": {
			"kind": kind, "opaque": [],
			"properties": {"metadata": {"name": "x", "namespace": namespace}, "rules": [object.union(_reads, right)]},
		},
	}
}

test_secrets_are_read_by_name if {
	_secrets("ClusterRole", null, {}) == {"rules[0].resources"}
	_secrets("Role", "team-fraud", {"verbs": ["watch"]}) == {"rules[0].resources"}
	_secrets("Role", "team-fraud", {"resourceNames": [""], "verbs": ["list"]}) == {"rules[0].resources"}
	_secrets("ClusterRole", "headgate-delivery", {}) == {"rules[0].resources"}
	_secrets_of("ClusterRole", null, {}, ["x"]) == set()
	_secrets_of("Role", "team-fraud", {}, ["x"]) == {"rules[0].resources"}
	_secrets("Role", "headgate-delivery", {}) == set()
	_secrets("Role", "kube-system", {}) == set()
	_secrets("Role", "team-fraud", {"verbs": ["create"]}) == set()
	_secrets("Role", "team-fraud", {"resourceNames": ["key"]}) == set()
	_secrets("Role", "team-fraud", {"apiGroups": ["example.com"]}) == set()
}

test_a_namespace_that_is_to_come_is_judged_by_the_update if {
	every phase, found in {"preview": set(), "apply": {"rules[0].resources"}} {
		{violation.details.property |
			some violation in broad_rights.violation with input as {
				"phase": phase,
				"parameters": {
					"tenancy": {"platform_namespaces": ["headgate-delivery"]},
					"audit": {"gate": {"exempt": ["kube-system"]}},
					"identity": {"secret_readers": []},
				},
				"resource": {
					"kind": "Role",
					"properties": {"metadata": {"namespace": {"$unknown": true}}, "rules": [_reads]},
					"opaque": [{"path": ["metadata", "namespace"], "why": "unknown"}],
				},
			}
		} == found
	}
}

test_nothing_is_added_to_kubernetes_roles_for_people if {
	label := "rbac.authorization.k8s.io/aggregate-to-view"

	_found("ClusterRole", {"metadata": {"labels": {label: "true"}}}) == {sprintf("metadata.labels[%q]", [label])}
	_found("ClusterRole", {"metadata": {"labels": {label: "false", "team": "x"}}}) == set()
	_found("ClusterRolePatch", {"metadata": {"labels": {label: "true"}}}) == {sprintf("metadata.labels[%q]", [label])}
	_found("Role", {"metadata": {"labels": {label: "true"}}}) == set()
	every path in [["metadata"], ["metadata", "labels"]] {
		found := broad_rights.violation with input as {"resource": {
			"kind": "ClusterRole", "properties": {}, "opaque": [{"path": path, "why": "secret"}],
		}}
		{violation.details.undetermined | some violation in found} == {true}
	}
}

test_wildcards_in_part_are_refused if {
	_found("Role", {"rules": [{"verbs": ["get"], "resources": ["pods/*"], "apiGroups": [""]}]}) == {"rules[0].resources"}
	_found("ClusterRole", {"rules": [{"verbs": ["get"], "nonResourceURLs": ["*"]}]}) == {"rules[0].nonResourceURLs"}
	_found("ClusterRole", {"rules": [{"verbs": ["get"], "nonResourceURLs": ["/metrics"]}]}) == set()
	_found("ClusterRole", {"rules": [{"verbs": ["get"], "resources": ["*/scale"], "apiGroups": ["apps"]}]}) == set()
	_found("", {"permissions": [{"actions": ["*/write"]}]}) == {"permissions[0].actions"}
	_found("", {"permissions": [{"actions": ["Microsoft.Authorization/roleAssignments/write"]}]}) == {"permissions[0].actions"}
	_found("", {"permissions": [{"actions": ["*/read", "Microsoft.Authorization/locks/read"]}]}) == set()
}

test_a_role_that_takes_in_others_takes_in_its_own_alone if {
	own := {"matchLabels": {"headgate.dev/aggregate-to-viewer": "true"}}
	admins := {"matchLabels": {"rbac.authorization.k8s.io/aggregate-to-admin": "true"}}

	_found("ClusterRole", {"aggregationRule": {"clusterRoleSelectors": [own]}}) == set()
	_found("ClusterRole", {"aggregationRule": {"clusterRoleSelectors": [own, admins, {}, {"matchLabels": {}}]}}) == {
		"aggregationRule.clusterRoleSelectors[1]",
		"aggregationRule.clusterRoleSelectors[2]",
		"aggregationRule.clusterRoleSelectors[3]",
	}
	_found("ClusterRole", {"aggregationRule": {"clusterRoleSelectors": [own, {"matchLabels": ["a"]}]}}) == {
		"aggregationRule.clusterRoleSelectors[1]",
	}
}

test_roles_of_kubernetes_components_are_given_to_those_alone if {
	person := {"kind": "User", "name": "somebody"}
	every role in ["system:aggregate-to-edit", "system:kubelet-api-admin", "system:controller:job-controller"] {
		_found("RoleBinding", _bound(role, [person])) == {"roleRef.name"}
		_found("RoleBinding", _bound(role, [])) == set()
		_found("RoleBinding", _bound(role, null)) == set()
		_found("RoleBinding", _bound(role, {"$unknown": true})) == {"roleRef.name"}
	}
	_found("ClusterRoleBinding", _bound("system:auth-delegator", [person])) == set()
	every subject in [
		{"kind": "ServiceAccount", "namespace": "kube-system", "name": "job-controller"},
		{"kind": "User", "name": "system:kube-scheduler"},
		{"kind": "Group", "name": "system:nodes"},
	] {
		_found("ClusterRoleBinding", _bound("system:controller:job-controller", [subject])) == set()
		_found("ClusterRoleBinding", _bound("system:controller:job-controller", [subject, person])) == {"roleRef.name"}
	}
}

test_a_simulated_kubelet_is_named_by_the_parameters if {
	every role, found in {"system:node": set(), "system:kubelet-api-admin": {"roleRef.name"}} {
		properties := _bound(role, [{"kind": "User", "name": "workloads"}])
		{violation.details.property | some violation in broad_rights.violation} == found with input as {
			"parameters": {"identity": {"kubelets": ["workloads"]}},
			"resource": {"kind": "ClusterRoleBinding", "opaque": [], "properties": properties},
		}
	}
}

test_nothing_is_given_to_everybody if {
	every everybody in ["system:anonymous", "system:authenticated", "system:serviceaccounts", "system:unauthenticated"] {
		_found("ClusterRoleBinding", _bound("readers", [{"name": everybody}])) == {"subjects[0].name"}
		_found("ClusterRoleBinding", _bound("system:discovery", [{"name": everybody}])) == set()
	}
}

_bound(role, subjects) := {"roleRef": {"kind": "ClusterRole", "name": role}, "subjects": subjects}

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

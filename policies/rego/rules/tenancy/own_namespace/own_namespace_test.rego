package rules.tenancy.own_namespace_test

import data.rules.tenancy.own_namespace

_given(resource) := {
	"phase": "apply",
	"parameters": {"tenancy": {"platform_teams": ["platform"]}},
	"resource": object.union({"opaque": [], "type": "kubernetes:x", "provider": "kubernetes"}, resource),
}

_found(resource) := {[violation.details.property, violation.msg] |
	some violation in own_namespace.violation with input as _given(resource)
}

_object(kind, team, namespace) := {"kind": kind, "namespace": namespace, "properties": {"metadata": {
	"name": namespace, "namespace": namespace, "labels": {"headgate.dev/team": team},
}}}

_binding(kind, namespace, subject) := {"kind": kind, "namespace": namespace, "properties": {
	"metadata": {"namespace": namespace},
	"subjects": [subject],
}}

_account(namespace) := {"kind": "ServiceAccount", "name": "models", "namespace": namespace}

_azure(type, properties) := {"provider": "azure-native", "type": type, "properties": properties}

_assigned(role, scope) := _azure("azure-native:authorization/v20220401:RoleAssignment", {
	"roleDefinitionId": sprintf("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/%s", [role]),
	"scope": scope,
})

_federated(subject, identity) := _azure("azure-native:managedidentity:FederatedIdentityCredential", {
	"subject": subject, "resourceName": identity, "resourceGroupName": "rg",
})

_writer := "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb"

test_what_is_where_it_belongs_is_let_through if {
	every resource in [
		_object("Pod", "fraud", "team-fraud"),
		_object("Namespace", "fraud", "team-fraud"),
		_object("Pod", "platform", "headgate-gate"),
		{"kind": "Pod", "namespace": "x", "properties": {}},
		_binding("RoleBinding", "team-fraud", _account("team-fraud")),
		_binding("RoleBinding", "team-fraud", {"kind": "Group", "name": "bbbbbbbb-0000-4000-8000-000000000001"}),
		_binding("RoleBinding", "team-fraud", _account("headgate-monitoring")),
		_binding("ClusterRoleBinding", "", _account("headgate-gateway")),
		_binding("RoleBinding", {"$unknown": true}, _account("team-fraud")),
		_assigned(_writer, "/subscriptions/s/managedClusters/c/namespaces/team-fraud"),
		_assigned("4abbcc35-e782-43d8-92c5-2d3f1bd2253f", "/subscriptions/s/managedClusters/c"),
		_federated("system:serviceaccount:team-fraud:models", "id-prod-uaenorth-team-fraud"),
		_federated("repo:acme/models:environment:prod", "id-deploy"),
	] {
		_found(resource) == set()
	}
}

test_what_it_judges_it_applies_to if {
	every resource in [
		_object("Pod", "fraud", "team-fraud"),
		_binding("RoleBinding", "team-fraud", _account("team-fraud")),
		_assigned(_writer, ""),
	] {
		own_namespace.applies with input as _given(resource)
	}
	not own_namespace.applies with input as _given({"kind": "Pod", "properties": {}})
}

test_an_object_of_a_team_elsewhere_is_refused_with_where_it_belongs if {
	own_namespace.violation == {{
		"msg": `an object of team "fraud" is in namespace "team-vision"`,
		"details": {
			"property": "metadata.namespace",
			"path": ["metadata", "namespace"],
			"found": "team-vision",
			"expected": "team-fraud",
		},
	}} with input as _given(_object("Pod", "fraud", "team-vision"))
	_found({"kind": "ClusterRole", "properties": {"metadata": {"labels": {"headgate.dev/team": "fraud"}}}}) == {
		["metadata.namespace", `an object of team "fraud" is in no namespace`],
	}
	_found(_object("Namespace", "fraud", "team-vision")) == {
		["metadata.name", `a namespace of team "fraud" is not the one that is its own`],
	}
}

test_an_identity_of_a_team_has_no_rights_elsewhere if {
	every subject in [
		_account("team-fraud"),
		{"kind": "User", "name": "system:serviceaccount:team-fraud:models"},
		{"kind": "Group", "name": "system:serviceaccounts:team-fraud"},
	] {
		_found(_binding("RoleBinding", "team-vision", subject)) == {
			["subjects[0]", `an identity of namespace "team-fraud" is given rights in namespace "team-vision"`],
		}
		_found(_binding("ClusterRoleBinding", "", subject)) == {
			["subjects[0]", `an identity of namespace "team-fraud" is given rights in the whole cluster`],
		}
	}
	_found(_binding("RoleBinding", "team-fraud", {"kind": "Group", "name": "system:authenticated"})) == {
		["subjects[0].name", `everybody is given rights in namespace "team-fraud"`],
	}
}

test_roles_in_a_cluster_are_for_one_namespace if {
	_found(_assigned(_writer, "/subscriptions/s/managedClusters/c")) == {
		["scope", "a writer of the cluster writes into every team's namespace"],
	}
}

test_no_service_account_acts_as_another_teams_identity if {
	_found(_federated("system:serviceaccount:team-vision:models", "id-prod-uaenorth-team-fraud")) == {
		["subject", `a service account of namespace "team-vision" may act as the identity of team "fraud"`],
	}
}

test_what_can_not_be_read_is_undetermined if {
	unknown := {"$unknown": true}
	late := {"opaque": [{"path": ["metadata", "namespace"], "why": "unknown"}]}
	_found(object.union(_object("Pod", "fraud", ""), late)) == {
		["metadata.namespace", "metadata.namespace can't be judged: the value is unknown"],
	}
	_found({"kind": "Pod", "properties": {"metadata": {"labels": {"headgate.dev/team": {"$secret": true}}}}}) == {
		["metadata.labels[\"headgate.dev/team\"]", "metadata.labels[\"headgate.dev/team\"] can't be judged: the value is secret"],
	}
	_found({"kind": "RoleBinding", "properties": {"subjects": unknown}}) == {
		["subjects", "subjects can't be judged: the value is unknown"],
	}
	_found(_azure("azure-native:authorization:RoleAssignment", {"roleDefinitionId": unknown, "scope": {"$secret": true}})) == {
		["roleDefinitionId", "roleDefinitionId can't be judged: the value is unknown"],
		["scope", "scope can't be judged: the value is secret"],
	}
	_found(_azure("azure-native:managedidentity:FederatedIdentityCredential", {"subject": unknown})) == {
		["subject", "subject can't be judged: the value is unknown"],
	}
}

test_what_only_the_update_knows_of_an_assignment_is_left_to_it if {
	late := object.union(
		_given(_azure("azure-native:authorization:RoleAssignment", {"roleDefinitionId": {"$unknown": true}})),
		{"phase": "preview"},
	)
	own_namespace.violation == set() with input as late
}

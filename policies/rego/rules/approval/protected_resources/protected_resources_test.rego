package rules.approval.protected_resources_test

import data.rules.approval.protected_resources

_type := "azure-native:containerregistry:Registry"

_found(operation, protects) := {violation.msg |
	some violation in protected_resources.violation with input as {
		"resource": {"name": "a", "operation": operation, "provider": "azure-native", "type": _type},
		"parameters": {"approval": {"protects": protects}},
	}
}

test_what_stays_in_place_is_let_through if {
	every operation in ["create", "update", "same"] {
		_found(operation, true) == set()
	}
	azure := {"resource": {"provider": "azure-native"}, "parameters": {"approval": {"protects": true}}}
	protected_resources.applies with input as azure
}

_of_cluster(labels, opaque) := _going(labels, opaque, {})

_going(labels, opaque, more) := {violation.msg |
	some violation in protected_resources.violation with input as {
		"resource": {
			"name": "a", "operation": "delete", "provider": "kubernetes", "type": "kubernetes:core/v1:Namespace", "opaque": opaque,
			"properties": {"metadata": object.union({"labels": labels}, more)},
		},
		"parameters": {"approval": {"protects": true}},
	}
}

test_a_cluster_keeps_what_says_that_it_is_protected if {
	_of_cluster({"headgate.dev/protected": "true"}, []) == {`"a" would be deleted, and with it what it holds`}
	_of_cluster({"headgate.dev/protected": "false"}, []) == set()
	_of_cluster({}, []) == set()
}

test_what_goes_already_loses_its_finalizers if {
	_going({"headgate.dev/protected": "true"}, [], {"deletionTimestamp": "2026-01-01T00:00:00Z"}) == set()
}

test_a_label_that_nobody_can_read_counts_as_one if {
	count(_of_cluster({}, [{"path": ["metadata", "labels"], "why": "secret"}])) == 1
}

test_deletion_and_replacement_are_refused_where_the_environment_protects if {
	_found("delete", true) == {`"a" would be deleted, and with it what it holds`}
	_found("replace", true) == {`"a" would be replaced, and with it what it holds`}
	_found("delete", false) == set()
}

_vault(properties) := {"type": "azure-native:keyvault/v20250501:Vault", "properties": {"properties": properties}}

_lock(level) := {
	"type": "azure-native:authorization:ManagementLockByScope",
	"properties": {"level": level},
}

_of_azure(resource, operation, protects) := {violation.msg |
	whole := {"name": "a", "provider": "azure-native", "opaque": [], "operation": operation}
	some violation in protected_resources.violation with input as {
		"resource": object.union(whole, resource),
		"parameters": {"approval": {"protects": protects}},
	}
}

test_what_the_engine_protected_stays_protected if {
	bare := {"type": _type, "properties": {}, "unprotected": true}
	_of_azure(bare, "same", true) == {`"a" was protected from deletion, and would be no longer`}
	_of_azure(bare, "same", false) == set()
}

test_a_vault_can_not_be_purged if {
	wrong := "what is deleted from this vault could be purged at once, for ever"
	_of_azure(_vault({"enablePurgeProtection": true}), "update", true) == set()
	_of_azure(_vault({"enablePurgeProtection": false}), "update", true) == {wrong}
	_of_azure(_vault({}), "create", true) == {wrong}
	_of_azure(_vault({}), "update", false) == set()
	_of_azure(_vault({}), "delete", true) == {`"a" would be deleted, and with it what it holds`}
}

test_a_lock_stays_and_locks if {
	_of_azure(_lock("CanNotDelete"), "same", true) == set()
	_of_azure(_lock("ReadOnly"), "update", true) == set()
	every level in ["NotSpecified", null] {
		_of_azure(_lock(level), "update", true) == {"this lock keeps nothing from deletion"}
	}
	_of_azure(_lock("NotSpecified"), "update", false) == set()
	_of_azure(_lock("CanNotDelete"), "delete", true) == {
		`"a" would be deleted, and with it what keeps its scope from deletion`,
	}
}

_may_be_approved(resource) := {object.get(violation.details, "approval", false) |
	some violation in protected_resources.violation with input as {
		"resource": object.union({"name": "a", "operation": "delete", "opaque": []}, resource),
		"parameters": {"approval": {"protects": true}},
	}
}

test_owners_may_let_it_go_and_a_cluster_knows_of_no_owners if {
	labels := {"headgate.dev/protected": "true"}
	_may_be_approved({"provider": "azure-native", "type": _type, "properties": {}}) == {true}
	_may_be_approved({
		"provider": "kubernetes", "type": "kubernetes:core/v1:Namespace", "properties": {"metadata": {"labels": labels}},
	}) == {false}
}

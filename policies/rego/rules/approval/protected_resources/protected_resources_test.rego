package rules.approval.protected_resources_test

import data.rules.approval.protected_resources

_found(operation, protects) := {violation.msg |
	some violation in protected_resources.violation with input as {
		"resource": {"name": "a", "operation": operation, "provider": "azure-native"},
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
			"name": "a", "operation": "delete", "provider": "kubernetes", "opaque": opaque,
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

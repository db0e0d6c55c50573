package rules.approval.protected_resources_test

import data.rules.approval.protected_resources

_found(operation, protects) := {violation.msg |
	some violation in protected_resources.violation with input as {
		"resource": {"name": "a", "operation": operation},
		"parameters": {"approval": {"protects": protects}},
	}
}

test_what_stays_in_place_is_let_through if {
	every operation in ["create", "update", "same"] {
		_found(operation, true) == set()
	}
	protected_resources.applies with input as {"parameters": {"approval": {"protects": true}}}
}

test_deletion_and_replacement_are_refused_where_the_environment_protects if {
	_found("delete", true) == {`"a" would be deleted, and with it what it holds`}
	_found("replace", true) == {`"a" would be replaced, and with it what it holds`}
	_found("delete", false) == set()
}

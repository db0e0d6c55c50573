package lib.settings_test

import data.lib.settings

_settings := [{"path": ["a"], "good": {"disabled", false}, "wrong": "a is open", "write": "a: Disabled"}]

_found(properties) := {found.msg |
	some found in settings.findings(_settings) with input as {"resource": {"properties": properties, "opaque": []}}
}

test_good_values_are_let_through_whatever_their_case if {
	every value in ["Disabled", "disabled", false] {
		_found({"a": value}) == set()
	}
}

test_other_values_and_none_are_found if {
	every properties in [{"a": "Enabled"}, {}, {"a": true}, {"a": {"b": 1}}] {
		_found(properties) == {"a is open"}
	}
}

test_a_type_has_no_version if {
	settings.type == "azure-native:storage:Account" with input as {"resource": {"type": "azure-native:storage/v20240101:Account"}}
}

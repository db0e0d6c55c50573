package lib.stack_test

import data.lib.stack

_resources := [
	{"provider": "kubernetes", "type": "x", "kind": "Pod", "name": "p", "operation": "create", "properties": {"metadata": {"name": "q"}}},
	{"provider": "kubernetes", "type": "x", "kind": "Pod", "name": "p", "operation": "delete", "properties": {}},
	{"provider": "azure-native", "type": "azure-native:storage/v20240101:Account", "name": "s", "operation": "same", "properties": {}},
]

test_what_is_deleted_does_not_remain if {
	stack.of_kinds({"Pod", "Service"}) == {0} with input as {"resources": _resources}
	stack.by_type == {"azure-native:storage:Account": {2}} with input as {"resources": _resources}
}

test_the_name_that_was_asked_for_counts_and_the_resources_where_it_is_unknown if {
	[stack.name_of(resource) | some resource in _resources] == ["q", "p", "s"]
}

test_a_place_is_a_namespace_of_a_cluster if {
	stack.place({"namespace": "a", "connection": "c"}) == ["c", "a"]
	stack.place({}) == ["", ""]
}

test_what_serves_a_model_says_so_itself_or_by_its_pods if {
	said := {"metadata": {"labels": {"headgate.dev/model": "a"}}}
	stack.serves_model({"properties": said})
	stack.serves_model({"properties": {"spec": {"template": said}}})
	not stack.serves_model({"properties": {}})
}

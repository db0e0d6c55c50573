package rules.residency.edge_test

import data.rules.residency.edge

_found(class) := {violation.details.found |
	some violation in edge.violation with input as {
		"resource": {"properties": {"tags": {"data-class": class}}},
		"parameters": {"residency": {"edge_classes": ["internal"]}},
	}
}

test_only_classes_that_may_pass_are_let_through if {
	_found("internal") == set()
	_found("restricted") == {"restricted"}
	_found({"$unknown": true}) == {"unknown"}
	edge.applies with input as {"resource": {"properties": {"tags": {"data-class": "internal"}}}}
}

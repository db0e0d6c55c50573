package lib.selection_test

import data.lib.selection

_labels := {"app": "a", "tier": "web"}

_object(kind, spec) := {
	"provider": "kubernetes", "type": "x", "kind": kind, "name": "n", "operation": "create", "namespace": "n", "connection": "c",
	"properties": {"spec": spec},
}

_workload(labels) := _object("Deployment", {"template": {"metadata": {"labels": labels}}})

_budget(selector) := _object("PodDisruptionBudget", {"selector": selector})

test_a_selector_finds_what_has_all_that_it_asks_for if {
	every selector in [
		{},
		{"matchLabels": null, "matchExpressions": null},
		{"matchLabels": {"app": "a"}},
		{"matchLabels": {"app": "a", "tier": "web"}},
		{"matchExpressions": [
			{"key": "app", "operator": "In", "values": ["b", "a"]},
			{"key": "app", "operator": "NotIn", "values": ["c"]},
			{"key": "other", "operator": "NotIn", "values": ["c"]},
			{"key": "tier", "operator": "Exists"},
			{"key": "other", "operator": "DoesNotExist"},
		]},
	] {
		selection.matches(selector, _labels)
	}
}

test_a_selector_finds_nothing_else if {
	every selector in [
		null,
		{"$unknown": true},
		{"matchLabels": {"app": "b"}},
		{"matchLabels": {"app": "a", "other": "x"}},
		{"matchLabels": {"app": {"$unknown": true}}},
		{"matchExpressions": [{"key": "app", "operator": "In", "values": ["b"]}]},
		{"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]},
		{"matchExpressions": [{"key": "other", "operator": "Exists"}]},
		{"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]},
	] {
		not selection.matches(selector, _labels)
	}
}

test_what_is_not_known_yet_is_late if {
	selection.late({"$unknown": true})
	selection.late({"matchLabels": {"$secret": true}})
	selection.late({"matchLabels": {"app": {"$unknown": true}}})
	not selection.late({"matchLabels": {"app": "a"}})
}

test_budgets_are_found_by_the_rarest_of_their_labels if {
	resources := [
		_workload(_labels),
		_workload({"app": "b", "tier": "web"}),
		_budget({"matchLabels": {"app": "a", "tier": "web"}}),
		_budget({"matchLabels": {"tier": "web"}}),
		_budget({"matchExpressions": [{"key": "app", "operator": "In", "values": ["b"]}]}),
		object.union(_budget({}), {"namespace": "m"}),
	]
	found := [selection.budgets_of(0), selection.budgets_of(1), selection.budgets_of(2)] with input as {"resources": resources}
	found == [{2, 3}, {3, 4}, set()]
	chosen := [selection.workloads_of(index) | some index in [2, 3, 4, 5]] with input as {"resources": resources}
	chosen == [{0}, {0, 1}, {1}, set()]
}

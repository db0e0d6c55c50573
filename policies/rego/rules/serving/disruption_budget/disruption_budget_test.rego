package rules.serving.disruption_budget_test

import data.rules.serving.disruption_budget

_object(kind, name, properties) := {
	"provider": "kubernetes", "type": "x", "kind": kind, "name": name, "operation": "create", "namespace": "n", "connection": "c",
	"properties": object.union({"metadata": {"name": name}}, properties),
}

_model := _object("Rollout", "a", {
	"metadata": {"labels": {"headgate.dev/model": "a"}},
	"spec": {"replicas": 3, "template": {"metadata": {"labels": {"app": "a"}}}},
})

_budget(said) := _object("PodDisruptionBudget", "b", {"spec": object.union({"selector": {"matchLabels": {"app": "a"}}}, said)})

_found(resources) := {[violation.details.resource, violation.msg, violation.details.property] |
	some violation in disruption_budget.violation with input as {"resources": resources}
}

test_a_model_with_a_budget_that_can_be_met_is_let_through if {
	every said in [{"maxUnavailable": 1}, {"maxUnavailable": "25%"}, {"minAvailable": 2}, {"minAvailable": "50%"}] {
		_found([_model, _budget(said)]) == set()
	}
	disruption_budget.applies == {0, 1} with input as {"resources": [_model, _budget({"maxUnavailable": 1})]}
}

test_what_serves_no_model_needs_none if {
	gateway := _object("Deployment", "g", {"spec": {"template": {"metadata": {"labels": {"app": "g"}}}}})
	_found([gateway]) == set()
}

test_a_model_without_a_budget_is_refused_with_what_to_write if {
	disruption_budget.violation == {{
		"msg": `Rollout "a" serves a model and has no disruption budget`,
		"details": {
			"resource": 0,
			"property": "spec",
			"path": ["spec"],
			"found": "no PodDisruptionBudget that selects its pods",
			"expected": "a PodDisruptionBudget with maxUnavailable: 1 and the selector of the workload",
			"undetermined": false,
		},
	}} with input as {"resources": [_model]}
}

test_a_budget_whose_selector_is_not_known_yet_may_be_the_one if {
	late := _object("PodDisruptionBudget", "b", {"spec": {"selector": {"$unknown": true}, "maxUnavailable": 1}})
	[true] == [violation.details.undetermined |
		some violation in disruption_budget.violation with input as {"resources": [_model, late]}
	]
	elsewhere := object.union(late, {"namespace": "m"})
	[false] == [violation.details.undetermined |
		some violation in disruption_budget.violation with input as {"resources": [_model, elsewhere]}
	]
}

test_a_budget_that_can_never_be_met_is_refused if {
	every said in [{"maxUnavailable": 0}, {"maxUnavailable": "0%"}, {"minAvailable": "100%"}] {
		some field, _ in said
		_found([_budget(said)]) == {[0, "the disruption budget never lets a pod go", sprintf("spec.%s", [field])]}
	}
	every said in [{"minAvailable": 3}, {"minAvailable": 5}, {"minAvailable": "90%"}] {
		_found([_model, _budget(said)]) == {[
			1,
			"the disruption budget lets no pod go when there are 3, the fewest that there may be",
			"spec.minAvailable",
		]}
	}
	alone := object.union(_model, {"properties": {"spec": {"replicas": 1}}})
	_found([alone, _budget({"minAvailable": 1})]) == {[1, "the disruption budget never lets the only pod go", "spec.minAvailable"]}
}

test_a_budget_that_protects_nothing_is_refused if {
	every said in [{"minAvailable": 0}, {"minAvailable": "0%"}, {"maxUnavailable": "100%"}] {
		some field, _ in said
		_found([_budget(said)]) == {[0, "the disruption budget lets all pods go at once", sprintf("spec.%s", [field])]}
	}
	_found([_budget({})]) == {[0, "the disruption budget says nothing", "spec"]}
}

test_pods_under_two_budgets_are_refused if {
	second := object.union(_budget({"maxUnavailable": 1}), {"properties": {"metadata": {"name": "c"}}})
	_found([_model, _budget({"maxUnavailable": 1}), second]) == {[
		0,
		`the pods of Rollout "a" are under 2 disruption budgets: Kubernetes evicts none of them`,
		"spec.selector",
	]}
}

test_what_is_not_known_yet_is_undetermined if {
	unknown := {"$unknown": true}
	_found([_model, _budget({"maxUnavailable": unknown})]) == {
		[1, "spec.maxUnavailable can't be judged: the value is unknown", "spec.maxUnavailable"],
	}
	late := object.union(_model, {"properties": {"spec": {"replicas": unknown}}})
	_found([late, _budget({"minAvailable": 2})]) == {
		[1, "spec.minAvailable can't be judged: the value is unknown", "spec.minAvailable"],
	}
}

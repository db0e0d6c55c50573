package rules.serving.autoscaler_test

import data.rules.serving.autoscaler

_model(kind) := {
	"provider": "kubernetes", "type": "x", "kind": kind, "name": "a", "operation": "create", "namespace": "n", "connection": "c",
	"properties": {"metadata": {"name": "a", "labels": {"headgate.dev/model": "a"}}},
}

_scaler(kind, target) := {
	"provider": "kubernetes", "type": "x", "kind": kind, "name": "h", "operation": "create", "namespace": "n", "connection": "c",
	"properties": {"spec": {"scaleTargetRef": target}},
}

_found(resources) := {[violation.details.resource, violation.details.undetermined] |
	some violation in autoscaler.violation with input as {"resources": resources}
}

test_a_model_with_its_autoscaler_is_let_through if {
	every pair in [
		[_model("Rollout"), _scaler("HorizontalPodAutoscaler", {"kind": "Rollout", "name": "a"})],
		[_model("Deployment"), _scaler("ScaledObject", {"name": "a"})],
	] {
		_found(pair) == set()
		autoscaler.applies == {0} with input as {"resources": pair}
	}
}

test_a_model_without_one_is_refused_with_what_to_write if {
	autoscaler.violation == {{
		"msg": `Deployment "a" serves a model and has no autoscaler`,
		"details": {
			"resource": 0,
			"property": "spec",
			"path": ["spec"],
			"found": "no HorizontalPodAutoscaler or ScaledObject that targets it",
			"expected": "an autoscaler with scaleTargetRef {kind: Deployment, name: a}",
			"undetermined": false,
		},
	}} with input as {"resources": [_model("Deployment")]}
}

test_the_autoscaler_of_another_place_name_or_kind_does_not_count if {
	good := _scaler("HorizontalPodAutoscaler", {"kind": "Deployment", "name": "a"})
	every patch in [{"connection": "d"}, {"namespace": "m"}, {"operation": "delete"}] {
		_found([_model("Deployment"), object.union(good, patch)]) == {[0, false]}
	}
	every target in [{"kind": "Deployment", "name": "b"}, {"kind": "Rollout", "name": "a"}] {
		_found([_model("Deployment"), _scaler("HorizontalPodAutoscaler", target)]) == {[0, false]}
	}
}

test_a_target_that_is_not_known_yet_is_undetermined if {
	late := _scaler("HorizontalPodAutoscaler", {"kind": "Deployment", "name": {"$unknown": true}})
	_found([_model("Deployment"), late]) == {[0, true]}
}

test_what_serves_no_model_needs_none if {
	gateway := object.union(_model("Deployment"), {"properties": {"metadata": {"labels": {"headgate.dev/model": false}}}})
	autoscaler.applies == set() with input as {"resources": [gateway]}
}

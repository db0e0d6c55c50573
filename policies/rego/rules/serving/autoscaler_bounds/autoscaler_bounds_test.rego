package rules.serving.autoscaler_bounds_test

import data.rules.serving.autoscaler_bounds

_input(kind, spec) := {
	"resource": {"kind": kind, "properties": {"spec": spec}, "opaque": []},
	"parameters": {"serving": {"least_replicas": 2, "most_replicas": 10}},
}

_messages(kind, spec) := {violation.msg | some violation in autoscaler_bounds.violation with input as _input(kind, spec)}

test_bounds_within_the_environments_are_let_through if {
	_messages("HorizontalPodAutoscaler", {"minReplicas": 2, "maxReplicas": 10}) == set()
	_messages("ScaledObject", {"minReplicaCount": 3, "maxReplicaCount": 3}) == set()
	autoscaler_bounds.applies with input as _input("ScaledObject", {})
	not autoscaler_bounds.applies with input as _input("Pod", {})
}

test_too_few_and_too_many_are_refused_with_what_to_write if {
	autoscaler_bounds.violation == {
		{
			"msg": "the autoscaler may go down to 1 replicas",
			"details": {
				"property": "spec.minReplicas", "path": ["spec", "minReplicas"],
				"found": 1, "expected": "at least 2", "fix": 2,
			},
		},
		{
			"msg": "the autoscaler may go up to 11 replicas",
			"details": {
				"property": "spec.maxReplicas", "path": ["spec", "maxReplicas"],
				"found": 11, "expected": "at most 10", "fix": 10,
			},
		},
	} with input as _input("HorizontalPodAutoscaler", {"minReplicas": 1, "maxReplicas": 11})
}

test_no_bounds_are_refused if {
	_messages("ScaledObject", {}) == {
		"the autoscaler may go down to a default number of replicas",
		"the autoscaler may go up to a default number of replicas",
	}
}

test_the_nearest_bound_is_what_a_fix_writes if {
	cases := [[1, 10, 2], [11, 10, 10], [3, 0, 1], [null, 10, 2]]
	every case in cases {
		found := autoscaler_bounds.violation with input as _input(
			"HorizontalPodAutoscaler",
			{"minReplicas": case[0], "maxReplicas": case[1]},
		)
		{violation.details.fix | some violation in found} == {case[2]}
	}
}

test_a_bound_that_is_unknown_is_undetermined if {
	_messages("ScaledObject", {"minReplicaCount": {"$unknown": true}, "maxReplicaCount": 4}) == {
		"spec.minReplicaCount can't be judged: the value is unknown",
	}
}

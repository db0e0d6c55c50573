package rules.serving.autoscaler_bounds_test

import data.rules.serving.autoscaler_bounds

_input(kind, spec) := {
	"resource": {"kind": kind, "properties": {"spec": spec}, "opaque": []},
	"parameters": {"serving": {"least_replicas": 2, "most_replicas": 10, "scales_to_zero": false}},
}

_resting(kind, spec) := json.patch(
	_input(kind, spec),
	[{"op": "replace", "path": "/parameters/serving/scales_to_zero", "value": true}],
)

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

test_what_requests_wake_up_may_rest_at_zero_where_the_environment_lets_it if {
	to_zero := {"minReplicaCount": 0, "maxReplicaCount": 4}
	autoscaler_bounds.violation == set() with input as _resting("ScaledObject", to_zero)
	_messages("ScaledObject", to_zero) == {"the autoscaler may go down to 0 replicas"}
}

test_where_zero_is_allowed_the_other_bounds_hold if {
	one := autoscaler_bounds.violation with input as _resting("ScaledObject", {"minReplicaCount": 1, "maxReplicaCount": 4})
	{[violation.details.expected, violation.details.fix] | some violation in one} == {["at least 2, or 0", 2]}

	none := autoscaler_bounds.violation with input as _resting("ScaledObject", {"maxReplicaCount": 4})
	{violation.msg | some violation in none} == {"the autoscaler may go down to a default number of replicas"}
}

test_by_cpu_use_nothing_rests_at_zero if {
	bounds := {"minReplicas": 0, "maxReplicas": 4}
	found := autoscaler_bounds.violation with input as _resting("HorizontalPodAutoscaler", bounds)
	{violation.details.expected | some violation in found} == {"at least 2"}
}

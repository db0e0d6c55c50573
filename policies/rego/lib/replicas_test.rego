package lib.replicas_test

import data.lib.replicas

_object(kind, name, spec) := {
	"provider": "kubernetes", "type": "x", "kind": kind, "name": name, "operation": "create", "namespace": "n",
	"connection": "c", "properties": {"spec": spec},
}

_target := {"kind": "Rollout", "name": "a"}

_least(scalers, spec) := found if {
	found := replicas.least(_object("Rollout", "a", spec)) with input as {"resources": scalers}
}

test_an_autoscalers_lower_bound_counts_before_a_number if {
	_least([_object("HorizontalPodAutoscaler", "h", {"scaleTargetRef": _target, "minReplicas": 3})], {"replicas": 9}) == 3
	_least([_object("HorizontalPodAutoscaler", "h", {"scaleTargetRef": _target})], {}) == 1
	_least([_object("ScaledObject", "s", {"scaleTargetRef": _target})], {}) == 1
}

test_a_number_counts_where_nothing_scales if {
	other := _object("ScaledObject", "s", {"scaleTargetRef": {"name": "a"}, "minReplicaCount": 5})
	_least([other], {"replicas": 4}) == 4
	_least([], {}) == 1
	_least([], {"replicas": null}) == 1
}

test_a_bound_that_is_not_known_yet_is_told_as_such if {
	unknown := {"$unknown": true}
	scaler := _object("HorizontalPodAutoscaler", "h", {"scaleTargetRef": _target, "minReplicas": unknown})
	_least([scaler], {}) == unknown
	_least([], {"replicas": unknown}) == unknown
}

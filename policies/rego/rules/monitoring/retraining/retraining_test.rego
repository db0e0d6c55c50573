package rules.monitoring.retraining_test

import data.rules.monitoring.retraining

_run(annotations, opaque) := {"resource": {
	"provider": "kubernetes", "kind": "Rollout", "opaque": opaque,
	"properties": {"metadata": {"labels": {"headgate.dev/model": "a"}, "annotations": annotations}},
}}

_schedule := "headgate.dev/retrain-schedule"

_alert := "headgate.dev/retrain-on-alert"

_above := "headgate.dev/retrain-above"

_found(annotations) := {violation.details.path[2] |
	some violation in retraining.violation with input as _run(annotations, [])
}

test_a_timetable_or_drift_is_let_through if {
	every annotations in [
		{_schedule: "0 3 1 * *"},
		{_alert: "ModelFeatureDrift", _above: "0.2"},
		{_schedule: "30 2 * * mon", _alert: "ModelFeatureDrift", _above: "1"},
		{_schedule: "monthly", _alert: "ModelFeatureDrift", _above: "0.2"},
	] {
		_found(annotations) == set()
	}
	retraining.applies with input as _run({}, [])
}

test_neither_is_refused_with_what_to_write if {
	retraining.violation == {{
		"msg": "nothing says when the model is trained again",
		"details": {
			"property": `metadata.annotations["headgate.dev/retrain-schedule"]`,
			"path": ["metadata", "annotations", _schedule],
			"found": "nothing",
			"expected": "retraining: {schedule: …} or {drift: {above: …}}",
		},
	}} with input as _run({"headgate.dev/retrain-on-data": "abfss://new@store"}, [])
}

test_what_can_not_be_read_is_no_policy if {
	every schedule in ["", "monthly", "@monthly", "0 3 1 *", "0 3 1 * * *", 3, null] {
		_found({_schedule: schedule}) == {_schedule}
	}
	every above in ["", "0", "0.0", "-1", "much", "1e3", 0.2] {
		_found({_alert: "ModelFeatureDrift", _above: above}) == {_above}
	}
	_found({_alert: "ModelFeatureDrift"}) == {_schedule}
	_found({_above: "0.2"}) == {_above}
	_found({_alert: "drift", _above: "0.2"}) == {_above}
}

test_a_language_model_is_not_judged if {
	_found({"headgate.dev/time-to-first-token-ms": "800"}) == set()
	every token in ["", "yes", null] {
		count(_found({"headgate.dev/time-to-first-token-ms": token})) == 1
	}
}

test_what_serves_no_model_is_not_judged if {
	retraining.violation == set() with input as {"resource": {
		"provider": "kubernetes", "kind": "Rollout", "opaque": [],
		"properties": {"metadata": {"name": "web"}},
	}}
}

test_what_is_not_known_yet_is_undetermined if {
	every name in [_schedule, _above] {
		late := _run({_alert: "ModelFeatureDrift"}, [{"path": ["metadata", "annotations", name], "why": "unknown"}])
		{violation.details.undetermined | some violation in retraining.violation with input as late} == {true}
	}
}

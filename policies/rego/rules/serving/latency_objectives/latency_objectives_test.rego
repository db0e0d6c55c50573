package rules.serving.latency_objectives_test

import data.rules.serving.latency_objectives

_run(annotations, opaque) := {
	"parameters": {"serving": {"most_latency_ms": 100}},
	"resource": {
		"provider": "kubernetes", "kind": "Rollout", "opaque": opaque,
		"properties": {"metadata": {"labels": {"headgate.dev/model": "a"}, "annotations": annotations}},
	},
}

_name := "headgate.dev/latency-objective-ms"

_found(annotations) := {violation.msg | some violation in latency_objectives.violation with input as _run(annotations, [])}

test_a_promise_within_the_limit_is_let_through if {
	_found({_name: "100"}) == set()
	_found({_name: "1"}) == set()
	latency_objectives.applies with input as _run({}, [])
}

test_a_longer_one_is_refused_with_what_to_write if {
	latency_objectives.violation == {{
		"msg": "the model promises an answer within 101 ms",
		"details": {
			"property": `metadata.annotations["headgate.dev/latency-objective-ms"]`,
			"path": ["metadata", "annotations", _name], "found": "101", "expected": "latency_objective_ms: 100 at most",
		},
	}} with input as _run({_name: "101"}, [])
}

test_what_is_no_promise_is_refused if {
	every value in ["", "0", "-1", "1e1", "99.5", "99ms", "soon", "{{ .Values.latency }}", "9999999999999", null, 50, ["50"]] {
		count(_found({_name: value})) == 1
	}
	count(_found({})) == 1
	every token in ["", "0", "-5", "yes", null] {
		count(_found({_name: "101", "headgate.dev/time-to-first-token-ms": token})) == 1
	}
}

test_a_language_model_promises_its_first_token if {
	_found({_name: "90000", "headgate.dev/time-to-first-token-ms": "800"}) == set()
}

test_what_is_not_known_yet_is_undetermined if {
	late := _run({}, [{"path": ["metadata", "annotations", _name], "why": "unknown"}])
	{violation.details.undetermined | some violation in latency_objectives.violation with input as late} == {true}
}

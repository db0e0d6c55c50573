package rules.supply_chain.model_evaluation_test

import data.rules.supply_chain.model_evaluation

_digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

_fact := {
	"name": "fraud/score", "version": "1.0.0", "digest": _digest, "stage": "production", "revoked": false,
	"signers": ["trainer"], "faults": [], "missed": [], "deployed": ["fraud-staging"], "largest_gap": 0.1,
	"attested": {
		"card": "2026-01-01T00:00:00Z", "lineage": "2026-01-01T00:00:00Z", "bom": "2026-01-01T00:00:00Z",
		"evaluation": "2199-01-01T00:00:00.123456Z",
	},
	"measures": {"quality": 2, "fairness": 1, "explainability": 1},
}

_input(change) := {
	"facts": {
		"until": "2199-01-01T00:00:00Z",
		"models": {sprintf("models/fraud/score@%s", [_digest]): json.patch(_fact, change)},
	},
	"parameters": {"models": {
		"stages": ["staging", "production"], "proven_in": ["staging"], "evaluation_days": 30, "most_gap": 0.1,
	}},
	"resource": {
		"id": "x", "provider": "kubernetes", "type": "kubernetes:core/v1:Pod", "name": "x", "kind": "Pod",
		"group": "", "operation": "create", "opaque": [],
		"properties": {"spec": {"volumes": [{"image": {
			"reference": sprintf("r.azurecr.io/models/fraud/score@%s", [_digest]),
		}}]}},
	},
}

_found(change) := {[found.msg, found.details.expected] |
	some found in model_evaluation.violation with input as _input(change)
}

test_a_version_that_has_it_all_passes if {
	_found([]) == set()
	model_evaluation.applies with input as _input([])
}

test_what_is_not_known_is_a_violation if {
	given := object.union(_input([]), {"facts": {"unavailable": "it burns"}})
	count(model_evaluation.violation) == 1 with input as given
}

test_a_version_that_was_not_evaluated_is_refused if {
	_found([{"op": "remove", "path": "attested/evaluation"}]) == {[
		"model fraud/score 1.0.0 has no evaluation",
		"a version of which an evaluation is attested",
	]}
}

test_an_evaluation_grows_old if {
	_found([{"op": "replace", "path": "attested/evaluation", "value": "2020-01-01T00:00:00.5Z"}]) == {[
		"model fraud/score 1.0.0 was last evaluated on 2020-01-01",
		"an evaluation of the last 30 days",
	]}
}

test_each_missed_threshold_is_told if {
	_found([{"op": "replace", "path": "missed", "value": ["quality: auc 0.8, at least 0.9"]}]) == {[
		"model fraud/score 1.0.0 misses a threshold: quality: auc 0.8, at least 0.9",
		"an evaluation within all of its thresholds",
	]}
}

test_an_evaluation_has_all_its_parts if {
	_found([{"op": "replace", "path": "measures", "value": {"quality": 1, "fairness": 0}}]) == {
		["model fraud/score 1.0.0 was not evaluated for fairness", "a measure of fairness"],
		["model fraud/score 1.0.0 was not evaluated for explainability", "a measure of explainability"],
	}
}

test_the_environment_bounds_the_gap_of_fairness if {
	_found([{"op": "replace", "path": "largest_gap", "value": 0.11}]) == {[
		"model fraud/score 1.0.0 has a gap of fairness of 0.11",
		"gaps of at most 0.1",
	]}
}

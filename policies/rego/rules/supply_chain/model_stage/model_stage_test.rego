package rules.supply_chain.model_stage_test

import data.rules.supply_chain.model_stage

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
	some found in model_stage.violation with input as _input(change)
}

test_a_version_that_has_it_all_passes if {
	_found([]) == set()
	model_stage.applies with input as _input([])
}

test_what_is_not_known_is_a_violation if {
	given := object.union(_input([]), {"facts": {"unavailable": "it burns"}})
	count(model_stage.violation) == 1 with input as given
}

test_a_stage_that_may_not_run_here_is_refused if {
	every stage in ["candidate", "archived", "none"] {
		_found([{"op": "replace", "path": "stage", "value": stage}]) == {[
			sprintf("model fraud/score 1.0.0 stands at %s", [stage]),
			"a version at staging or production",
		]}
	}
	_found([{"op": "replace", "path": "stage", "value": "staging"}]) == set()
}

test_what_is_restricted_runs_nowhere if {
	_found([{"op": "replace", "path": "revoked", "value": true}]) == {[
		"model fraud/score 1.0.0 is restricted: it must not run anywhere",
		"a version that is not restricted",
	]}
}

test_what_was_not_deployed_before_is_refused if {
	every stacks in [[], ["fraud-dev"], ["staging"], ["fraud-staging-2"]] {
		_found([{"op": "replace", "path": "deployed", "value": stacks}]) == {[
			"model fraud/score 1.0.0 has not been deployed in staging, as far as a ledger says",
			"a version that has run in staging",
		]}
	}
}

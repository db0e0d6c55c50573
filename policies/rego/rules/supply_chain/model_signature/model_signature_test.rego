package rules.supply_chain.model_signature_test

import data.rules.supply_chain.model_signature

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
	some found in model_signature.violation with input as _input(change)
}

test_a_version_that_has_it_all_passes if {
	_found([]) == set()
	model_signature.applies with input as _input([])
}

test_what_is_not_known_is_a_violation if {
	given := object.union(_input([]), {"facts": {"unavailable": "it burns"}})
	count(model_signature.violation) == 1 with input as given
}

test_a_version_that_nobody_signed_is_refused if {
	_found([{"op": "replace", "path": "signers", "value": []}]) == {[
		"model fraud/score 1.0.0 has no signature by a key that counts",
		"a version that a signer of policies/signers.yaml has signed",
	]}
}

test_every_proof_that_does_not_count_is_told if {
	_found([{"op": "replace", "path": "faults", "value": ["card: copied", "stage: replayed"]}]) == {
		["model fraud/score 1.0.0 has a proof that does not count: card: copied", "a version that `headgate model verify` finds whole"],
		["model fraud/score 1.0.0 has a proof that does not count: stage: replayed", "a version that `headgate model verify` finds whole"],
	}
}

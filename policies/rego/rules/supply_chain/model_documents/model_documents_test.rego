package rules.supply_chain.model_documents_test

import data.rules.supply_chain.model_documents

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
	some found in model_documents.violation with input as _input(change)
}

test_a_version_that_has_it_all_passes if {
	_found([]) == set()
	model_documents.applies with input as _input([])
}

test_what_is_not_known_is_a_violation if {
	given := object.union(_input([]), {"facts": {"unavailable": "it burns"}})
	count(model_documents.violation) == 1 with input as given
}

test_each_document_that_is_missing_is_told if {
	_found([{"op": "replace", "path": "attested", "value": {}}]) == {
		["model fraud/score 1.0.0 has no model card", "a version of which a model card is attested"],
		["model fraud/score 1.0.0 has no lineage", "a version of which a lineage is attested"],
		["model fraud/score 1.0.0 has no bill of materials", "a version of which a bill of materials is attested"],
	}
}

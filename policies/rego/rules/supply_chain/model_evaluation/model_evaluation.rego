# METADATA
# scope: package
# title: Models are evaluated, and the results are good enough and fresh
# description: |
#   A model that was good once may not be any more, and one that is good on average may treat some people badly. Its
#   evaluation has quality, fairness and explainability, is not too old, and misses no threshold; the largest gap of
#   fairness is bounded by the environment, whatever the evaluation's author asked for.
#   Facts are what the registry knows of a version, verified by the gate itself. A gate that was told of no registry leaves
#   the decision to the update, which denies if it was not told either. A cluster's gate has this rule where it pulls the
#   signed facts: what runs there already goes on, and is told of.
# custom:
#   id: HG-SC-006
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   facts: true
#   controls:
#     - ISO/IEC 27001:2022 A.8.29
#     - ISO/IEC 27001:2022 A.5.36
#   remediation: |
#     Evaluate the version again and attest the results: `headgate model evaluate NAME@DIGEST --file FILE`. The newest
#     evaluation counts. What misses a threshold is not for this environment; deploy a version that does not.
#   fix: |
#     an evaluation is made, or another version chosen: neither follows from a setting
#   since: 2025-01-01
#   deferrable: true
package rules.supply_chain.model_evaluation

import data.lib.models

applies if models.any

violation contains found if some found in models.unknown

violation contains found if {
	some mention in models.known
	some problem in _problems(mention.fact)
	found := models.found(mention, problem.wrong, problem.expected)
}

_days := input.parameters.models.evaluation_days

_problems(fact) := {{"wrong": "has no evaluation", "expected": "a version of which an evaluation is attested"}} if {
	not fact.attested.evaluation
}

_problems(fact) := ((_stale(fact) | _missed(fact)) | _lacking(fact)) | _unfair(fact) if fact.attested.evaluation

_stale(fact) := {problem |
	now := time.now_ns()
	now > time.add_date(time.parse_rfc3339_ns(fact.attested.evaluation), 0, 0, _days)
	problem := {
		"wrong": sprintf("was last evaluated on %s", [substring(fact.attested.evaluation, 0, 10)]),
		"expected": sprintf("an evaluation of the last %d days", [_days]),
	}
}

_missed(fact) := {{"wrong": sprintf("misses a threshold: %s", [text]), "expected": "an evaluation within all of its thresholds"} |
	some text in fact.missed
}

_lacking(fact) := {{"wrong": sprintf("was not evaluated for %s", [part]), "expected": sprintf("a measure of %s", [part])} |
	some part in ["quality", "fairness", "explainability"]
	object.get(fact, ["measures", part], 0) < 1
}

_unfair(fact) := {problem |
	fact.largest_gap > input.parameters.models.most_gap
	problem := {
		"wrong": sprintf("has a gap of fairness of %v", [fact.largest_gap]),
		"expected": sprintf("gaps of at most %v", [input.parameters.models.most_gap]),
	}
}

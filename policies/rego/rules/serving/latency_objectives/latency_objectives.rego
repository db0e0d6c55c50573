# METADATA
# scope: package
# title: A model that is asked online promises an answer within the environment's limit
# description: |
#   Who asks a model while somebody waits needs its answer soon, and a promise that is too long is kept while everybody
#   complains. Each model states the time within which 99 % of its answers come, and it is no longer than the environment's
#   limit, unless a waiver says for how long more is borne. Of a language model the first token is promised instead.
# custom:
#   id: HG-SV-005
#   severity: medium
#   gates: [P, U]
#   scope: object
#   types: [kubernetes:Rollout]
#   controls:
#     - ISO/IEC 27001:2022 A.8.6
#     - ISO/IEC 27001:2022 A.8.16
#   remediation: |
#     Write `latency_objective_ms` of the model in the team's stack, no more than `serving.most_latency_ms` in
#     `policies/parameters/`; or have a waiver signed (`headgate waiver new HG-SV-005 …`).
#   fix: how soon a model answers is measured, and promised by its team
#   since: 2025-01-01
#   deferrable: true
package rules.serving.latency_objectives

import data.lib.finding
import data.lib.pods
import data.lib.view

applies if {
	pods.serves_model
	not _is_a_language_model
}

violation contains finding.at(path, value, wrong, expected) if {
	applies
	path := ["metadata", "annotations", "headgate.dev/latency-objective-ms"]
	value := view.value(path)
	not _is_within(value)
	wrong := sprintf("the model promises an answer within %v ms", [value])
	expected := sprintf("latency_objective_ms: %d at most", [input.parameters.serving.most_latency_ms])
}

_is_a_language_model if _milliseconds(view.value(["metadata", "annotations", "headgate.dev/time-to-first-token-ms"])) > 0

_is_within(value) if {
	_milliseconds(value) > 0
	_milliseconds(value) <= input.parameters.serving.most_latency_ms
}

_milliseconds(value) := to_number(value) if {
	is_string(value)
	regex.match(`^[0-9]{1,9}$`, value)
}

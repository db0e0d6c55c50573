# METADATA
# scope: package
# title: A model says when it is trained again
# description: |
#   What a model learned grows old: people, prices and fraud change, and it answers as if they had not. So from its first day
#   each model says when it is trained again, on a timetable or when what it sees has moved away from what it learned. A
#   language model that is taken as it is, is evaluated anew instead (HG-SV-009).
# custom:
#   id: HG-MO-004
#   severity: medium
#   gates: [P, U]
#   scope: object
#   types: [kubernetes:Rollout]
#   controls:
#     - ISO/IEC 27001:2022 A.8.9
#     - ISO/IEC 27001:2022 A.8.16
#   remediation: |
#     Write `retraining` of the model in the team's stack: `{schedule: 0 3 1 * *}`, `{drift: {above: 0.2}}`, or both; or give
#     the stack a pipeline for it under `training`, whose triggers say so. New data alone is no policy: it may never come.
#   fix: when a model is trained again is for those to say who know what it learns from
#   since: 2025-01-01
#   deferrable: true
package rules.monitoring.retraining

import data.lib.finding
import data.lib.pods
import data.lib.view

applies if {
	pods.serves_model
	not _is_a_language_model
}

violation contains finding.at(_path(_told_by), value, "nothing says when the model is trained again", expected) if {
	applies
	not _is_on_time
	not _is_on_drift
	value := view.value(_path(_told_by))
	expected := "retraining: {schedule: …} or {drift: {above: …}}"
}

# A model of language promises its first token, as LanguageModelServing says it.
_is_a_language_model if regex.match(`^[0-9]{1,9}$`, _annotation("headgate.dev/time-to-first-token-ms"))

_is_on_time if regex.match(`^\S+( \S+){4}$`, _annotation("headgate.dev/retrain-schedule"))

_is_on_drift if {
	regex.match(`^[A-Z][A-Za-z0-9]{2,63}$`, _annotation("headgate.dev/retrain-on-alert"))
	above := _annotation("headgate.dev/retrain-above")
	regex.match(`^[0-9]{1,2}(\.[0-9]{1,6})?$`, above)
	to_number(above) > 0
}

# Where one of them is told, badly or not yet, the finding is there.
default _told_by := "headgate.dev/retrain-schedule"

_told_by := "headgate.dev/retrain-above" if {
	view.value(_path("headgate.dev/retrain-schedule")) == null
	view.value(_path("headgate.dev/retrain-above")) != null
}

_path(name) := ["metadata", "annotations", name]

_annotation(name) := value if {
	value := view.value(_path(name))
	is_string(value)
}

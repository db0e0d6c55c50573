# METADATA
# scope: package
# title: In production a new version takes over in steps, is measured, and is taken back by itself
# description: |
#   A version that gets all requests at once fails in front of everybody, and one that nobody measures fails until somebody
#   complains. In production a model is a Rollout whose new version gets a small share of the requests first, stays there
#   long enough to be measured, and is aborted without anybody's doing when what is measured is bad.
# custom:
#   id: HG-SV-003
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:AnalysisTemplate
#     - kubernetes:ClusterAnalysisTemplate
#     - kubernetes:DaemonSet
#     - kubernetes:Deployment
#     - kubernetes:Pod
#     - kubernetes:ReplicaSet
#     - kubernetes:ReplicationController
#     - kubernetes:Rollout
#     - kubernetes:StatefulSet
#   controls:
#     - ISO/IEC 27001:2022 A.8.31
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     Say it in the team's stack: `strategy: {canary: {steps: [{weight: 10, pause_seconds: 300}, {weight: 50, pause_seconds:
#     300}], analysis: {success_rate: 0.99}}}` of a model, `canary: {…}` of a language model. How much, how long and how many bad
#     measurements the environment bears is `serving.rollouts` in `policies/parameters/`.
#   fix:
#     spec.strategy.canary.steps[*].setWeight: [models.*.strategy.canary.steps.0.weight]
#     spec.metrics[*].failureLimit: [models.*.strategy.canary.analysis.failures]
#   since: 2025-01-01
#   deferrable: false
package rules.serving.canaries

import data.lib.finding
import data.lib.pods
import data.lib.view

applies if _is_model

applies if _is_template

_asked := input.parameters.serving.rollouts if input.parameters.serving.rollouts.canary

_kind := trim_suffix(input.resource.kind, "Patch")

# What runs a model of its own accord, and not as a Rollout's.
violation contains finding.at(["kind"], _kind, wrong, "a Rollout with a canary, as ModelDeployment makes it") if {
	_is_model
	_kind != "Rollout"
	wrong := sprintf("a %s serves a model, and no rollout measures its new versions", [_kind])
}

violation contains finding.at(_canary_path, _canary, "a new version takes over without a canary", expected) if {
	_is_rollout
	not _has_canary
	expected := "canary: {steps: […], analysis: {…}}"
}

violation contains finding.at(path, value, "nothing divides the requests: shares are rounded to whole pods", expected) if {
	_has_canary
	path := array.concat(_canary_path, ["trafficRouting"])
	value := view.value(path)
	not _holds_something(value)
	expected := "trafficRouting: {nginx: {stableIngress: …}}"
}

violation contains finding.at(path, steps, "a new version gets all requests at once", expected) if {
	_has_canary
	path := array.concat(_canary_path, ["steps"])
	steps := view.value(path)
	not _first_share
	expected := sprintf("steps that begin with setWeight of at most %d and a pause", [_asked.first_percent])
}

violation contains finding.fixable(finding.at(path, weight, wrong, expected), _asked.first_percent) if {
	_has_canary
	weight := _steps[_first_share].setWeight
	not _is_within(weight, 1, _asked.first_percent)
	path := array.concat(_canary_path, ["steps", _first_share, "setWeight"])
	wrong := sprintf("the first step gives a new version %v %% of the requests", [weight])
	expected := sprintf("at most %d", [_asked.first_percent])
}

violation contains finding.at(path, step, "a new version does not stay at its first share long enough to be measured", expected) if {
	_has_canary
	step := object.get(_steps, _first_share + 1, null)
	not _pauses(step)
	path := array.concat(_canary_path, ["steps", _first_share + 1])
	expected := sprintf("pause: {duration: …} of %ds at least", [_asked.first_seconds])
}

violation contains finding.at(path, value, "nothing is measured while a new version takes over", "analysis: {templates: [{templateName: …}]}") if {
	_has_canary
	path := array.concat(_canary_path, ["analysis", "templates"])
	value := view.value(path)
	not _names_a_template(value)
}

violation contains finding.at(path, value, "the first share of the requests is not measured", expected) if {
	_first_share
	path := array.concat(_canary_path, ["analysis", "startingStep"])
	value := view.value(path)
	value != null
	not _is_within(value, 0, _first_share + 1)
	expected := sprintf("startingStep: %d at most", [_first_share + 1])
}

violation contains finding.at(path, value, "what is measured aborts nothing", "no dryRun") if {
	path := _dry_runs[_]
	value := view.value(path)
	not value in {null, []}
}

violation contains finding.at(path, value, "a new version whose pods do not get ready is not taken back", "progressDeadlineAbort: true") if {
	_is_rollout
	path := ["spec", "progressDeadlineAbort"]
	value := view.value(path)
	value != true
}

# What is measured: a template without a measurement that can fail lets every version through.
violation contains finding.at(path, value, "nothing is measured", "metrics: [{name: …, successCondition: …, provider: {…}}]") if {
	_is_template
	path := ["spec", "metrics"]
	value := view.value(path)
	not _holds_something(value)
	not _holds_something(view.value(["spec", "templates"]))
}

violation contains finding.at(path, value, "no measurement is bad", "successCondition: a comparison of result") if {
	some [index, metric] in _metrics
	not _judges(view.at(metric, ["successCondition"]))
	not _judges(view.at(metric, ["failureCondition"]))
	path := ["spec", "metrics", index, "successCondition"]
	value := view.value(path)
}

violation contains finding.at(path, value, "nothing is asked for the measurement", "provider: {prometheus: {address: …, query: …}}") if {
	some [index, metric] in _metrics
	path := ["spec", "metrics", index, "provider"]
	value := view.value(path)
	not _holds_something(value)
}

violation contains finding.fixable(finding.at(path, value, wrong, expected), _asked.failures) if {
	some [index, metric] in _metrics
	some field in ["failureLimit", "inconclusiveLimit", "consecutiveErrorLimit"]
	path := ["spec", "metrics", index, field]
	value := view.value(path)
	value != null
	not _is_within(value, 0, _asked.failures)
	wrong := sprintf("%v bad measurements are borne", [value])
	expected := sprintf("%s: %d at most", [field, _asked.failures])
}

violation contains finding.at(path, value, "the first measurement comes too late, or the next", expected) if {
	some [index, metric] in _metrics
	some field in ["initialDelay", "interval"]
	path := ["spec", "metrics", index, field]
	value := view.value(path)
	value != null
	not _is_in_time(value)
	expected := sprintf("%s: %ds at most", [field, _asked.measured_seconds])
}

# A model by its label, its pods' label, or what they mount; what a controller brings is judged as that which owns it.
_is_model if {
	_asked
	not _is_template_kind
	not pods.owned
	not _is_fallback
	_serves
}

# It gets requests only while no pod of the model is ready: the model's own Service does not select it.
_is_fallback if {
	_kind == "Deployment"
	labels := input.resource.properties.spec.template.metadata.labels
	labels["app.kubernetes.io/name"] == sprintf("%s-fallback", [labels["headgate.dev/model"]])
}

_serves if pods.serves_model

_serves if {
	some pod in pods.found
	some volume in pod.spec.volumes
	view.at(volume, ["image"]) != null
}

_is_rollout if {
	_is_model
	_kind == "Rollout"
}

_canary_path := ["spec", "strategy", "canary"]

_canary := view.value(_canary_path)

_has_canary if {
	_is_rollout
	is_object(_canary)
	not view.opaque(_canary)
}

_steps := {index: step |
	some index, step in _canary.steps
	is_object(step)
}

# Of no requests there is nothing to measure. What is no number is no small share.
_first_share := min({index |
	some index, step in _steps
	weight := step.setWeight
	weight != 0
})

_pauses(step) if view.at(step, ["pause"]) == {}

_pauses(step) if _seconds(view.at(step, ["pause", "duration"])) >= _asked.first_seconds

# Seconds, as a number, a number in a text, or a duration.
_seconds(value) := value if is_number(value)

_seconds(value) := to_number(value) if _is_digits(value)

_seconds(value) := time.parse_duration_ns(value) / 1000000000 if {
	is_string(value)
	regex.match(`^([0-9]{1,5}(ms|s|m|h)){1,4}$`, value)
}

_is_digits(value) if {
	is_string(value)
	regex.match(`^[0-9]{1,9}$`, value)
}

_is_in_time(value) if _is_within(_seconds(value), 0, _asked.measured_seconds)

_is_within(value, low, high) if {
	is_number(value)
	value >= low
	value <= high
}

_is_within(value, low, high) if {
	_is_digits(value)
	to_number(value) >= low
	to_number(value) <= high
}

_names_a_template(templates) if {
	is_array(templates)
	some template in templates
	name := template.templateName
	is_string(name)
	regex.match(`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`, name)
}

_dry_runs := [array.concat(_canary_path, ["analysis", "dryRun"])] if _has_canary

_dry_runs := [["spec", "dryRun"]] if _is_template

_is_template_kind if _kind in {"AnalysisTemplate", "ClusterAnalysisTemplate"}

_is_template if {
	_asked
	_is_template_kind
}

_metrics contains [index, metric] if {
	_is_template
	metrics := view.value(["spec", "metrics"])
	is_array(metrics)
	some index, metric in metrics
}

_judges(condition) if {
	is_string(condition)
	regex.match(`\bresult\b`, condition)
}

# A condition that is unknown or secret is told once, at its own place.
_holds_something(value) if {
	not view.opaque(value)
	is_object(value)
	count(value) > 0
}

_holds_something(value) if {
	is_array(value)
	count(value) > 0
}

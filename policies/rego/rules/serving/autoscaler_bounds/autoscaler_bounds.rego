# METADATA
# scope: package
# title: An autoscaler has bounds, within those of the environment
# description: |
#   One replica is an outage at the first node that goes, and an upper bound that nobody set is a bill that nobody agreed
#   to. Both bounds are written down, the lower one no less and the upper one no more than the environment's parameters.
#   Where they say so (`scales_to_zero`), what is scaled on requests may rest without a replica while nobody asks.
# custom:
#   id: HG-SV-006
#   severity: medium
#   gates: [P, U, A]
#   scope: object
#   types: [kubernetes:HorizontalPodAutoscaler, kubernetes:ScaledObject]
#   controls:
#     - ISO/IEC 27001:2022 A.8.6
#     - ISO/IEC 27001:2022 A.8.14
#   remediation: |
#     Set both bounds: `replicas: {min: …, max: …}` of the model in the stack's YAML, which become `minReplicas` and
#     `maxReplicas`. The environment's own limits are `serving` in `policies/parameters/`.
#   fix:
#     spec.minReplicas: [models.*.replicas.min, language_models.*.replicas.min, edge.*.replicas.min]
#     spec.maxReplicas: [models.*.replicas.max, language_models.*.replicas.max, edge.*.replicas.max]
#     spec.minReplicaCount: [models.*.replicas.min]
#     spec.maxReplicaCount: [models.*.replicas.max]
#   since: 2025-01-01
#   deferrable: false
package rules.serving.autoscaler_bounds

import data.lib.finding
import data.lib.view

applies if _fields

_fields := {
	"HorizontalPodAutoscaler": ["minReplicas", "maxReplicas"],
	"ScaledObject": ["minReplicaCount", "maxReplicaCount"],
}[input.resource.kind]

_limits := input.parameters.serving

violation contains finding.fixable(finding.at(["spec", field], value, wrong, expected), to) if {
	field := _fields[0]
	value := view.value(["spec", field])
	not _is_within(value, _limits.least_replicas, _limits.most_replicas)
	not _may_rest(value)
	wrong := sprintf("the autoscaler may go down to %v replicas", [_or_default(value)])
	expected := sprintf("at least %d%s", [_limits.least_replicas, _or_none])
	to := _nearest(value, _limits.least_replicas, _limits.most_replicas)
}

violation contains finding.fixable(finding.at(["spec", field], value, wrong, expected), to) if {
	field := _fields[1]
	value := view.value(["spec", field])
	not _is_within(value, 1, _limits.most_replicas)
	wrong := sprintf("the autoscaler may go up to %v replicas", [_or_default(value)])
	expected := sprintf("at most %d", [_limits.most_replicas])
	to := _nearest(value, 1, _limits.most_replicas)
}

_is_within(value, low, high) if {
	is_number(value)
	value >= low
	value <= high
}

# Requests wake it up: nothing else that scales sees what found no replica.
_may_rest(0) if _rests

_rests if {
	input.resource.kind == "ScaledObject"
	_limits.scales_to_zero
}

default _or_none := ""

_or_none := ", or 0" if _rests

# What is nobody's number begins at the lower end.
_nearest(value, low, high) := max([low, min([high, value])]) if is_number(value)

_nearest(value, low, _) := low if not is_number(value)

_or_default(value) := "a default number of" if is_null(value)

_or_default(value) := value if not is_null(value)

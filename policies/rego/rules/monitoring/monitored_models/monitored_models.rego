# METADATA
# scope: package
# title: A model is measured and watched from its first day
# description: |
#   A model that nobody watches fails in front of its users first. Each workload that serves one is measured, and there are
#   alerts for it of every kind that the environment asks for, which carry its team and its name. Objectives that are watched
#   by their error budgets count as such alerts.
# schemas:
#   - input: schema.relation_input
# custom:
#   id: HG-MO-001
#   severity: high
#   gates: [P, U]
#   scope: relation
#   controls:
#     - ISO/IEC 27001:2022 A.8.15
#     - ISO/IEC 27001:2022 A.8.16
#   remediation: |
#     Give the model to ModelMonitoring, as the team's stack does, or add rules that alert and have the labels `team`, `model`
#     and `kind`, in a PrometheusRuleGroup or a PrometheusRule. For its metrics let the pods have the label `headgate.dev/model`
#     and a port named `http`, or add a ServiceMonitor that selects the label. The kinds are `monitoring` in
#     `policies/parameters/`.
#   fix: the components make the alerts of every model that the stack's file names
#   since: 2025-01-01
#   deferrable: true
package rules.monitoring.monitored_models

import data.lib.stack
import data.lib.view

applies contains index if {
	some index in stack.of_kinds({"Deployment", "StatefulSet", "Rollout"})
	stack.serves_model(input.resources[index])
}

violation contains {"msg": msg, "details": details} if {
	some index in applies
	workload := input.resources[index]
	some kind in _wanted(workload)
	not [_team(workload), _model(workload), kind] in _watched
	msg := sprintf("no alert of kind %q watches model %q", [kind, _model(workload)])
	details := {
		"resource": index,
		"property": "metadata.labels",
		"path": ["metadata", "labels"],
		"found": sprintf("no rule that alerts with labels {team: %v, model: %v, kind: %s}", [_team(workload), _model(workload), kind]),
		"expected": sprintf("an alert of kind %s for it, as ModelMonitoring makes them", [kind]),
		"undetermined": _late,
	}
}

violation contains {"msg": msg, "details": details} if {
	some index in applies
	workload := input.resources[index]
	not _is_measured(workload)
	msg := sprintf("nothing measures %s %q, which serves a model", [workload.kind, stack.name_of(workload)])
	details := {
		"resource": index,
		"property": "spec.template",
		"path": ["spec", "template"],
		"found": "no container port named http on pods that have the label of their model, and no ServiceMonitor for it",
		"expected": "ports: [{name: http, containerPort: …}] and the label headgate.dev/model on the pods",
	}
}

# Of a language model no latency is promised but that of its first token.
_wanted(workload) := input.parameters.monitoring.model_alerts if not _is_a_language_model(workload)

_wanted(workload) := input.parameters.monitoring.language_model_alerts if _is_a_language_model(workload)

_is_a_language_model(workload) if workload.properties.metadata.annotations["headgate.dev/time-to-first-token-ms"]

_team(workload) := _label(workload, "headgate.dev/team")

_model(workload) := _label(workload, "headgate.dev/model")

# Its own label goes before that of its pods.
_label(workload, name) := value if {
	value := object.get(workload.properties, ["metadata", "labels", name], null)
	value != null
}

_label(workload, name) := object.get(workload.properties, ["spec", "template", "metadata", "labels", name], null) if {
	object.get(workload.properties, ["metadata", "labels", name], null) == null
}

# Team, model and kind of every alert.
_watched := {[view.at(labels, ["team"]), view.at(labels, ["model"]), view.at(labels, ["kind"])] |
	some rules in _rules
	some rule in rules
	view.at(rule, ["alert"]) != null
	view.at(rule, ["enabled"]) != false
	labels := rule.labels
}

_rules contains group.properties.rules if {
	some index in object.get(stack.by_type, "azure-native:alertsmanagement:PrometheusRuleGroup", set())
	group := input.resources[index]
	object.get(group.properties, "enabled", true) != false
}

_rules contains group.rules if {
	some index in stack.of_kinds({"PrometheusRule"})
	some group in input.resources[index].properties.spec.groups
}

# What the rules are may only be known at the update.
default _late := false

_late if {
	some rules in _rules
	view.opaque(rules)
}

_late if {
	some watched in _watched
	some part in watched
	view.opaque(part)
}

# As the platform's own discovery finds it, or an operator.
_is_measured(workload) if {
	template := workload.properties.spec.template
	template.metadata.labels["headgate.dev/model"]
	some container in template.spec.containers
	some port in container.ports
	port.name == "http"
}

_is_measured(workload) if array.concat(stack.place(workload), [_model(workload)]) in _monitored

_monitored contains array.concat(stack.place(monitor), [model]) if {
	some index in stack.of_kinds({"ServiceMonitor", "PodMonitor"})
	monitor := input.resources[index]
	model := monitor.properties.spec.selector.matchLabels["headgate.dev/model"]
}

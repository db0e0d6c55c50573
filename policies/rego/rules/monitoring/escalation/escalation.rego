# METADATA
# scope: package
# title: Silence raises an alarm, and a critical alert goes on to a second person
# description: |
#   Rules over measurements are silent when nothing is measured any more, which looks like all being well: somebody is told
#   of that by what does not depend on them. And the one who is told of a critical alert may be asleep: each has further
#   steps, of other people, who are told when it still stands.
# schemas:
#   - input: schema.relation_input
# custom:
#   id: HG-MO-003
#   severity: high
#   gates: [P, U]
#   scope: relation
#   controls:
#     - ISO/IEC 27001:2022 A.5.24
#     - ISO/IEC 27001:2022 A.5.26
#     - ISO/IEC 27001:2022 A.8.16
#   remediation: |
#     MonitoringStack makes a MetricAlert on `EventsPerMinuteIngested` for each workspace of measurements, and it, ModelMonitoring
#     and ServiceObjectives write each critical alert once for each step of `monitoring.escalation` of the platform's stack: the
#     same expression, held longer, with the label `escalation` and that step's action group. How many steps are enough is
#     `monitoring.least_steps` in `policies/parameters/`.
#   fix: who is told, and after how long, is a decision; the components make the alarm at silence
#   since: 2025-01-01
#   deferrable: true
package rules.monitoring.escalation

import data.lib.finding
import data.lib.stack
import data.lib.view

applies contains index if some index in _workspaces

applies contains index if some [index, _, _] in _critical

applies contains index if some index in _metric_alerts

_least := input.parameters.monitoring.least_steps

# Nothing measured, nothing said.
violation contains finding.on(index, [], null, "nobody is told when nothing is measured any more", expected) if {
	some index in _workspaces
	not _is_watched(index)
	not _may_be_watched
	expected := "a MetricAlert of severity 0 on its EventsPerMinuteIngested, LessThan 1"
}

violation contains {"msg": msg, "details": details} if {
	some index in _workspaces
	not _is_watched(index)
	_may_be_watched
	msg := "whether the alarm at silence watches these measurements is only known at the update"
	details := {
		"resource": index, "property": "", "path": [], "found": "a MetricAlert whose scopes are unknown",
		"expected": "a MetricAlert whose scopes hold this workspace's ID", "undetermined": true,
	}
}

# Each critical alert has as many steps as are asked for, and they are of different people.
violation contains finding.on(index, path, steps, wrong, expected) if {
	some [index, list, position] in _critical
	key := _keys[[index, list, position]]
	steps := sort(_steps[key])
	count(steps) < _least
	path := array.concat(list, [position, "labels", "escalation"])
	wrong := sprintf("critical alert %v has %d of %d steps of escalation", [_name(index, list, position), count(steps), _least])
	expected := "an alert of the same expression for each further step, with the label escalation"
}

violation contains finding.on(index, path, null, wrong, "an action group of its own for each step") if {
	some [index, list, position] in _critical
	key := _keys[[index, list, position]]
	stack.type_of(input.resources[index]) == _azures_group
	count(_steps[key]) >= _least
	not _reaches_enough(key)
	path := array.concat(list, [position, "actions"])
	wrong := sprintf("all steps of critical alert %v reach the same people", [_name(index, list, position)])
}

violation contains finding.on(index, ["actions"], null, wrong, "an action group for each step") if {
	some index in _metric_alerts
	groups := _groups_of(input.resources[index].properties)
	count(groups) < _least
	wrong := sprintf("the critical alert tells %d of %d steps of the escalation", [count(groups), _least])
}

# Rules that can't be read may be critical.
violation contains finding.on(index, path, rules, "", "rules that are known") if {
	some [index, path, rules] in _lists
	view.opaque(rules)
}

_azures_group := "azure-native:alertsmanagement:PrometheusRuleGroup"

_of_type(type) := object.get(stack.by_type, type, set())

_workspaces := _of_type("azure-native:monitor:AzureMonitorWorkspace")

_metric_alerts := {index |
	some index in _of_type("azure-native:monitor:MetricAlert")
	view.at(input.resources[index].properties, ["severity"]) == 0
}

_is_watched(index) if {
	name := input.resources[index].properties.azureMonitorWorkspaceName
	is_string(name)
	some scope in _watched
	is_string(scope)
	endswith(lower(scope), sprintf("/providers/microsoft.monitor/accounts/%s", [lower(name)]))
}

# Which workspace is meant, or what it is called, may only be known at the update: as long as there is an alert for each.
_may_be_watched if {
	late := [scope | some scope in _watched; view.opaque(scope)]
	count(late) >= count([index | some index in _workspaces; not _is_watched(index)])
}

_watched := [scope |
	some index in _metric_alerts
	alert := input.resources[index].properties
	object.get(alert, "enabled", true) == true
	_says_nothing_comes(alert)
	some scope in alert.scopes
]

# What fires when there is less than something; less than nothing there never is.
_says_nothing_comes(alert) if {
	some criterion in alert.criteria.allOf
	criterion.metricName == "EventsPerMinuteIngested"
	criterion.operator in {"LessThan", "LessThanOrEqual"}
	is_number(criterion.threshold)
	criterion.threshold > _least_threshold[criterion.operator]
}

_least_threshold := {"LessThan": 0, "LessThanOrEqual": -1}

# Every list of rules, by the resource that holds it.
_lists contains [index, ["rules"], rules] if {
	some index in _of_type(_azures_group)
	rules := view.at(input.resources[index].properties, ["rules"])
}

_lists contains [index, ["spec", "groups", position, "rules"], rules] if {
	some index in stack.of_kinds({"PrometheusRule"})
	some position, group in input.resources[index].properties.spec.groups
	rules := view.at(group, ["rules"])
}

_lists contains [index, ["spec", "groups"], groups] if {
	some index in stack.of_kinds({"PrometheusRule"})
	groups := view.at(input.resources[index].properties, ["spec", "groups"])
	view.opaque(groups)
}

_rules := {[index, path, position]: rule |
	some [index, path, rules] in _lists
	is_array(rules)
	some position, rule in rules
}

_critical contains where if {
	some where, rule in _rules
	view.at(rule, ["alert"]) != null
	view.at(rule, ["labels", "severity"]) == "critical"
	object.get(rule, "enabled", true) != false
}

# What is the same alert at every step: its expression, and its labels but for the step.
_keys := {where: [_expression(rule), object.remove(rule.labels, ["escalation"])] |
	some where in _critical
	rule := _rules[where]
}

_expression(rule) := [view.at(rule, ["expr"]), view.at(rule, ["expression"])]

# An index, so that a run of 10,000 resources is walked once and not once for each.
_chains[key] contains where if some where, key in _keys

_steps := {key: steps |
	some key, members in _chains
	steps := {step |
		some where in members
		step := view.at(_rules[where], ["labels", "escalation"])
		is_string(step)
		regex.match(`^[A-Za-z0-9][A-Za-z0-9 ._-]*$`, step)
	}
}

_reaches_enough(key) if {
	groups := {group | some where in _chains[key]; some group in _groups_of(_rules[where])}
	count(groups) >= _least
}

# Those that are not known yet are as many as are named.
_reaches_enough(key) if {
	some where in _chains[key]
	some group in _groups_of(_rules[where])
	view.opaque(group[1])
}

_groups_of(alert) := {[position, group] |
	some position, action in view.at(alert, ["actions"])
	group := view.at(action, ["actionGroupId"])
	view.opaque(group)
} | {["", lower(group)] |
	some action in view.at(alert, ["actions"])
	group := view.at(action, ["actionGroupId"])
	is_string(group)
	group != ""
}

_name(index, list, position) := view.at(_rules[[index, list, position]], ["alert"])

# METADATA
# scope: package
# title: An alert says how bad it is, whose it is and what to do, and reaches a person
# description: |
#   An alert that names nobody is everybody's, which is nobody's; one whose runbook is not there is read at night by
#   somebody who has to guess; one that no route takes to a person is a line in a log. Each alert has a severity that the
#   routes know, an owner, a runbook that is published, and somebody who is told; a group of people to tell has people in it,
#   and no rule takes critical alerts away from them.
# custom:
#   id: HG-MO-002
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:PrometheusRule
#     - kubernetes:ConfigMap
#     - azure-native:alertsmanagement:PrometheusRuleGroup
#     - azure-native:alertsmanagement:AlertProcessingRuleByName
#     - azure-native:monitor:ActionGroup
#     - azure-native:monitor:ActivityLogAlert
#     - azure-native:monitor:MetricAlert
#     - azure-native:monitor:ScheduledQueryRule
#   controls:
#     - ISO/IEC 27001:2022 A.5.24
#     - ISO/IEC 27001:2022 A.5.26
#     - ISO/IEC 27001:2022 A.8.16
#   remediation: |
#     Give a Prometheus rule the labels `severity` (critical, warning or info) and `owner`, and the annotation `runbook_url`;
#     an alert of Azure's own `severity`, the tag `owner`, and the runbook's address in its description. In Azure let `actions`
#     name an action group that has receivers. MonitoringStack, ModelMonitoring and ServiceObjectives write all of it. Which
#     runbooks there are is `monitoring.runbooks` in `policies/parameters/`.
#   fix: whose an alert is, and how bad, is known to people alone; the components write it for theirs
#   since: 2025-01-01
#   deferrable: true
package rules.monitoring.answerable_alerts

import data.lib.finding
import data.lib.settings
import data.lib.view

applies if count(_lists) > 0

applies if _azures

applies if settings.type in {"azure-native:monitor:ActionGroup", "azure-native:alertsmanagement:AlertProcessingRuleByName"}

# Rules that can't be read could be any.
violation contains finding.at(path, rules, "", "rules that are known") if {
	some [path, rules] in _lists
	view.opaque(rules)
}

violation contains finding.at(path, value, wrong, `a label severity: critical, warning or info`) if {
	some alert in _alerts
	value := _said(alert.rule, "labels", "severity")
	not value in _severities
	path := _place(alert, ["labels", "severity"])
	wrong := sprintf("alert %v says not how bad it is: severity %v", [_name(alert), value])
}

# Of what nobody is told, one alert is told by its silence; and a model's own are never for nobody.
violation contains finding.at(path, value, wrong, "severity: critical or warning, of which somebody is told") if {
	some alert in _alerts
	value := _said(alert.rule, "labels", "severity")
	not value in _told
	_must_be_told(alert, value)
	path := _place(alert, ["labels", "severity"])
	wrong := sprintf("nobody is told of alert %v: severity %v", [_name(alert), value])
}

violation contains finding.at(path, value, wrong, "a label owner: the group or person that answers for it") if {
	some alert in _alerts
	value := _said(alert.rule, "labels", "owner")
	not _is_owner(value)
	path := _place(alert, ["labels", "owner"])
	wrong := sprintf("alert %v has no owner", [_name(alert)])
}

violation contains finding.at(path, value, wrong, _runbook_expected) if {
	some alert in _alerts
	value := _said(alert.rule, "annotations", "runbook_url")
	not _is_runbook(value)
	path := _place(alert, ["annotations", "runbook_url"])
	wrong := sprintf("alert %v has no runbook that is published", [_name(alert)])
}

# Azure routes by what each alert names, and by a number of its own; Alertmanager by the label.
violation contains finding.at(path, actions, wrong, _route_expected) if {
	_is_azures_group
	some alert in _alerts
	_said(alert.rule, "labels", "severity") in _told
	actions := _of(alert.rule, "actions")
	not _reaches(actions)
	not _is_late(actions)
	path := _place(alert, ["actions"])
	wrong := sprintf("alert %v reaches nobody", [_name(alert)])
}

violation contains finding.at(path, value, wrong, "severity: 0 or 1") if {
	_is_azures_group
	some alert in _alerts
	_said(alert.rule, "labels", "severity") == "critical"
	value := _of(alert.rule, "severity")
	not value in {0, 1}
	path := _place(alert, ["severity"])
	wrong := sprintf("alert %v is critical by its label, and to Azure it is not: it may be held back", [_name(alert)])
}

# Which group it is may only be known at the update: said once of a resource, however many alerts it has.
violation contains finding.at(["rules"], {"$unknown": true}, "", "actions with action groups that are known") if {
	_is_azures_group
	some alert in _alerts
	_said(alert.rule, "labels", "severity") in _told
	actions := _of(alert.rule, "actions")
	not _reaches(actions)
	_is_late(actions)
}

# Azure's own alerts.
violation contains finding.at(["severity"], value, "the alert says not how bad it is", "severity: 0 (critical) to 4") if {
	_azures
	settings.type != "azure-native:monitor:ActivityLogAlert"
	value := view.value(["severity"])
	not value in numbers.range(0, 4)
}

violation contains finding.at(path, value, "the alert has no owner", "a tag owner: the group or person that answers for it") if {
	_azures
	path := ["tags", "owner"]
	value := view.value(path)
	not _is_owner(value)
}

violation contains finding.at(["description"], value, "the alert's description names no runbook that is published", _runbook_expected) if {
	_azures
	value := view.value(["description"])
	not _names_a_runbook(value)
}

violation contains finding.at(_azures, actions, "the alert reaches nobody", _route_expected) if {
	actions := view.value(_azures)
	not view.value(["severity"]) in {3, 4}
	not _reaches(actions)
	not _is_late(actions)
}

violation contains finding.at(_azures, {"$unknown": true}, "", _route_expected) if {
	actions := view.value(_azures)
	not view.value(["severity"]) in {3, 4}
	not _reaches(actions)
	_is_late(actions)
}

# Who is told.
violation contains finding.at(["enabled"], value, "the group is off: nobody in it is told", "enabled: true") if {
	settings.type == "azure-native:monitor:ActionGroup"
	value := view.value(["enabled"])
	not value in {true, null}
}

violation contains finding.at([], null, "nobody is in the group", expected) if {
	settings.type == "azure-native:monitor:ActionGroup"
	not _has_people
	expected := "emailReceivers, smsReceivers, webhookReceivers or another list of who is told"
	every list in object.keys(_receivers) {
		not _is_late(view.value([list]))
	}
}

violation contains finding.at([list], {"$unknown": true}, "", "receivers that are known") if {
	settings.type == "azure-native:monitor:ActionGroup"
	not _has_people
	some list in object.keys(_receivers)
	_is_late(view.value([list]))
}

# What keeps alerts from who is told.
violation contains finding.at(path, value, "critical alerts are kept from who is told of them", _kept_expected) if {
	settings.type == "azure-native:alertsmanagement:AlertProcessingRuleByName"
	view.value(["properties", "enabled"]) != false
	some action in view.value(["properties", "actions"])
	not _only_adds(action)
	path := ["properties", "conditions"]
	value := view.value(path)
	not _spares_critical(value)
}

_severities := {"critical", "warning", "info", "none"}

_told := {"critical", "warning"}

_must_be_told(alert, "none") if view.at(alert.rule, ["alert"]) != "Watchdog"

_must_be_told(alert, severity) if {
	severity in {"info", "none"}
	_said(alert.rule, "labels", "model") != null
	_said(alert.rule, "labels", "kind") != null
}

_runbook_expected := "<address>/<page>.md, of monitoring.runbooks in policies/parameters/"

_route_expected := "the ID of an action group"

_kept_expected := "{field: Severity, operator: Equals, values: [Sev2, Sev3, Sev4]}"

# Every list of rules: where it stands, and what it is.
_lists contains [["rules"], view.value(["rules"])] if _is_azures_group

_lists contains [path, rules] if {
	input.resource.kind == "PrometheusRule"
	some index, group in view.value(["spec", "groups"])
	path := ["spec", "groups", index, "rules"]
	rules := _of(group, "rules")
}

_lists contains [["spec", "groups"], groups] if {
	input.resource.kind == "PrometheusRule"
	groups := view.value(["spec", "groups"])
	view.opaque(groups)
}

# As ClusterAlerting hands them to a Prometheus that has no operator.
_lists contains [["data", key], group.rules] if {
	input.resource.kind == "ConfigMap"
	some key, text in view.value(["data"])
	is_string(text)
	contains(text, "groups")
	contains(text, "alert")
	yaml.is_valid(text)
	some group in yaml.unmarshal(text).groups
	is_array(group.rules)
}

_is_azures_group if settings.type == "azure-native:alertsmanagement:PrometheusRuleGroup"

_alerts contains {"list": path, "index": index, "rule": rule} if {
	some [path, rules] in _lists
	is_array(rules)
	some index, rule in rules
	_of(rule, "alert") != null
}

# Rules in a text have no place of their own.
_place(alert, _) := alert.list if alert.list[0] == "data"

_place(alert, field) := array.concat(array.concat(alert.list, [alert.index]), field) if alert.list[0] != "data"

_name(alert) := name if {
	name := _of(alert.rule, "alert")
	is_string(name)
} else := alert.index

# A field of what may be hidden as a whole.
_of(holder, _) := holder if view.opaque(holder)

_of(holder, name) := view.at(holder, [name]) if not view.opaque(holder)

_said(rule, part, name) := _of(_of(rule, part), name)

# A template would name whom the alert's own data names; a stopgap names nobody.
_is_owner(value) if {
	is_string(value)
	regex.match(`^[A-Za-z0-9][A-Za-z0-9._@/+-]+$`, value)
	not lower(value) in {"nobody", "none", "null", "n/a", "na", "unknown", "unowned", "todo", "tbd", "owner", "everybody", "all"}
}

_is_runbook(value) if {
	is_string(value)
	some address, pages in input.parameters.monitoring.runbooks
	some page in pages
	split(value, "#")[0] == sprintf("%s/%s.md", [address, page])
}

_names_a_runbook(text) if {
	is_string(text)
	some word in regex.split(`\s+`, text)
	_is_runbook(trim(word, "().,;<>"))
}

# Where an alert of Azure's own names who is told.
_azures := {
	"azure-native:monitor:ActivityLogAlert": ["actions", "actionGroups"],
	"azure-native:monitor:MetricAlert": ["actions"],
	"azure-native:monitor:ScheduledQueryRule": ["actions", "actionGroups"],
}[settings.type]

_reaches(actions) if {
	is_array(actions)
	some action in actions
	_is_action_group(_group(action))
}

_group(action) := view.at(action, ["actionGroupId"]) if {
	is_object(action)
	not view.opaque(action)
}

_group(action) := action if is_string(action)

_is_action_group(id) if {
	is_string(id)
	regex.match(`(?i)^/subscriptions/[^/\s{}]+/resourcegroups/[^/\s{}]+/providers/microsoft\.insights/actiongroups/[^/\s{}]+$`, id)
}

_is_late(value) if view.opaque(value)

_is_late(value) if {
	is_array(value)
	walk(value, [_, part])
	view.opaque(part)
}

_has_people if {
	some list, required in _receivers
	some receiver in view.value([list])
	every field in required {
		_is_word(view.at(receiver, [field]))
	}
}

_is_word(text) if {
	is_string(text)
	regex.match(`^[^\s{}]+$`, text)
}

# Lists of who is told, and what each of them has to say; a program or a queue is no person.
_receivers := {
	"armRoleReceivers": ["roleId"],
	"azureAppPushReceivers": ["emailAddress"],
	"emailReceivers": ["emailAddress"],
	"itsmReceivers": ["workspaceId", "connectionId"],
	"logicAppReceivers": ["resourceId"],
	"smsReceivers": ["countryCode", "phoneNumber"],
	"voiceReceivers": ["countryCode", "phoneNumber"],
	"webhookReceivers": ["serviceUri"],
}

_only_adds(action) if _lower(view.at(action, ["actionType"])) in {"addactiongroups", "correlatealerts"}

# What is no text is no word that is known.
_lower(text) := lower(text) if is_string(text)

_lower(text) := "" if not is_string(text)

_spares_critical(conditions) if {
	some condition in conditions
	_lower(condition.field) == "severity"
	_lower(condition.operator) == "equals"
	is_array(condition.values)
	{value | some value in condition.values; not _lower(value) in {"sev2", "sev3", "sev4"}} == set()
}

_spares_critical(conditions) if {
	some condition in conditions
	_lower(condition.field) == "severity"
	_lower(condition.operator) == "notequals"
	{"sev0", "sev1"} - {_lower(value) | some value in condition.values} == set()
}

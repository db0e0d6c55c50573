package rules.monitoring.answerable_alerts_test

import data.rules.monitoring.answerable_alerts

_runbook := "https://docs.example.com/runbooks/model-latency.md"

_parameters := {"monitoring": {"runbooks": {"https://docs.example.com/runbooks": ["model-latency", "watchdog"]}}}

_alert := {
	"alert": "Slow", "labels": {"severity": "critical", "owner": "fraud-models"},
	"annotations": {"runbook_url": _runbook},
}

_group_id := "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Insights/actionGroups/on-call"

_azures := object.union(_alert, {"severity": 0, "actions": [{"actionGroupId": _group_id}]})

_late := {"$unknown": true}

_given(resource, opaque) := {
	"parameters": _parameters,
	"resource": object.union({"kind": "", "type": "", "opaque": opaque}, resource),
}

_operator(rules) := _given({"kind": "PrometheusRule", "properties": {"spec": {"groups": [{"rules": rules}]}}}, [])

_group(rules) := _given({"type": "azure-native:alertsmanagement/v20230301:PrometheusRuleGroup", "properties": {"rules": rules}}, [])

_text(text) := _given({"kind": "ConfigMap", "properties": {"data": {"rules.json": text}}}, [])

_of(type, properties) := _given({"type": sprintf("azure-native:monitor:%s", [type]), "properties": properties}, [])

_metric := {
	"severity": 0, "tags": {"owner": "fraud-models"}, "actions": [{"actionGroupId": _group_id}],
	"description": sprintf("It is slow. Runbook: %s.", [_runbook]),
}

_people := {"enabled": true, "emailReceivers": [{"emailAddress": "a@example.com"}]}

_processing(properties) := _given(
	{"type": "azure-native:alertsmanagement:AlertProcessingRuleByName", "properties": {"properties": properties}},
	[],
)

_removes := [{"actionType": "RemoveAllActionGroups"}]

_quiet := [{"field": "Severity", "operator": "Equals", "values": ["Sev2", "Sev3", "Sev4"]}]

_found(run) := {violation.details.property | some violation in answerable_alerts.violation with input as run}

_undetermined(run) := {violation.details.property |
	some violation in answerable_alerts.violation with input as run
	violation.details.undetermined
}

_patched(alert, patch) := {property |
	some property in _found(_group([object.union(alert, patch)]))
}

test_alerts_that_can_be_answered_are_let_through if {
	warning := object.union(_azures, {"severity": 2, "labels": {"severity": "warning"}})
	info := object.union(_azures, {"severity": 3, "labels": {"severity": "info"}, "actions": []})
	watchdog := object.union(_alert, {"alert": "Watchdog", "labels": {"severity": "none"}})
	every run in [
		_group([_azures, warning, info, {"record": "r"}]),
		_operator([_alert, watchdog, {"record": "r"}]),
		_text(json.marshal({"groups": [{"rules": [_alert]}]})),
		_of("MetricAlert", _metric),
		_of("ActivityLogAlert", object.union(object.remove(_metric, ["severity"]), {"actions": {"actionGroups": [{"actionGroupId": _group_id}]}})),
		_of("ScheduledQueryRule", object.union(_metric, {"actions": {"actionGroups": [_group_id]}})),
		_of("ScheduledQueryRule", object.union(_metric, {"severity": 3, "actions": null})),
		_of("ActionGroup", _people),
		_of("ActionGroup", {"smsReceivers": [{"countryCode": "971", "phoneNumber": "1"}]}),
		_processing({"actions": _removes, "conditions": _quiet}),
		_processing({"actions": _removes, "conditions": [{"field": "Severity", "operator": "NotEquals", "values": ["Sev0", "Sev1"]}]}),
		_processing({"actions": _removes, "enabled": false}),
		_processing({"actions": [{"actionType": "AddActionGroups"}]}),
	] {
		_found(run) == set()
		answerable_alerts.applies with input as run
	}
}

test_a_config_map_without_alerts_is_not_judged if {
	every text in ["", "groups: alert: [", "groups and alerts", json.marshal({"groups": 7, "alert": 1})] {
		not answerable_alerts.applies with input as _text(text)
	}
}

test_an_alert_is_refused_with_what_to_write if {
	answerable_alerts.violation == {{
		"msg": `alert Slow says not how bad it is: severity high`,
		"details": {
			"property": "spec.groups[0].rules[0].labels.severity",
			"path": ["spec", "groups", 0, "rules", 0, "labels", "severity"],
			"found": "high",
			"expected": "a label severity: critical, warning or info",
		},
	}} with input as _operator([object.union(_alert, {"labels": {"severity": "high"}})])
}

test_a_severity_that_no_route_knows_is_none if {
	every severity in ["", "Critical", "CRITICAL", " critical", "page", 0, null, ["critical"], "{{ $labels.severity }}"] {
		_patched(_azures, {"labels": {"severity": severity}}) == {"rules[0].labels.severity"}
	}
	_found(_operator([object.remove(_alert, ["labels"])])) == {
		"spec.groups[0].rules[0].labels.severity", "spec.groups[0].rules[0].labels.owner",
	}
}

test_an_owner_that_is_nobody_is_none if {
	every owner in ["", " ", "x", "none", "Unknown", "TODO", "n/a", 7, null, ["a"], "{{ $labels.team }}", "two words"] {
		_patched(_azures, {"labels": {"owner": owner}}) == {"rules[0].labels.owner"}
	}
}

test_a_runbook_that_is_not_published_is_none if {
	every runbook in [
		"", null, 7, "model-latency", "https://docs.example.com/runbooks/", "https://docs.example.com/runbooks/other.md",
		"http://docs.example.com/runbooks/model-latency.md", "https://docs.example.com.evil.example/runbooks/model-latency.md",
		"https://docs.example.com/runbooks/../model-latency.md", "https://docs.example.com/runbooks/{{ $labels.alertname }}.md",
		"https://docs.example.com/runbooks/Model-Latency.md", "https://evil.example/?https://docs.example.com/runbooks/watchdog.md",
	] {
		_patched(_azures, {"annotations": {"runbook_url": runbook}}) == {"rules[0].annotations.runbook_url"}
	}
	_patched(_azures, {"annotations": {"runbook_url": concat("", [_runbook, "#do"])}}) == set()
}

test_an_alert_that_reaches_nobody_is_refused if {
	every actions in [null, [], "all", [{}], [{"actionGroupId": ""}], [{"actionGroupId": "on-call"}], [{"actionGroupId": 7}], [null]] {
		_patched(_azures, {"actions": actions}) == {"rules[0].actions"}
	}
}

test_a_critical_alert_is_critical_to_azure_too if {
	every severity in [2, 4, "0", null] {
		_patched(_azures, {"severity": severity}) == {"rules[0].severity"}
	}
}

test_nobody_is_told_of_the_watchdog_alone if {
	_found(_operator([object.union(_alert, {"labels": {"severity": "none"}})])) == {"spec.groups[0].rules[0].labels.severity"}
	of_a_model := {"labels": {"severity": "info", "model": "fraud-score", "kind": "latency"}}
	_found(_operator([object.union(_alert, of_a_model)])) == {"spec.groups[0].rules[0].labels.severity"}
}

test_alerts_in_a_text_are_judged_as_well if {
	bare := {"alert": {"no": "name"}, "labels": {"severity": "critical", "owner": "fraud-models"}}
	answerable_alerts.violation == {{
		"msg": "alert 0 has no runbook that is published",
		"details": {
			"property": `data["rules.json"]`, "path": ["data", "rules.json"], "found": "nothing",
			"expected": "<address>/<page>.md, of monitoring.runbooks in policies/parameters/",
		},
	}} with input as _text(json.marshal({"groups": [{"rules": [bare]}]}))
}

test_alerts_of_azures_own_have_the_same if {
	_found(_of("MetricAlert", {})) == {"severity", "tags.owner", "description", "actions"}
	_found(_of("ActivityLogAlert", {})) == {"tags.owner", "description", "actions.actionGroups"}
	every severity in [5, -1, 1.5, "0", "Sev0", null] {
		_found(_of("MetricAlert", object.union(_metric, {"severity": severity}))) == {"severity"}
	}
}

test_a_group_in_which_nobody_is_told_is_refused if {
	every people in [
		{}, {"emailReceivers": []}, {"emailReceivers": [{"emailAddress": ""}]}, {"emailReceivers": [{"name": "a"}]},
		{"emailReceivers": [{"emailAddress": "{{ owner }}"}]}, {"smsReceivers": [{"countryCode": "971"}]}, {"emailReceivers": [7, {"emailAddress": 7}]},
		{"eventHubReceivers": [{"eventHubName": "a"}]}, {"automationRunbookReceivers": [{"runbookName": "a"}]},
	] {
		_found(_of("ActionGroup", people)) == {""}
	}
	_found(_of("ActionGroup", object.union(_people, {"enabled": false}))) == {"enabled"}
}

test_what_keeps_critical_alerts_from_people_is_refused if {
	every conditions in [
		null, [], [{"field": "AlertRuleName", "operator": "Equals", "values": ["a"]}],
		[{"field": "Severity", "operator": "Equals", "values": ["Sev1"]}],
		[{"field": "Severity", "operator": "Equals", "values": "Sev2"}],
		[{"field": "Severity", "operator": "Equals", "values": [2, null]}],
		[{"field": 7, "operator": null, "values": ["Sev2"]}],
		[{"field": "Severity", "operator": "NotEquals", "values": ["Sev0"]}],
	] {
		_found(_processing({"actions": _removes, "conditions": conditions})) == {"properties.conditions"}
	}
	_found(_processing({"actions": [{"actionType": "REMOVEALLACTIONGROUPS"}]})) == {"properties.conditions"}
	_found(_processing({"actions": [{}]})) == {"properties.conditions"}
}

test_what_is_not_known_yet_is_undetermined if {
	_undetermined(_group([object.union(_azures, {"actions": [{"actionGroupId": _late}]})])) == {"rules"}
	_undetermined(_group([object.union(_azures, {"actions": [_late]}), object.union(_azures, {"actions": _late})])) == {"rules"}
	_undetermined(_given(
		{"type": "azure-native:alertsmanagement:PrometheusRuleGroup", "properties": {"rules": _late}},
		[{"path": ["rules"], "why": "unknown"}],
	)) == {"rules"}
	_undetermined(_given(
		{"kind": "PrometheusRule", "properties": {"spec": {"groups": _late}}},
		[{"path": ["spec", "groups"], "why": "unknown"}],
	)) == {"spec.groups"}
	_undetermined(_operator([object.union(object.remove(_alert, ["labels"]), {"labels": _late})])) == {
		"spec.groups[0].rules[0].labels.severity", "spec.groups[0].rules[0].labels.owner",
	}
	_undetermined(_of("MetricAlert", object.union(_metric, {"actions": [{"actionGroupId": _late}]}))) == {"actions"}
	_undetermined(_of("ActionGroup", {"emailReceivers": [{"emailAddress": _late}]})) == {"emailReceivers"}
}

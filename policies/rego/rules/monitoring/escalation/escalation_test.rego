package rules.monitoring.escalation_test

import data.rules.monitoring.escalation

_late := {"$unknown": true}

_azure(type, properties) := {
	"provider": "azure-native", "type": sprintf("azure-native:%s", [type]), "name": "a", "operation": "create", "properties": properties,
}

_workspace := _azure("monitor:AzureMonitorWorkspace", {"azureMonitorWorkspaceName": "amw-a"})

_scope := "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Monitor/accounts/amw-a"

_criterion := {"metricName": "EventsPerMinuteIngested", "operator": "LessThan", "threshold": 1}

_told := [{"actionGroupId": "/g/on-call"}, {"actionGroupId": "/g/lead"}]

_dead_man(patch) := _azure(
	"monitor:MetricAlert",
	object.union({"severity": 0, "enabled": true, "scopes": [_scope], "criteria": {"allOf": [_criterion]}, "actions": _told}, patch),
)

_step(name, patch) := object.union(
	{
		"alert": "Down", "expression": "up == 0", "labels": {"severity": "critical", "escalation": name},
		"actions": [{"actionGroupId": sprintf("/g/%s", [name])}],
	},
	patch,
)

_group(rules) := _azure("alertsmanagement/v20230301:PrometheusRuleGroup", {"rules": rules})

_operator(groups) := {
	"provider": "kubernetes", "type": "k", "kind": "PrometheusRule", "name": "a", "operation": "create", "properties": {"spec": {"groups": groups}},
}

_run(resources) := {"resources": resources, "parameters": {"monitoring": {"least_steps": 2}}}

_found(resources) := {[violation.details.resource, violation.details.property] |
	some violation in escalation.violation with input as _run(resources)
}

_undetermined(resources) := {[violation.details.resource, violation.details.property] |
	some violation in escalation.violation with input as _run(resources)
	violation.details.undetermined
}

_chain := [_step("on-call", {}), _step("lead", {"alert": "DownStep2"})]

test_an_alarm_at_silence_and_two_steps_are_let_through if {
	_found([_workspace, _dead_man({}), _group(_chain)]) == set()
	_found([_operator([{"rules": [object.remove(step, ["actions"]) | some step in _chain]}])]) == set()
	_found([_group([object.union(step, {"actions": [{"actionGroupId": _late}]}) | some step in _chain])]) == set()
	escalation.applies == {0, 1, 2} with input as _run([_workspace, _dead_man({}), _group(_chain)])
}

test_what_is_not_critical_needs_no_steps if {
	warning := {"alert": "W", "labels": {"severity": "warning"}}
	off := object.union(_step("on-call", {}), {"enabled": false})
	_found([_group([warning, {"record": "r"}, off]), _dead_man({"severity": 2, "actions": []})]) == set()
}

test_silence_that_nobody_hears_of_is_refused_with_what_to_write if {
	escalation.violation == {{
		"msg": "nobody is told when nothing is measured any more",
		"details": {
			"resource": 0, "property": "", "path": [], "found": "nothing",
			"expected": "a MetricAlert of severity 0 on its EventsPerMinuteIngested, LessThan 1",
		},
	}} with input as _run([_workspace])
}

test_an_alarm_that_can_not_sound_is_none if {
	every patch in [
		{"enabled": false}, {"enabled": "yes"}, {"scopes": []}, {"scopes": ["/other/amw-a"]}, {"scopes": [7]},
		{"criteria": {"allOf": [object.union(_criterion, {"threshold": 0})]}},
		{"criteria": {"allOf": [object.union(_criterion, {"threshold": "1"})]}},
		{"criteria": {"allOf": [object.union(_criterion, {"operator": "GreaterThan"})]}},
		{"criteria": {"allOf": [object.union(_criterion, {"metricName": "ActiveTimeSeries"})]}},
		{"criteria": {"allOf": [object.union(_criterion, {"operator": "LessThanOrEqual", "threshold": -1})]}},
	] {
		_found([_workspace, _dead_man(patch)]) == {[0, ""]}
	}
	[0, ""] in _found([_workspace, _dead_man({"severity": 3})])
	gone := object.union(_dead_man({}), {"operation": "delete"})
	_found([_workspace, gone]) == {[0, ""]}
}

test_which_workspace_is_meant_may_be_known_later if {
	_undetermined([_workspace, _dead_man({"scopes": [_late]})]) == {[0, ""]}
	_undetermined([_workspace, _workspace, _dead_man({"scopes": [_late]})]) == set()
	count(_found([_workspace, _workspace, _dead_man({"scopes": [_late]})])) == 2
}

test_one_step_is_refused if {
	escalation.violation == {{
		"msg": "critical alert Down has 1 of 2 steps of escalation",
		"details": {
			"resource": 0, "property": "rules[0].labels.escalation", "path": ["rules", 0, "labels", "escalation"], "found": ["on-call"],
			"expected": "an alert of the same expression for each further step, with the label escalation",
		},
	}} with input as _run([_group([_step("on-call", {})])])
}

test_steps_that_are_none_do_not_count if {
	every step in ["", " ", "on-call", "{{ $labels.step }}", 7, null, ["lead"]] {
		count(_found([_group([_step("on-call", {}), _step("lead", {"labels": {"escalation": step}})])])) == 2
	}
	count(_found([_group([_step("on-call", {}), _step("lead", {"expression": "up == 1"})])])) == 2
	count(_found([_group([_step("on-call", {}), _step("lead", {"labels": {"severity": "warning"}})])])) == 1
	_found([_operator([{"rules": [_step("on-call", {})]}])]) == {[0, "spec.groups[0].rules[0].labels.escalation"]}
}

test_steps_of_the_same_people_are_one if {
	same := {"actions": [{"actionGroupId": "/G/On-Call"}]}
	_found([_group([_step("on-call", {}), _step("lead", same)])]) == {[0, "rules[0].actions"], [0, "rules[1].actions"]}
	every actions in [null, [], [{}], [{"actionGroupId": ""}]] {
		[0, "rules[1].actions"] in _found([_group([_step("on-call", {}), _step("lead", {"actions": actions})])])
	}
	_found([_workspace, _dead_man({"actions": [_told[0]]})]) == {[1, "actions"]}
	_found([_workspace, _dead_man({"actions": [{"actionGroupId": _late}, {"actionGroupId": _late}]})]) == set()
}

test_rules_that_are_not_known_yet_are_undetermined if {
	_undetermined([_group(_late)]) == {[0, "rules"]}
	_undetermined([_operator(_late)]) == {[0, "spec.groups"]}
}

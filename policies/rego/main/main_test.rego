package main_test

import data.main

_rule := {
	"id": "HG-XX-001",
	"category": "c",
	"name": "r",
	"since": "2020-01-01",
	"scope": "object",
	"deferrable": false,
	"operations": ["create", "same"],
}

# Every operation of the rule asks the same rules of a type.
_index(by_gate) := {gate: [{"operations": _rule.operations, "types": types}] | some gate, types in by_gate}

_run(phase) := {"gate": "P", "phase": phase, "environment": "prod", "resources": [
	{"operation": "create", "properties": {}},
	{"operation": "delete", "properties": {}},
]}

_decide(rule, violations, levels, phase) := decided if {
	decided := main.decision with input as _run(phase)
		with data.catalogue as {"P": [rule]}
		with data.index as _index({"P": {"?": [0], "*": [0], "kubernetes:*": [0]}})
		with data.parameters_schema as {}
		with data.parameters as {"base": {"levels": {"default": "deny"}}, "prod": {"levels": levels}}
		with data.rules as {"c": {"r": {"violation": violations, "applies": true}}}
}

_certain := {"msg": "wrong", "details": {}}

_late := {"msg": "late", "details": {"undetermined": true}}

test_a_rule_that_finds_nothing_passes_and_leaves_deletions_alone if {
	_decide(_rule, set(), {}, "preview") == {
		"rules": ["HG-XX-001"],
		"errors": set(),
		"results": [{"resource": 0, "rule": "HG-XX-001", "outcome": "pass"}],
	}
}

test_a_violation_blocks if {
	_decide(_rule, {_certain}, {}, "preview").results == [{
		"resource": 0, "rule": "HG-XX-001", "outcome": "fail", "level": "deny",
		"blocking": true, "deferred": false, "violations": {_certain},
	}]
}

test_one_certain_violation_makes_a_failure_of_the_rest if {
	_decide(_rule, {_certain, _late}, {}, "preview").results[0].outcome == "fail"
}

test_what_is_undetermined_blocks if {
	result := _decide(_rule, {_late}, {}, "preview").results[0]
	[result.outcome, result.blocking, result.deferred] == ["undetermined", true, false]
}

test_what_may_be_deferred_waits_for_the_update_and_no_longer if {
	rule := object.union(_rule, {"deferrable": true})
	outcomes := [[result.outcome, result.blocking, result.deferred] |
		some phase in ["preview", "apply"]
		result := _decide(rule, {_late}, {}, phase).results[0]
	]
	outcomes == [["undetermined", false, true], ["undetermined", true, false]]
	failed := _decide(rule, {_certain}, {}, "preview").results[0]
	[failed.blocking, failed.deferred] == [true, false]
}

test_a_level_of_the_environment_warns_and_anything_else_denies if {
	blocking := [_decide(_rule, {_certain}, levels, "apply").results[0].blocking |
		some levels in [{"HG-XX-001": "warn"}, {"default": "warn"}, {"HG-XX-001": "off"}, {"default": "warn", "HG-XX-001": "deny"}]
	]
	blocking == [false, false, true, true]
}

test_a_new_rule_advises_until_its_date if {
	_decide(object.union(_rule, {"since": "2200-01-01"}), {_certain}, {}, "apply").results[0].level == "warn"
}

test_a_rule_that_applies_nowhere_is_not_listed if {
	decided := main.decision with input as _run("preview")
		with data.catalogue as {"P": [_rule]}
		with data.index as _index({"P": {"?": [0], "*": [0], "kubernetes:*": [0]}})
		with data.parameters_schema as {}
		with data.parameters as {"base": {}, "prod": {}}
		with data.rules as {"c": {"r": {"violation": set()}}}
	decided.results == []
}

_errors(run, catalogue, parameters, rules) := errors if {
	errors := main.errors with input as run
		with data.catalogue as catalogue
		with data.index as _index({"P": {"?": [0], "*": [0]}})
		with data.parameters_schema as {}
		with data.parameters as parameters
		with data.rules as rules
}

test_an_empty_rule_set_is_an_error if {
	every catalogue in [{}, {"P": []}, {"U": [_rule]}] {
		_errors(_run("preview"), catalogue, {"base": {}, "prod": {}}, {}) == {
			"the rule set is empty at gate P: nothing would be judged",
		}
	}
}

# What stands beside the run is looked at once; what comes with it, each time.
test_again_the_run_alone_is_looked_at if {
	run := object.union(object.remove(_run("preview"), ["resources"]), {"environment": "moon"})
	decided := main.again with input as run
		with data.catalogue as {"U": [_rule]}
		with data.index as {}
		with data.parameters_schema as "none"
		with data.parameters as {"base": {}}
		with data.rules as {}
	decided.errors == {
		"the rule set is empty at gate P: nothing would be judged",
		"there are no parameters for environment moon",
		"the input has no list of resources",
	}
	decided.results == []
}

test_again_is_judged_as_before if {
	wrong := {"c": {"r": {"violation": {{"msg": "m", "details": {"undetermined": false}}}}}}
	decided := [document |
		some document in [main.decision, main.again] with input as _run("apply")
			with data.catalogue as {"P": [_rule]}
			with data.index as _index({"P": {"?": [0], "*": [0], "kubernetes:*": [0]}})
			with data.parameters_schema as {}
			with data.parameters as {"base": {}, "prod": {}}
			with data.rules as wrong
	]
	count(decided[0].results) > 0
	decided[0] == decided[1]
}

test_missing_parameters_and_resources_are_errors if {
	run := object.union(object.remove(_run("preview"), ["resources"]), {"environment": "moon"})
	_errors(run, {"P": [_rule]}, {"base": {}}, {}) == {
		"there are no parameters for environment moon",
		"the input has no list of resources",
	}
}

test_a_rule_without_a_set_of_violations_is_an_error if {
	_errors(_run("preview"), {"P": [_rule]}, {"base": {}, "prod": {}}, {"c": {"r": {"violation": "text"}}}) == {
		"rule HG-XX-001 has no `violation`: its file is missing or broken",
	}
}

test_a_rule_is_given_parameters_and_facts if {
	given := main._rule_input({}) with input as _run("apply")
		with data.parameters_schema as {}
		with data.parameters as {"base": {"a": 1, "b": 1}, "prod": {"b": 2}}
		with data.facts as {"serial": 3}
	given == {
		"gate": "P", "phase": "apply", "environment": "prod", "resource": {},
		"parameters": {"a": 1, "b": 2},
		"facts": {"serial": 3},
	}
	approved := main._rule_input({}) with input as object.union(_run("apply"), {"approval": {"plan": "x"}})
		with data.parameters_schema as {}
		with data.parameters as {"base": {}, "prod": {}}
		with data.facts as {"serial": 3}
	approved.facts == {"serial": 3, "approval": {"plan": "x"}}
}

test_parameters_that_do_not_fit_their_schema_are_an_error if {
	errors := {error |
		some schema in [{"type": "object", "required": ["registries"]}, "none"]
		some error in main.errors with input as _run("preview")
			with data.parameters as {"base": {}, "prod": {}}
			with data.parameters_schema as schema
			with data.catalogue as {"P": [_rule]}
			with data.index as _index({"P": {"?": [0], "*": [0], "kubernetes:*": [0]}})
			with data.rules as {"c": {"r": {"violation": set()}}}
	}
	errors == {"the parameters of environment prod don't fit policies/schemas/parameters.json"}
}

_relation := object.union(_rule, {"id": "HG-XX-002", "scope": "relation"})

_on(index) := object.union(_certain, {"details": {"resource": index}})

_both(run, relation) := decided if {
	decided := main.decision with input as run
		with data.catalogue as {"P": [_rule, _relation]}
		with data.index as _index({"P": {"?": [0], "*": [0]}})
		with data.parameters_schema as {}
		with data.parameters as {"base": {}, "prod": {}}
		with data.rules as {"c": {"r": relation}}
}

_pairs(decided) := [[result.rule, result.resource, result.outcome] | some result in decided.results]

test_a_rule_on_relations_is_asked_once_and_listed_where_it_judges if {
	relation := {"violation": {_on(1)}, "applies": {0, 1}}
	run := object.union(_run("preview"), {"scope": "relation"})
	decided := _both(run, relation)
	_pairs(decided) == [["HG-XX-002", 0, "pass"], ["HG-XX-002", 1, "fail"]]
	decided.rules == ["HG-XX-002"]
}

test_a_run_over_objects_asks_no_relation if {
	decided := _both(object.union(_run("preview"), {"scope": "object"}), {"violation": set(), "applies": true})
	_pairs(decided) == [["HG-XX-001", 0, "pass"]]
}

test_a_run_without_a_scope_asks_both if {
	relation := {"violation": {_on(0)}, "applies": {0}}
	_both(_run("preview"), relation).rules == ["HG-XX-001", "HG-XX-002"]
}

test_an_index_with_a_gap_is_an_error if {
	every index in [{}, {"P": {"*": [0]}}, {"P": {"?": []}}] {
		{"the index of the rules at gate P does not hold them all"} == main.errors with input as _run("preview")
			with data.catalogue as {"P": [_rule, _relation]}
			with data.index as _index(index)
			with data.parameters_schema as {}
			with data.parameters as {"base": {}, "prod": {}}
			with data.rules as {"c": {"r": {"violation": set()}}}
	}
}

# Which of two rules are asked of a resource: the first judges one type alone, the second judges everything.
_asked(resource) := [result.rule | some result in decided.results] if {
	second := object.union(_rule, {"id": "HG-XX-002"})
	decided := main.decision with input as object.union(_run("preview"), {"resources": [resource]})
		with data.catalogue as {"P": [_rule, second]}
		with data.index as _index({"P": {
			"?": [0, 1], "*": [1], "kubernetes:*": [1],
			"kubernetes:Pod": [0, 1], "azure-native:storage:Account": [0, 1],
		}})
		with data.parameters_schema as {}
		with data.parameters as {"base": {}, "prod": {}}
		with data.rules as {"c": {"r": {"violation": set(), "applies": true}}}
}

_resource(provider, kind, type) := {
	"provider": provider, "kind": kind, "type": type, "operation": "create", "properties": {},
}

test_rules_are_asked_by_type_and_all_of_them_where_it_can_not_be_told if {
	[
		_asked(_resource("kubernetes", "Pod", "x")),
		_asked(_resource("kubernetes", "PodPatch", "x")),
		_asked(_resource("kubernetes", "Service", "x")),
		_asked(_resource("azure-native", null, "azure-native:storage/v20240101:Account")),
		_asked(_resource("azure-native", null, "azure-native:network:VirtualNetwork")),
		_asked(_resource("kubernetes", null, "x")),
		_asked({"operation": "create", "properties": {}}),
	] == [
		["HG-XX-001", "HG-XX-002"],
		["HG-XX-001", "HG-XX-002"],
		["HG-XX-002"],
		["HG-XX-001", "HG-XX-002"],
		["HG-XX-002"],
		["HG-XX-001", "HG-XX-002"],
		["HG-XX-001", "HG-XX-002"],
	]
}

_leave := {
	"id": "w-1", "rule": "HG-XX-001", "stack": "fraud-prod", "resource": "score-*", "namespace": "fraud",
	"gates": ["P", "A"], "since": "2026-01-01", "expires": "2026-03-01",
	"reason": "why", "ticket": "T-1", "approver": "amina",
}

_february := time.parse_rfc3339_ns("2026-02-01T12:00:00Z")

_waiving(waiver, rule, run, now) := result if {
	resource := {"name": "score-north", "namespace": "fraud", "operation": "create", "properties": {}}
	asked := object.union({"gate": "P", "phase": "preview", "environment": "prod", "resources": [resource]}, run)
	result := main.decision.results[0] with input as asked
		with time.now_ns as now
		with data.waivers as [waiver]
		with data.catalogue as {gate: [rule] | some gate in ["P", "U", "A"]}
		with data.index as _index({gate: {"?": [0], "*": [0], "kubernetes:*": [0]} | some gate in ["P", "U", "A"]})
		with data.parameters_schema as {}
		with data.parameters as {"base": {}, "prod": {}, "dev": {}}
		with data.rules as {rule.category: {"r": {"violation": {_certain}, "applies": true}}}
}

_in_stack := {"stack": "fraud-prod"}

test_a_waived_violation_is_told_with_its_leave_and_does_not_block if {
	_waiving(_leave, _rule, _in_stack, _february) == {
		"resource": 0, "rule": "HG-XX-001", "outcome": "waived", "level": "deny",
		"blocking": false, "deferred": false, "violations": {_certain},
		"waiver": {"id": "w-1", "reason": "why", "ticket": "T-1", "expires": "2026-03-01", "approver": "amina"},
	}
}

test_a_waiver_counts_from_its_first_day_to_its_last if {
	outcomes := [_waiving(_leave, _rule, _in_stack, time.parse_rfc3339_ns(now)).outcome |
		some now in ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-03-01T23:59:59Z", "2026-03-02T00:00:00Z"]
	]
	outcomes == ["fail", "waived", "waived", "fail"]
}

test_a_waiver_is_for_one_rule_and_its_resources_stack_and_gates if {
	every change in [
		{"rule": "HG-XX-002"}, {"resource": "scor"}, {"resource": "core-*"},
		{"stack": "fraud-dev"}, {"stack": "vision-prod"}, {"gates": ["U"]}, {"gates": []},
	] {
		_waiving(object.union(_leave, change), _rule, _in_stack, _february).outcome == "fail"
	}
	_waiving(_leave, _rule, object.union(_in_stack, {"gate": "U"}), _february).outcome == "fail"
}

test_an_approval_is_never_waived if {
	_waiving(_leave, object.union(_rule, {"category": "approval"}), _in_stack, _february).outcome == "fail"
}

test_without_a_stack_the_namespace_of_the_environment_counts if {
	_waiving(_leave, _rule, {}, _february).outcome == "waived"
	_waiving(_leave, _rule, {"environment": "dev"}, _february).outcome == "fail"
	every namespace in ["", "vision"] {
		_waiving(object.union(_leave, {"namespace": namespace}), _rule, {}, _february).outcome == "fail"
	}
}

test_what_is_in_no_namespace_is_waived_by_the_platform_alone if {
	own := object.union(object.remove(_leave, ["namespace"]), {"stack": "platform-prod"})
	role := {"name": "score-north", "provider": "kubernetes", "namespace": "", "operation": "create", "properties": {}}
	asked := {"gate": "A", "resources": [role]}
	_waiving_at_admission(own, asked) == "waived"
	every waiver in [
		_leave, object.union(_leave, {"namespace": ""}), object.union(own, {"namespace": "fraud"}),
		object.union(own, {"stack": "platform-dev"}), object.union(own, {"resource": "other-*"}),
	] {
		_waiving_at_admission(waiver, asked) == "fail"
	}
	every change in [{"namespace": "fraud"}, {"provider": "azure-native"}] {
		_waiving_at_admission(own, {"gate": "A", "resources": [object.union(role, change)]}) == "fail"
	}
}

_waiving_at_admission(waiver, run) := result.outcome if {
	result := _waiving(waiver, _rule, run, _february)
}

test_facts_of_the_run_come_before_those_beside_the_rules if {
	given := main._rule_input({}) with input as object.union(_run("apply"), {"facts": {"until": "today"}})
		with data.parameters as {"base": {}, "prod": {}}
		with data.facts as {"serial": 3}
	given.facts == {"until": "today"}
}

_at(gate, violations) := result if {
	decided := main.decision with input as object.union(_run("apply"), {"gate": gate})
		with data.catalogue as {gate: [_rule]}
		with data.index as _index({gate: {"?": [0], "*": [0], "kubernetes:*": [0]}})
		with data.parameters_schema as {}
		with data.parameters as {"base": {}, "prod": {}}
		with data.rules as {"c": {"r": {"violation": violations, "applies": true}}}
	result := decided.results[0]
}

test_what_a_cluster_has_admitted_goes_on_and_is_told_of if {
	admitted := {"msg": "old", "details": {"admitted": true}}
	new := {"msg": "new", "details": {"property": "x"}}
	found := [[result.outcome, result.blocking] |
		some given in [["A", {admitted}], ["A", {admitted, new}], ["U", {admitted}]]
		result := _at(given[0], given[1])
	]
	found == [["fail", false], ["fail", true], ["fail", true]]
}

_may_go := {"msg": "gone", "details": {"expected": "a change that leaves it in place", "approval": true}}

_told_of(way) := {violation.details |
	decided := _decide(_rule, {_may_go, _certain}, {}, "preview") with data.lib.approval.owners_way as way
	some violation in decided.results[0].violations
}

test_what_owners_may_let_go_says_by_whose_approval if {
	_told_of({"told": "the approval of two"}) == {
		{"expected": "a change that leaves it in place; or the approval of two", "approval": true},
		{},
	}
}

test_what_they_approved_is_nothing_that_was_found if {
	_told_of({"is_open": true}) == {{}}
	decided := _decide(_rule, {_may_go}, {}, "preview") with data.lib.approval.owners_way as {"is_open": true}
	decided.results == [{"resource": 0, "rule": "HG-XX-001", "outcome": "pass"}]
}

test_where_nobody_is_asked_it_stays if {
	_told_of({}) == {{"expected": "a change that leaves it in place", "approval": false}, {}}
}

# A rule that finds something, one that finds nothing, and one without an entry point.
test_a_cluster_is_told_what_was_found_and_what_is_missing_as_anybody_is if {
	more := [object.union(_rule, {"id": "HG-XX-002", "name": "right"}), object.union(_rule, {"id": "HG-XX-003", "name": "mute"})]
	run := object.union(_run("apply"), {"resources": [{"operation": "create", "properties": {}}]})
	[again, found] := [document | some document in [main.again, main.found]] with input as run
		with data.catalogue as {"P": array.concat([_rule], more)}
		with data.index as _index({"P": {"?": [0, 1, 2], "*": [0, 1, 2]}})
		with data.parameters_schema as {}
		with data.parameters as {"base": {}, "prod": {}}
		with data.rules as {"c": {
			"r": {"violation": {_certain}, "applies": true},
			"right": {"violation": set(), "applies": true},
			"mute": {"applies": true},
		}}
	found == {
		"results": [result | some result in again.results; result.outcome != "pass"],
		"errors": {"rule HG-XX-003 has no `violation`: its file is missing or broken"},
	}
	found.errors == again.errors
	[result.rule | some result in again.results] == ["HG-XX-002", "HG-XX-001"]
}

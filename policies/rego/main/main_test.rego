package main_test

import data.main

_rule := {
	"id": "HG-XX-001",
	"category": "c",
	"name": "r",
	"since": "2020-01-01",
	"deferrable": false,
	"operations": ["create", "same"],
}

_run(phase) := {"gate": "P", "phase": phase, "environment": "prod", "resources": [
	{"operation": "create", "properties": {}},
	{"operation": "delete", "properties": {}},
]}

_decide(rule, violations, levels, phase) := decided if {
	decided := main.decision with input as _run(phase)
		with data.catalogue as {"P": [rule]}
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
		with data.parameters_schema as {}
		with data.parameters as {"base": {}, "prod": {}}
		with data.rules as {"c": {"r": {"violation": set()}}}
	decided.results == []
}

_errors(run, catalogue, parameters, rules) := errors if {
	errors := main.errors with input as run
		with data.catalogue as catalogue
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
}

test_parameters_that_do_not_fit_their_schema_are_an_error if {
	errors := {error |
		some schema in [{"type": "object", "required": ["registries"]}, "none"]
		some error in main.errors with input as _run("preview")
			with data.parameters as {"base": {}, "prod": {}}
			with data.parameters_schema as schema
			with data.catalogue as {"P": [_rule]}
			with data.rules as {"c": {"r": {"violation": set()}}}
	}
	errors == {"the parameters of environment prod don't fit policies/schemas/parameters.json"}
}

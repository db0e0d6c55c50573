package system.health_test

import data.system.health

_rule := {
	"id": "HG-XX-001", "category": "c", "name": "r", "since": "2020-01-01",
	"scope": "object", "deferrable": false, "operations": ["create"],
}

# A gate that has been given its rules as files, and OPA's word that this is all it waits for.
_asked(rules, config, plugins) := answer if {
	answer := health.ready with input as {"plugins_ready": true, "plugin_state": plugins}
		with opa.runtime as {"config": config, "env": {}}
		with data.gate as "A"
		with data.environment as "prod"
		with data.catalogue as {"A": [_rule]}
		with data.index as {"A": [{"operations": ["create"], "types": {"?": [0]}}]}
		with data.parameters_schema as {}
		with data.parameters as {"base": {}, "prod": {}}
		with data.rules as {"c": rules}
}

_whole := {"r": {"violation": set(), "applies": true}}

_pulls := {"bundles": {"facts": {}, "rules": {}}}

test_a_gate_is_ready_when_all_that_it_decides_by_is_whole if _asked(_whole, {}, {})

test_a_gate_that_pulls_is_ready_when_it_has_everything if {
	_asked(_whole, _pulls, {"bundle": "OK"})
	_asked(_whole, _pulls, {"bundle": "NOT_READY"}) == false
	_asked(_whole, _pulls, {}) == false
}

test_a_rule_without_an_answer_makes_a_gate_that_is_not_ready if {
	_asked({}, {}, {}) == false
	_asked({}, _pulls, {"bundle": "OK"}) == false
}

test_without_rules_a_gate_is_not_ready if {
	asked := {"plugins_ready": true, "plugin_state": {}}
	health.ready == false with input as asked with opa.runtime as {"config": {}, "env": {}}
	health._errors == {"there are no rules at all"} with input as asked
}

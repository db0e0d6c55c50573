package rules.resilience.drills_test

import data.rules.resilience.drills

_resource(type) := {
	"id": sprintf("urn:pulumi:platform-prod::headgate::azure-native:%s::edge", [type]), "provider": "azure-native",
	"type": sprintf("azure-native:%s", [type]), "name": "edge", "operation": "create", "properties": {},
}

_edges := [_resource("cdn/v20250415:AFDOriginGroup"), _resource("trafficmanager:Profile"), _resource("cdn:Profile")]

_input(facts) := {"resources": _edges, "facts": facts, "parameters": {"resilience": {"drill_days": 90}}}

_violations(facts) := {violation |
	some violation in drills.violation with input as _input(facts)
		with time.now_ns as time.parse_rfc3339_ns("2026-06-01T00:00:00Z")
}

_found(facts) := {[violation.details.resource, violation.msg] | some violation in _violations(facts)}

_history(known) := {"history": {"stacks": {"platform-prod": known}}}

_old := "2025-01-01T00:00:00Z"

_late := "no failover was drilled with success in the last 90 days"

test_edges_alone_are_judged if {
	drills.applies == {0, 1} with input as _input({})
}

test_a_stack_that_drilled_of_late_is_let_through if {
	_found(_history({"since": _old, "drilled": "2026-05-01T00:00:00Z"})) == set()
	_found(_history({"drilled": "2026-05-01T00:00:00Z"})) == set()
}

test_a_stack_that_is_young_or_was_never_deployed_has_still_time if {
	_found(_history({"since": "2026-05-01T00:00:00Z"})) == set()
	_found({"history": {"stacks": {}}}) == set()
	_found({"history": {"stacks": {"platform-dev": {"since": _old}}}}) == set()
}

test_a_stack_that_did_not_is_refused if {
	_found(_history({"since": _old})) == {[0, _late], [1, _late]}
	_found(_history({"versions": {}})) == {[0, _late], [1, _late]}
	every drilled in ["2026-03-02T00:00:00Z", "2026-07-01T00:00:00Z", "2199-01-01T00:00:00Z"] {
		message := sprintf("%s: the last was on %s", [_late, substring(drilled, 0, 10)])
		_found(_history({"since": _old, "drilled": drilled})) == {[0, message], [1, message]}
	}
}

test_a_beginning_that_is_to_come_gives_no_time if {
	_found(_history({"since": "2199-01-01T00:00:00Z"})) == {[0, _late], [1, _late]}
}

test_of_whom_nothing_is_known_is_undetermined_and_a_ledger_that_can_t_be_read_is_a_failure if {
	{[violation.msg, violation.details.undetermined] | some violation in _violations({})} == {[
		"nothing is known of drills: this gate was told of no ledger (--ledger, HEADGATE_LEDGER)",
		true,
	]}
	unavailable := _violations({"history": {"unavailable": "it burns"}})
	{[violation.msg, violation.details.undetermined] | some violation in unavailable} == {[
		"nothing is known of drills: the ledger can't be read: it burns",
		false,
	]}
}

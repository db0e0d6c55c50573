package lib.history_test

import data.lib.history

_resource := {"id": "urn:pulumi:platform-prod::headgate::a:b:C::x"}

test_what_is_known_of_a_stack_is_found_by_its_resources if {
	told := {"facts": {"history": {"stacks": {"platform-prod": {"since": "2026-01-01T00:00:00Z"}}}}}
	history.of(_resource) == {"since": "2026-01-01T00:00:00Z"} with input as told
	history.of({"id": "urn:pulumi:platform-dev::headgate::a:b:C::x"}) == {} with input as told
	not history.untold with input as told
}

test_an_object_that_names_no_stack_is_of_the_one_that_the_gate_was_told_of if {
	known := {"since": "2026-01-01T00:00:00Z"}
	history.of({"id": "a.yaml#0"}) == known with input as {"facts": {"history": {"stacks": {"a": known}}}}
	history.of({"id": "a.yaml#0"}) == {} with input as {"facts": {"history": {"stacks": {"a": known, "b": known}}}}
	history.of({"id": "a.yaml#0"}) == {} with input as {"facts": {"history": {"stacks": {}}}}
}

test_why_nothing_is_known_is_told if {
	every facts, reason in {
		{}: ["this gate was told of no ledger (--ledger, HEADGATE_LEDGER)", true],
		{"history": {"unavailable": "it burns"}}: ["the ledger can't be read: it burns", false],
		{"history": {}}: ["what the gate was told of the ledger can't be read", false],
	} {
		history.untold == {"why": reason[0], "undetermined": reason[1]} with input as {"facts": facts}
		not history.of(_resource) with input as {"facts": facts}
	}
}

test_times_that_are_long_ago_or_to_come_are_not_of_late if {
	every at, expected in {
		"2026-05-31T00:00:00Z": true, "2026-03-03T00:00:00Z": true, "2026-03-02T23:59:59Z": false,
		"2026-06-01T00:59:59.5Z": true, "2026-06-01T01:00:01Z": false, "2026-06-01T00:00:00-12:00": false,
		"2199-01-01T00:00:00Z": false,
	} {
		found := {true | history.is_within(at, 90)} with time.now_ns as time.parse_rfc3339_ns("2026-06-01T00:00:00Z")
		count(found) == 1 == expected
	}
}

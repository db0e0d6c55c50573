package rules.approval.break_glass_test

import data.lib.approval_test as plan
import data.rules.approval.break_glass

_messages(approvals) := {violation.msg |
	some violation in break_glass.violation with input as plan.given(approvals, {})
}

test_two_people_for_one_incident_within_the_hour_are_let_through if {
	_messages(plan.emergency) == set()
	break_glass.applies with input as plan.given(plan.emergency, {})
	not break_glass.applies with input as plan.given([plan.amina], {})
}

test_one_alone_or_two_for_two_incidents_are_not if {
	one := "break-glass for INC-1 takes 2 people, and has badr alone"
	_messages([plan.emergency[0]]) == {one}
	_messages([plan.emergency[0], plan.broken("cyrus", {"incident": "INC-2"})]) == {
		one,
		"break-glass for INC-2 takes 2 people, and has cyrus alone",
	}
}

test_over_its_hour_or_without_an_incident_it_does_not_hold if {
	_messages([plan.broken("badr", {"iat": plan.seconds - 3601, "nbf": plan.seconds - 3601, "exp": plan.seconds - 1})]) == {
		"break-glass does not hold: that of badr expired at 2026-03-02T11:59:59Z",
	}
	_messages([plan.broken("badr", {"exp": plan.seconds + 7200})]) == {
		"break-glass does not hold: that of badr would count for longer than 1 hours",
	}
	_messages([plan.broken("badr", {"incident": ""})]) == {"break-glass does not hold: badr names no incident"}
}

test_what_has_its_approvals_needs_no_break_glass if {
	_messages([plan.emergency[0], plan.amina, plan.badr]) == set()
}

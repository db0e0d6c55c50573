package rules.approval.change_times_test

import data.lib.approval_test as plan
import data.rules.approval.change_times

_approved := [plan.amina, plan.badr]

_messages(approvals, policy, facts) := {violation.msg |
	some violation in change_times.violation with input as plan.with_policy(plan.given(approvals, facts), policy)
}

_freeze(from, until) := {"freezes": [{"from": from, "until": until, "reason": "end of year"}]}

# It is Monday, 12:00.
_window(days, from, until) := {"windows": [{"days": days, "from": from, "until": until}]}

test_any_time_will_do_where_nothing_else_is_said if {
	_messages(_approved, {}, {}) == set()
	change_times.applies with input as plan.given(_approved, {})
	not change_times.applies with input as plan.given(_approved, {"applies": false})
}

test_in_a_freeze_nothing_is_changed if {
	frozen := _freeze("2026-03-02T12:00:00Z", "2026-03-03T00:00:00Z")
	told := {"nothing is changed until 2026-03-03T00:00:00Z: end of year"}
	_messages(_approved, frozen, {}) == told
	_messages(_approved, _freeze("2026-03-01T00:00:00+04:00", "2026-03-02T16:00:00+04:00"), {}) == set()
	_messages(_approved, _freeze("2026-03-02T12:00:01Z", "2026-03-03T00:00:00Z"), {}) == set()
	_messages(_approved, frozen, {"applies": false}) == set()
	_messages(plan.emergency, frozen, {}) == set()
}

test_outside_of_the_window_nothing_is_changed if {
	outside := {"this is outside of the change window"}
	_messages(_approved, _window(["Monday"], "12:00", "12:01"), {}) == set()
	_messages(_approved, _window(["Monday"], "08:00", "12:00"), {}) == outside
	_messages(_approved, _window(["Tuesday"], "08:00", "16:00"), {}) == outside
	_messages(plan.emergency, _window(["Tuesday"], "08:00", "16:00"), {}) == set()
	{"Tuesday, 08:00 to 16:00 UTC"} == {violation.details.expected |
		some violation in change_times.violation with input as plan.with_policy(
			plan.given(_approved, {}),
			_window(["Tuesday"], "08:00", "16:00"),
		)
	}
}

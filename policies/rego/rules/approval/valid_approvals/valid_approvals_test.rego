package rules.approval.valid_approvals_test

import data.lib.approval_test as plan
import data.rules.approval.valid_approvals

_messages(run) := {violation.msg | some violation in valid_approvals.violation with input as run}

_expired := plan.signed("badr", {"role": "platform", "exp": plan.seconds})

test_a_signature_that_does_not_count_is_told_where_the_change_leans_on_it if {
	_messages(plan.given([plan.amina, _expired, "x"], {})) == {
		"an approval does not count: that of badr expired at 2026-03-02T12:00:00Z",
		"an approval does not count: it is not signed: no JWS of three parts",
	}
	valid_approvals.applies with input as plan.given([], {})
}

test_what_nothing_leans_on_is_nobodys_trouble if {
	_messages(plan.given([_expired, plan.amina, plan.badr], {})) == set()
	_messages(plan.given([plan.amina], {})) == set()
	_messages(object.remove(plan.given(["x"], {}), ["facts"])) == set()
}

test_break_glass_has_a_rule_of_its_own if {
	_messages(plan.given([plan.broken("badr", {"incident": ""})], {})) == set()
}

package rules.approval.enough_approvals_test

import data.lib.approval_test as plan
import data.rules.approval.enough_approvals

_messages(run) := {violation.msg | some violation in enough_approvals.violation with input as run}

test_an_approved_plan_is_let_through if {
	_messages(plan.given([plan.amina, plan.badr], {})) == set()
	enough_approvals.applies with input as plan.given([], {})
}

test_what_is_missing_is_told if {
	_messages(plan.given([], {})) == {"the plan sha256:1 is not approved: none of 2"}
	_messages(plan.given([plan.badr], {})) == {"the plan sha256:1 is not approved: 1 of 2, by badr"}
	alike := plan.with_policy(plan.given([plan.badr], {}), {"each": []})
	some run, needed in {
		plan.given([], {}): "signatures of 2 people in a role of platform, security, security among them",
		alike: "signatures of 2 people in a role of platform, security",
	}
	{needed} == {violation.details.expected | some violation in enough_approvals.violation with input as run}
}

test_a_pull_request_has_no_plan_to_approve_yet if {
	run := object.remove(plan.given([], {}), ["facts"])
	_messages(run) == set()
	not enough_approvals.applies with input as run
}

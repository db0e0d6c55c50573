package rules.approval.approved_plan_test

import data.lib.approval_test as plan
import data.rules.approval.approved_plan

_messages(run) := {violation.msg | some violation in approved_plan.violation with input as run}

_receipt := {
	"stack": "fraud-prod",
	"action": "update",
	"carried": "sha256:1",
	"tree": "git:1",
	"engine": {"plan": "approved", "options": []},
	"made": plan.seconds,
}

_with(changes) := _messages(plan.given([plan.amina, plan.badr], {"receipt": object.union(_receipt, changes)}))

test_the_approved_plan_is_let_through_with_its_receipt if {
	_with({}) == set()
	approved_plan.applies with input as plan.given([], {})
}

test_without_a_receipt_nothing_is_touched if {
	_without := {"a protected stack is not updated without a receipt"}
	_messages(plan.given([plan.amina, plan.badr], {})) == _without
	_messages(object.remove(plan.given([], {}), ["facts"])) == _without
}

test_a_receipt_for_something_else_is_refused if {
	problems := [{"stack": "fraud-dev"}, {"carried": "sha256:0"}, {"tree": "git:0"}, {"made": plan.seconds - 3601}]
	[_with(problem) | some problem in problems] == [
		{"the receipt is not for this update: it is for stack fraud-dev"},
		{"the receipt is not for this update: the plan that it carries is sha256:0"},
		{"the receipt is not for this update: the tree is now git:0"},
		{"the receipt is not for this update: it was made at 2026-03-02T10:59:59Z, and counts for an hour"},
	]
}

test_each_plan_that_is_not_the_approved_one_has_its_own_message if {
	told := {_with({"engine": {"plan": given}}) | some given in ["none", "another", "edited", "no update", "what"]}
	count(told) == 5
	every messages in told {
		count(messages) == 1
		some message in messages
		startswith(message, "the receipt is not for this update: ")
	}
	_with({"engine": {"plan": "edited"}}) == {
		"the receipt is not for this update: the file of the plan was edited after it was compared with what was approved",
	}
}

test_an_engine_of_which_nothing_is_known_is_refused if {
	unknown := {
		"the receipt is not for this update: nobody can tell what the engine was given",
		"the receipt is not for this update: nobody can tell with which options the engine was started",
	}
	_messages(plan.given([plan.amina, plan.badr], {"receipt": object.remove(_receipt, ["engine"])})) == unknown
}

test_each_option_has_its_own_message_with_a_receipt_and_without if {
	options := ["--target", "--replace", "--target-dependents", "--target-replace", "--exclude", "--refresh", "--ignore-protect", "--new-one"]
	with_receipt := {_with({"engine": {"options": [option]}}) | some option in options}
	without := {_messages(plan.given([plan.amina, plan.badr], {"engine": {"options": [option]}})) | some option in array.concat(["--skip-preview"], options)}
	count(with_receipt) == count(options)
	count(without) == count(options) + 1
	_with({"engine": {"options": ["--target", "PULUMI_OPTION_IGNORE_PROTECT"]}}) == {
		"the receipt is not for this update: the engine was given `--target`: it applies a part of the plan alone",
		"the receipt is not for this update: the engine was given `PULUMI_OPTION_IGNORE_PROTECT`: it deletes and replaces what is protected",
	}
	_messages(plan.given([], {"engine": {"options": ["--skip-preview"]}})) == {
		"a protected stack is not updated without a receipt",
		"a protected stack is not updated with `--skip-preview`: nobody sees what would be done before it is",
	}
}

test_what_was_approved_as_something_else_is_no_update if {
	some_other := {"the receipt is not for this update: it is for action destroy, and this is an update"}
	approvals := [plan.signed("amina", {"action": "destroy"}), plan.signed("badr", {"role": "platform", "action": "destroy"})]
	_messages(plan.given(approvals, {"action": "destroy", "receipt": object.union(_receipt, {"action": "destroy"})})) == some_other
	_messages(plan.given([plan.amina, plan.badr], {"receipt": object.remove(_receipt, ["action"])})) == {
		"the receipt is not for this update: it is for action none, and this is an update",
	}
}

test_a_receipt_is_no_approval if {
	_messages(plan.given([plan.amina], {"receipt": _receipt})) == {"the plan of the receipt is not approved"}
}

test_previews_other_resources_and_stacks_without_protection_are_let_through if {
	bare := object.remove(plan.given([], {}), ["facts"])
	every run in [
		object.union(bare, {"phase": "preview"}),
		object.union(bare, {"resource": {"type": "kubernetes:core/v1:Pod"}}),
		plan.with_policy(bare, {"count": 0}),
	] {
		_messages(run) == set()
		not approved_plan.applies with input as run
	}
}

# METADATA
# scope: package
# title: An update of a protected stack applies the approved plan
# description: |
#   `pulumi up` would plan anew and apply what nobody has seen. On a protected stack an update is held to the plan that
#   was approved: a receipt of `headgate up` names it, and is refused at the stack's own resource, before anything is touched,
#   unless the plan, the tree and the approvals are those at hand.
# custom:
#   id: HG-AP-003
#   severity: critical
#   gates: [U]
#   scope: object
#   types:
#     - pulumi:pulumi:Stack
#   controls:
#     - ISO/IEC 27001:2022 A.5.3
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     Deploy with `headgate up -s STACK`: it plans, checks, asks for approvals and applies that plan. Plain `pulumi up`, with or
#     without `--skip-preview`, `--target` or a plan of your own, is not a way to a protected stack.
#   fix: what is applied is the plan that people approved, not a setting
#   since: 2025-01-01
#   deferrable: false
package rules.approval.approved_plan

import data.lib.approval

applies if _asked

_asked if {
	approval.is_root
	approval.is_protected
	input.phase == "apply"
}

_receipt := approval.facts.receipt

violation contains approval.finding("a protected stack is not updated without a receipt", "no receipt", _instead) if {
	_asked
	not _receipt
}

# Whoever went past the protected path with an option reads what that option would have done.
violation contains approval.finding(msg, option, _instead) if {
	_asked
	not _receipt
	some option in approval.facts.engine.options
	msg := sprintf("a protected stack is not updated with %s", [_told(option)])
}

violation contains approval.finding(msg, problem, _instead) if {
	_asked
	_receipt
	some problem in _problems
	msg := sprintf("the receipt is not for this update: %s", [problem])
}

violation contains approval.finding("the plan of the receipt is not approved", approval.facts.plan, _instead) if {
	_asked
	_receipt
	not approval.enough
}

_instead := sprintf("`headgate up -s %s`", [approval.stack])

# What the gate has found out for itself, beside what the receipt says.
_problems contains sprintf("it is for stack %s", [_receipt.stack]) if _receipt.stack != approval.stack

# The engine asks about an update alone: whatever else was approved is no leave to make one.
_problems contains sprintf("it is for action %s, and this is an update", [_action]) if _action != "update"

_action := object.get(_receipt, "action", "none")

_problems contains sprintf("the plan that it carries is %s", [_receipt.carried]) if {
	_receipt.carried != approval.facts.plan
}

_problems contains sprintf("the tree is now %s", [_receipt.tree]) if _receipt.tree != approval.facts.tree

_problems contains object.get(_given, plan, "nobody can tell what the engine was given") if {
	plan := object.get(_receipt, ["engine", "plan"], "")
	plan != "approved"
}

_given := {
	"none": "the engine was given no plan (`--plan`), and would make one of its own",
	"another": "the engine was given another plan (`--plan`) than was approved",
	"edited": "the file of the plan was edited after it was compared with what was approved",
	"no update": "the engine was not started to update the stack",
}

_problems contains sprintf("the engine was given %s", [_told(option)]) if some option in _receipt.engine.options

_problems contains "nobody can tell with which options the engine was started" if {
	not is_array(object.get(_receipt, ["engine", "options"], "unknown"))
}

_told(option) := sprintf("`%s`: %s", [option, object.get(_effects, name, "it is none of the protected path's options")]) if {
	name := replace(lower(trim_prefix(trim_prefix(option, "--"), "PULUMI_OPTION_")), "_", "-")
}

_effects := {
	"config": "it deploys other settings than the stack's",
	"config-file": "it deploys other settings than the stack's",
	"continue-on-error": "it goes on where the plan would have ended",
	"exclude": "it leaves out resources that the plan has",
	"exclude-dependents": "it leaves out what depends on excluded resources",
	"ignore-protect": "it deletes and replaces what is protected",
	"parallel": "it changes how much is done at once",
	"plan": "its plan is not compared with what was approved",
	"policy-pack-config": "it is how rules are made weaker",
	"refresh": "it changes the state that the plan starts from",
	"replace": "it replaces resources that nobody approved to replace",
	"skip-preview": "nobody sees what would be done before it is",
	"strict": "it holds the update to a plan of its own, which nobody approved",
	"target": "it applies a part of the plan alone",
	"target-dependents": "it takes in what depends on a target, which nobody named",
	"target-replace": "it replaces a resource, and leaves out the rest of the plan",
}

_problems contains sprintf("it was made at %s, and counts for an hour", [approval.told(_receipt.made)]) if {
	abs(approval.facts.now - (_receipt.made * 1000000000)) > 3600 * 1000000000
}

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

_problems contains "the engine was not given the plan (`--plan`), or was given more" if not _receipt.held == true

_problems contains sprintf("it was made at %s, and counts for an hour", [approval.told(_receipt.made)]) if {
	abs(approval.facts.now - (_receipt.made * 1000000000)) > 3600 * 1000000000
}

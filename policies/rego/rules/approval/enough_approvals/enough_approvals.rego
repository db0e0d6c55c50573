# METADATA
# scope: package
# title: A plan of a protected stack has the approvals that it needs
# description: |
#   What is deployed is what people have seen. So many of them as the stack's policy asks for have signed this very plan:
#   its digest, its tree, its stack and the verdict of the other rules.
# custom:
#   id: HG-AP-001
#   severity: critical
#   gates: [P, U]
#   scope: object
#   types:
#     - pulumi:pulumi:Stack
#   controls:
#     - ISO/IEC 27001:2022 A.5.3
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     Show the plan to those who may approve it: `headgate approve -s STACK` is what they run. `headgate approvals -s STACK`
#     tells who has, and whom it still needs.
#   fix: an approval is a person's signature
#   since: 2025-01-01
#   deferrable: false
package rules.approval.enough_approvals

import data.lib.approval

applies if approval.asked

violation contains approval.finding(msg, _told, _needed) if {
	approval.asked
	not approval.enough
	msg := sprintf("the plan %s is not approved: %s", [approval.facts.plan, _told])
}

_told := sprintf("%d of %d, by %s", [count(approval.people), approval.policy.count, concat(", ", approval.people)]) if {
	count(approval.people) > 0
}

_told := sprintf("none of %d", [approval.policy.count]) if count(approval.people) == 0

_needed := sprintf("signatures of %d people in a role of %s%s", [
	approval.policy.count,
	concat(", ", approval.policy.roles),
	_each,
])

default _each := ""

_each := sprintf(", %s among them", [concat(", ", approval.policy.each)]) if count(approval.policy.each) > 0

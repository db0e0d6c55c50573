# METADATA
# scope: package
# title: Only valid approvals of this plan count
# description: |
#   An approval by who wrote the change, by somebody without the role, twice by one person, expired, for another plan, stack
#   or tree, or under a key that is unknown or revoked is none. It is told as soon as the change leans on it.
# custom:
#   id: HG-AP-002
#   severity: critical
#   gates: [P, U]
#   scope: object
#   types:
#     - pulumi:pulumi:Stack
#   controls:
#     - ISO/IEC 27001:2022 A.5.3
#     - ISO/IEC 27001:2022 A.8.32
#     - ISO/IEC 27001:2022 A.8.24
#   remediation: |
#     `headgate approvals -s STACK` lists each signature with what is wrong with it. Somebody who may approves the plan as it
#     is now, with `headgate approve -s STACK`; a signature that doesn't count is replaced by their next one.
#   fix: an approval is a person's signature
#   since: 2025-01-01
#   deferrable: false
package rules.approval.valid_approvals

import data.lib.approval

applies if approval.asked

violation contains approval.finding(msg, one.problem, "a signature that counts") if {
	approval.asked
	not approval.enough
	some one in approval.approvals
	one.kind != "break-glass"
	one.problem
	msg := sprintf("an approval does not count: %s", [one.problem])
}

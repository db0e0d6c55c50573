# METADATA
# scope: package
# title: Break-glass takes two people, an incident and an hour
# description: |
#   In an emergency two people on call may go past count, roles and times: for one plan, with the number of the incident, for
#   an hour. It is recorded and raises an alert; the plan is still the one that they saw, and the other rules hold.
#   At admission there is nothing to break: a cluster is asked about one object, knows neither plan nor approvals, and
#   asks for none. What break-glass lets through at the update is judged there by all rules of admission, like the rest.
# custom:
#   id: HG-AP-004
#   severity: critical
#   gates: [P, U]
#   scope: object
#   types:
#     - pulumi:pulumi:Stack
#   controls:
#     - ISO/IEC 27001:2022 A.5.3
#     - ISO/IEC 27001:2022 A.8.32
#     - ISO/IEC 27001:2022 A.5.26
#   remediation: |
#     Both sign the same plan for the same incident: `headgate approve -s STACK --break-glass INC-1234`, and `headgate up`
#     within the hour. Afterwards the change goes through the ordinary approval.
#   fix: an incident and its approvals are people's
#   since: 2025-01-01
#   deferrable: false
package rules.approval.break_glass

import data.lib.approval

applies if {
	approval.asked
	count(_breaking) > 0
}

_breaking := [one | some one in approval.approvals; one.kind == "break-glass"]

violation contains approval.finding(msg, one.problem, "a signature that counts") if {
	approval.asked
	not approval.enough
	some one in _breaking
	one.problem
	msg := sprintf("break-glass does not hold: %s", [one.problem])
}

violation contains approval.finding(msg, sprintf("%d for %s", [count(who), incident]), _needed) if {
	approval.asked
	not approval.enough
	some incident in {one.incident | some one in approval.breaking}
	who := {one.person | some one in approval.breaking; one.incident == incident}
	msg := sprintf("break-glass for %s takes %d people, and has %s alone", [
		incident,
		approval.policy.break_glass.count,
		concat(", ", who),
	])
}

_needed := sprintf("signatures of %d people in a role of %s, for one incident", [
	approval.policy.break_glass.count,
	concat(", ", approval.policy.break_glass.roles),
])

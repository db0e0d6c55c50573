# METADATA
# scope: package
# title: A protected stack changes when changes are made
# description: |
#   In a freeze nothing is changed, and outside of the change window nobody watches. Approvals may be given at any time; the
#   update waits for its time.
# custom:
#   id: HG-AP-005
#   severity: high
#   gates: [P, U]
#   scope: object
#   types:
#     - pulumi:pulumi:Stack
#   controls:
#     - ISO/IEC 27001:2022 A.5.3
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     Run `headgate up` when the message says; approvals that are still valid then count. In an emergency break the glass:
#     `headgate approve --break-glass INC-1234`.
#   fix: when a stack may change is no setting of the stack
#   since: 2025-01-01
#   deferrable: false
package rules.approval.change_times

import data.lib.approval

applies if _asked

_asked if {
	approval.asked
	approval.applying
}

violation contains approval.finding(msg, _time, sprintf("after %s", [freeze.until])) if {
	_asked
	not approval.in_emergency
	some freeze in approval.policy.freezes
	approval.facts.now >= time.parse_rfc3339_ns(freeze.from)
	approval.facts.now < time.parse_rfc3339_ns(freeze.until)
	msg := sprintf("nothing is changed until %s: %s", [freeze.until, freeze.reason])
}

violation contains approval.finding("this is outside of the change window", _time, concat("; ", _windows)) if {
	_asked
	not approval.in_emergency
	count(approval.policy.windows) > 0
	not _in_a_window
}

_in_a_window if {
	some window in approval.policy.windows
	time.weekday(approval.facts.now) in window.days
	_clock >= window.from
	_clock < window.until
}

_time := time.format([approval.facts.now, "UTC", "2006-01-02T15:04:05Z07:00"])

_clock := time.format([approval.facts.now, "UTC", "15:04"])

_windows := [sprintf("%s, %s to %s UTC", [concat(" ", window.days), window.from, window.until]) |
	some window in approval.policy.windows
]

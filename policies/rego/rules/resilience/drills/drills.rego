# METADATA
# scope: package
# title: A failover is drilled before it is needed
# description: |
#   A way out that nobody has gone is a hope. A stack whose edge sends traffic elsewhere when a region is down has drilled
#   that within so many days, with success, as the ledger says; a stack that is younger than that has still time. A pull
#   request that is judged without a ledger leaves it to the update, which has to be told of one.
# schemas:
#   - input: schema.relation_input
# custom:
#   id: HG-RE-004
#   severity: high
#   gates: [P, U]
#   scope: relation
#   controls:
#     - ISO/IEC 27001:2022 A.5.29
#     - ISO/IEC 27001:2022 A.5.30
#     - ISO/IEC 27001:2022 A.8.14
#   remediation: |
#     `headgate drill failover platform-sandbox` drills a sandbox and records it. On Azure, turn the region's origin off at
#     the edge, see that requests are answered, and record it in the ledger that the gates are told of (`--ledger`,
#     HEADGATE_LEDGER): `headgate audit append` of `{"kind": "drill", "subject": "platform-prod", "data": {"drill":
#     "failover", "result": "succeeded"}}`; a real failover counts as one. How many days it counts is
#     `resilience.drill_days` in `policies/parameters/`. Where neither can be done now, an approver signs a waiver.
#   fix: a drill is done on the platform, not written into its stack
#   since: 2025-01-01
#   deferrable: true
package rules.resilience.drills

import data.lib.finding
import data.lib.history
import data.lib.stack

applies contains index if some index in _edges

_edges := {index |
	some type in ["azure-native:cdn:AFDOriginGroup", "azure-native:trafficmanager:Profile"]
	some index in object.get(stack.by_type, type, set())
}

_days := input.parameters.resilience.drill_days

violation contains object.union(found, {"details": {"undetermined": history.untold.undetermined}}) if {
	some index in _edges
	wrong := sprintf("nothing is known of drills: %s", [history.untold.why])
	found := finding.on(index, [], null, wrong, _expected)
}

violation contains finding.on(index, [], null, wrong, _expected) if {
	some index in _edges
	known := history.of(input.resources[index])
	_is_due(known)
	not _was_drilled(known)
	wrong := sprintf("no failover was drilled with success in the last %d days%s", [_days, _last(known)])
}

_expected := "a drill of the last days, recorded in the ledger"

# What was never deployed, or is younger than a drill counts, has still time.
_is_due(known) if {
	known != {}
	not history.is_within(object.get(known, "since", ""), _days)
}

_was_drilled(known) if history.is_within(object.get(known, "drilled", ""), _days)

_last(known) := sprintf(": the last was on %s", [substring(known.drilled, 0, 10)])

_last(known) := "" if not known.drilled

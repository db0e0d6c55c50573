# METADATA
# scope: package
# title: Versions of models are semantic, and go back only with a record of why
# description: |
#   Whoever reads a version has to see whether it is newer than another. Each workload that serves a model says its version,
#   and one behind that which the ledger says was deployed last goes out with a record on the object: the day, the version
#   that it goes back from, and why. A record of another version or of long ago counts for nothing. Where a gate was told
#   of no ledger, whether a version goes back is asked only where `models.asks_ledger` says so.
# schemas:
#   - input: schema.relation_input
# custom:
#   id: HG-SC-007
#   severity: medium
#   gates: [P, U]
#   scope: relation
#   controls:
#     - ISO/IEC 27001:2022 A.8.9
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     Write MAJOR.MINOR.PATCH in the model's `version`. To go back on purpose, name beside it what you go back from:
#     `rollback: {of: 1.3.0, date: 2026-01-31, reason: "…"}`. On manifests: the annotation `headgate.dev/rollback:
#     "2026-01-31 from 1.3.0: …"`. It counts for `models.rollback_days` of `policies/parameters/`.
#   fix: why a version goes back is known to who takes it back alone
#   since: 2025-01-01
#   deferrable: true
package rules.supply_chain.version_order

import data.lib.finding
import data.lib.history
import data.lib.stack
import data.lib.view

applies contains index if some index in _served

_served := {index |
	some index in stack.of_kinds({"Deployment", "InferenceService", "Rollout", "StatefulSet"})
	stack.serves_model(input.resources[index])
}

_name := "headgate.dev/model-version"

_paths := [["metadata", "annotations", _name], ["spec", "template", "metadata", "annotations", _name]]

# The object's own, and that of its pods, where it says so.
_versions(workload) := [[path, value] |
	some number, path in _paths
	value := _at(workload, path)
	[number, value] != [1, null]
]

# What hides a value stands in its place.
_at(workload, path) := _hidden(workload, path)[0] if count(_hidden(workload, path)) > 0

_at(workload, path) := object.get(workload.properties, path, null) if count(_hidden(workload, path)) == 0

_hidden(workload, path) := [holder |
	some length in numbers.range(1, count(path))
	holder := object.get(workload.properties, array.slice(path, 0, length), null)
	view.opaque(holder)
]

violation contains finding.on(index, path, value, wrong, "MAJOR.MINOR.PATCH") if {
	some index in _served
	some [path, value] in _versions(input.resources[index])
	not _is_semantic(value)
	wrong := sprintf("the version that %q serves is not semantic", [stack.name_of(input.resources[index])])
}

# Nine digits are enough for anybody, and few enough to be compared.
_semantic := `(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?`

_is_semantic(value) if {
	is_string(value)
	regex.match(sprintf(`^%s$`, [_semantic]), value)
	semver.is_valid(value)
}

# Going back.

violation contains finding.on(index, path, value, wrong, expected) if {
	some index in _served
	workload := input.resources[index]
	[path, value] := _versions(workload)[_]
	before := _before(workload)
	_is_behind(value, before)
	not _is_recorded(workload, before)
	wrong := sprintf("%q goes back from %s to %s without a record of why", [stack.name_of(workload), before, value])
	expected := sprintf("rollback: {of: %s, date: <today>, reason: <why>}, or a newer version", [before])
}

# What was deployed can't be compared: nobody can tell that this is not behind it.
violation contains finding.on(index, _paths[0], value, wrong, "a ledger that says a semantic version") if {
	some index in _served
	before := _before(input.resources[index])
	not _is_semantic(before)
	value := _at(input.resources[index], _paths[0])
	wrong := sprintf("whether %q goes back can't be told: before it was %v", [stack.name_of(input.resources[index]), before])
}

violation contains object.union(found, {"details": {"undetermined": history.untold.undetermined}}) if {
	_asks
	some index in _served
	value := _at(input.resources[index], _paths[0])
	wrong := sprintf("whether %q goes back can't be told: %s", [stack.name_of(input.resources[index]), history.untold.why])
	found := finding.on(index, _paths[0], value, wrong, "a ledger that says what was deployed before")
}

_asks if input.parameters.models.asks_ledger

# A ledger that was named and can't be read is no leave.
_asks if history.untold.undetermined == false

_before(workload) := history.of(workload).versions[sprintf("%s/%s", [
	object.get(workload, "namespace", ""),
	stack.name_of(workload),
])]

_is_behind(value, before) if {
	_is_semantic(value)
	_is_semantic(before)
	semver.compare(value, before) < 0
}

_is_recorded(workload, before) if {
	record := object.get(workload.properties, ["metadata", "annotations", "headgate.dev/rollback"], null)
	is_string(record)
	form := sprintf(`^([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])) from (%s): (\S.{8,198}\S)$`, [_semantic])
	found := regex.find_all_string_submatch_n(form, record, 1)[0]
	found[2] == before

	# Days are compared as texts, so that none that does not exist ends the judging. One day for time zones.
	now := time.now_ns()
	found[1] <= _day(time.add_date(now, 0, 0, 1))
	found[1] >= _day(time.add_date(now, 0, 0, 0 - input.parameters.models.rollback_days))
}

_day(at) := time.format([at, "UTC", "2006-01-02"])

# METADATA
# title: What was before
# description: |
#   What the ledger says of the stack that a resource belongs to, and the reason where it says nothing: a gate that was
#   told of no ledger, one that can't be read. Judges nothing.
# scope: package
# schemas:
#   - input: schema.relation_input
package lib.history

import data.lib.times

is_told if input.facts.history

# Why nothing is known, and whether a later gate may know.
untold := {"why": "this gate was told of no ledger (--ledger, HEADGATE_LEDGER)", "undetermined": true} if not is_told

untold := {"why": sprintf("the ledger can't be read: %s", [input.facts.history.unavailable]), "undetermined": false} if {
	input.facts.history.unavailable
}

untold := {"why": "what the gate was told of the ledger can't be read", "undetermined": false} if {
	is_told
	not input.facts.history.unavailable
	not input.facts.history.stacks
}

# What is known of a resource's stack; nothing, where nothing was ever recorded of it.
of(resource) := object.get(input.facts.history.stacks, _stack(resource), {}) if not untold

_stack(resource) := split(trim_prefix(resource.id, "urn:pulumi:"), "::")[0] if startswith(resource.id, "urn:pulumi:")

# An object of a manifest names none; where the gate was told of one, it is of that one.
_stack(resource) := [name | some name, _ in input.facts.history.stacks][0] if {
	not startswith(resource.id, "urn:pulumi:")
	count(input.facts.history.stacks) == 1
}

_stack(resource) := "" if {
	not startswith(resource.id, "urn:pulumi:")
	count(input.facts.history.stacks) != 1
}

# Whether a time of the ledger is one of the last days. What is to come, but for clocks that differ, is none.
is_within(text, days) if {
	times.is_one(text)
	at := time.parse_rfc3339_ns(text)
	now := time.now_ns()
	at <= now + 3600000000000
	now <= time.add_date(at, 0, 0, days)
}

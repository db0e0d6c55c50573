# METADATA
# title: Findings
# description: |
#   How a rule says what is wrong, where, and what to write instead; and the one way in which all rules treat a value that
#   is unknown or secret: it can't be judged, so it is undetermined. Judges nothing.
# scope: package
package lib.finding

import data.lib.view

# On one resource: what is wrong with the value that stands at a path, and what to write there instead.
at(path, value, wrong, expected) := {"msg": msg, "details": details} if {
	property := view.property(path)
	msg := _message(property, value, wrong)
	details := object.union(
		{"property": property, "path": path, "found": _told(value), "expected": expected},
		_undetermined(value),
	)
}

# Among resources: the same, on the one that stands at a position of the run.
on(index, path, value, wrong, expected) := {"msg": found.msg, "details": details} if {
	found := at(path, value, wrong, expected)
	details := object.union(found.details, {"resource": index})
}

# A finding whose value to write follows from the rule and its parameters alone: `headgate check --fix` writes it into the
# setting that the rule's METADATA names for the property.
fixable(found, _) := found if found.details.undetermined

fixable(found, to) := object.union(found, {"details": {"fix": to}}) if not found.details.undetermined

_message(_, value, wrong) := wrong if not view.opaque(value)

_message(property, value, _) := msg if {
	why := view.opaque(value)
	msg := sprintf("%s can't be judged: the value is %s", [property, why])
}

_told(value) := view.opaque(value)

_told(value) := "nothing" if is_null(value)

_told(value) := value if {
	not is_null(value)
	not view.opaque(value)
}

default _undetermined(_) := {}

_undetermined(value) := {"undetermined": true} if view.opaque(value)

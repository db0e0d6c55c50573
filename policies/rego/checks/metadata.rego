# METADATA
# title: What every rule says of itself
# description: |
#   Judges the rules' METADATA, as `opa inspect --annotations` prints it, and the samples and pages that belong to them.
#   Input: {"annotations": […], "samples": {"<category>/<rule>": {"allowed": n, "disallowed": n}}}.
# scope: package
package checks.metadata

_categories := {
	"supply_chain": "SC", "approval": "AP", "audit": "AU", "serving": "SV", "monitoring": "MO", "resilience": "RE",
	"residency": "RS", "identity": "ID", "network": "NW", "data": "DA", "tenancy": "TN", "cost": "CO",
}

_rules[path] := annotation if {
	some annotation in input.annotations
	["data", "rules", category, name] = [part.value | some part in annotation.path]
	path := sprintf("%s/%s", [category, name])
	annotation.annotations.scope == "package"
}

violation contains sprintf("%s: %s", [path, problem]) if {
	some path, rule in _rules
	some problem in _problems(path, rule.annotations)
}

violation contains "there is no rule" if count(_rules) == 0

violation contains sprintf("%s: id %s is that of another rule too", [path, rule.annotations.custom.id]) if {
	some path, rule in _rules
	some other, twin in _rules
	path != other
	rule.annotations.custom.id == twin.annotations.custom.id
}

violation contains sprintf("%s: no %s sample", [path, verdict]) if {
	some path, _ in _rules
	some verdict in ["allowed", "disallowed"]
	not _has_samples(path, verdict)
}

_has_samples(path, verdict) if input.samples[path][verdict] > 0

_problems(path, annotations) := {problem | some problem, good in _checks(path, annotations); not good}

_checks(path, annotations) := {
	"title: one line that states what holds": regex.match(`^[A-Z][^\n]{10,90}[^.\n]$`, _text(annotations, "title")),
	"description: why, in a sentence or more": count(_text(annotations, "description")) > 60,
	"custom.id: HG-<category>-<number>": regex.match(
		sprintf(`^HG-%s-[0-9]{3}$`, [object.get(_categories, split(path, "/")[0], "unknown category")]),
		_text(custom, "id"),
	),
	"custom.severity: low, medium, high or critical": _text(custom, "severity") in {"low", "medium", "high", "critical"},
	"custom.gates: some of P, U, A": _some_of(custom, "gates", {"P", "U", "A"}),
	"custom.scope: object or relation": _text(custom, "scope") in {"object", "relation"},
	"custom.controls: at least one, by standard and number": _controls(custom),
	"custom.remediation: what to write instead": count(_text(custom, "remediation")) > 30,
	"custom.since: a date": regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}`, _text(custom, "since")),
	"custom.deferrable: true or false": object.get(custom, "deferrable", null) in {true, false},
	"custom.facts: true, or left out": object.get(custom, "facts", true) == true,
	"custom.before: true, or left out": object.get(custom, "before", true) == true,
	"custom.types: of objects, as `kubernetes:<Kind>` or `<package>:<module>:<Type>`": _types(custom),
	"custom.fix: the settings to write for each property, or why there is none": _fix(custom),
	"custom: no field that nobody reads": count(object.keys(custom) - _fields) == 0,
} if {
	custom := object.get(annotations, "custom", {})
}

_fields := {
	"id", "severity", "gates", "scope", "controls", "remediation", "fix", "since", "deferrable", "operations", "types",
	"facts", "before",
}

_text(from, name) := value if {
	value := object.get(from, name, "")
	is_string(value)
}

_text(from, name) := "" if not is_string(object.get(from, name, ""))

default _some_of(_, _, _) := false

_some_of(from, name, allowed) if {
	count(from[name]) > 0
	every value in from[name] {
		value in allowed
	}
}

# What is left out stands for every resource.
default _types(_) := false

_types(custom) if not custom.types

_types(custom) if {
	custom.scope == "object"
	count(custom.types) > 0
	every type in custom.types {
		regex.match(`^(kubernetes:([A-Z][A-Za-z]+|\*)|[a-z-]+:[a-z]+:[A-Za-z]+)$`, type)
	}
}

default _fix(_) := false

_fix(custom) if count(trim_space(_text(custom, "fix"))) > 20

_fix(custom) if {
	count(custom.fix) > 0
	every property, settings in custom.fix {
		count(property) > 0
		count(settings) > 0
		every setting in settings {
			regex.match(`^[a-z_]+(\.([a-z_]+|\*|[0-9]+))*$`, setting)
		}
	}
}

default _controls(_) := false

_controls(custom) if {
	count(custom.controls) > 0
	every control in custom.controls {
		regex.match(`^\S.{5,}\S$`, control)
	}
}

# METADATA
# title: The decision
# description: |
#   Walks the rules over every resource of the run, and gives each pair of rule and resource its outcome and its level.
#   One query judges a whole plan. Knows no rule by name: `data.catalogue`, made from the rules' own METADATA, does; it
#   is a base document, because what `with` evaluates anew for each resource has to be little.
# scope: package
# schemas:
#   - input: schema.run
package main

# The document that gates ask for.
decision := {"results": results, "errors": errors, "rules": _judging}

# The same, for who has looked at `errors` before, with the same rules, for the same gate and environment: what is wrong
# with those can't have come since, and to look for it takes longer than to judge a resource.
again := {"results": results, "errors": _errors_of_the_run, "rules": _judging}

# What a cluster's gate asks, once for each write: what was found on the resource, by rules that it was seen to have
# before it was asked anything. What passed is told to nobody there.
found := {"results": _findings_of(_troubled), "errors": (_errors_before | _silent_of(_troubled))}

_judging := [rule.id | some rule in data.catalogue[input.gate]; rule.scope in _scopes]

# One scope, where a gate sees resources one by one and relations at the end; otherwise both.
default _scopes := {"object", "relation"}

_scopes := {input.scope}

results := array.concat(_of_objects, _of_relations)

_of_objects := array.concat(_passes, _findings)

_passes := [{"resource": index, "rule": rule, "outcome": "pass"} |
	some [index, found] in _judged
	some rule in found.right
]

_findings := _findings_of(_judged)

_findings_of(judged) := [_result(index, finding) |
	some [index, found] in judged
	some finding in found.wrong
]

_judged := [[index, found] |
	"object" in _scopes
	some index, resource in input.resources
	found := data.main.object.found with input as _rule_input(resource)
]

# The same without what passed, which is not worked out at all.
_troubled := [[index, found] |
	some index, resource in input.resources
	found := data.main.object.trouble with input as _rule_input(resource)
]

_of_relations := [result |
	"relation" in _scopes
	found := data.main.relation.found with input as _relation_input
	some finding in found
	result := _result(finding.resource, finding)
]

_result(index, finding) := _found(index, finding.rule, _left(index, finding.violations))

_found(index, rule, violations) := {"resource": index, "rule": rule.id, "outcome": "pass"} if count(violations) == 0

else := result if {
	outcome := _outcome(violations)
	level := _level(rule)
	judged := {
		"resource": index,
		"rule": rule.id,
		"outcome": outcome,
		"level": level,
		"deferred": _deferred(rule, outcome),
		"blocking": _blocking(rule, outcome, level),
		"violations": violations,
	}
	result := object.union(object.union(judged, _going_on(violations)), _waived(rule, input.resources[index]))
}

# What a rule finds that those who own it may let go (`details.approval`): of a plan that they have approved it is none.
_left(_, violations) := violations if not _asks_owners(violations)

_left(index, violations) := left if {
	_asks_owners(violations)
	way := data.lib.approval.owners_way with input as _rule_input(input.resources[index])
	left := {_with_the_way(violation, way) |
		some violation in violations
		not _is_let_go(violation, way)
	}
}

_asks_owners(violations) if {
	some violation in violations
	violation.details.approval
}

_is_let_go(violation, way) if {
	violation.details.approval
	way.is_open
}

_with_the_way(violation, _) := violation if not violation.details.approval

_with_the_way(violation, way) := object.union(violation, {"details": {"expected": expected}}) if {
	violation.details.approval
	expected := sprintf("%s; or %s", [object.get(violation.details, "expected", ""), way.told])
}

# Nobody is asked about this stack.
_with_the_way(violation, way) := object.union(violation, {"details": {"approval": false}}) if {
	violation.details.approval
	not way.told
}

# A cluster's gate stops no scaling and no failover for what it has learnt since: it says so, and it is recorded.
default _going_on(_) := {}

_going_on(violations) := {"blocking": false} if {
	input.gate == "A"
	every violation in violations {
		violation.details.admitted == true
	}
}

# A waiver changes what a violation does, never that it is one: both are told and recorded.
default _waived(_, _) := {}

_waived(rule, resource) := {"outcome": "waived", "blocking": false, "waiver": leaves[0]} if {
	leaves := [{key: waiver[key] | some key in ["id", "reason", "ticket", "expires", "approver"]} |
		some waiver in data.waivers
		_covers(waiver, rule, resource)
	]
	count(leaves) > 0
}

_covers(waiver, rule, resource) if {
	waiver.rule == rule.id
	rule.category != "approval"
	input.gate in waiver.gates
	glob.match(waiver.resource, null, resource.name)
	_runs(waiver)
	_concerns(waiver, resource)
}

# From the beginning of its first day to the end of its last, wherever the rules were loaded and whenever.
_runs(waiver) if {
	now := time.now_ns()
	now >= time.parse_ns("2006-01-02", waiver.since)
	now < time.add_date(time.parse_ns("2006-01-02", waiver.expires), 0, 0, 1)
}

_concerns(waiver, _) if waiver.stack == input.stack

# Where no stack is known, the team's namespace in the environment has to do.
_concerns(waiver, resource) if {
	not input.stack
	endswith(waiver.stack, concat("", ["-", input.environment]))
	waiver.namespace != ""
	waiver.namespace == resource.namespace
}

# What is in no namespace of a cluster is the platform's: no team's waiver is for it, and the platform's that names no
# namespace is for nothing else.
_concerns(waiver, resource) if {
	not input.stack
	waiver.stack == sprintf("platform-%s", [input.environment])
	object.get(waiver, "namespace", "") == ""
	resource.provider == "kubernetes"
	object.get(resource, "namespace", "") == ""
}

# One violation that is certain makes a failure of the rest.
_outcome(violations) := "undetermined" if {
	every violation in violations {
		violation.details.undetermined == true
	}
}

_outcome(violations) := "fail" if {
	some violation in violations
	not violation.details.undetermined == true
}

default _deferred(_, _) := false

# Unknown at preview may be known at the update, where a rule that may be deferred decides or denies.
_deferred(rule, "undetermined") if {
	rule.deferrable == true
	input.phase == "preview"
}

default _blocking(_, _, _) := true

_blocking(_, _, "warn") := false

_blocking(rule, outcome, "deny") := false if _deferred(rule, outcome)

# Anything but a clear "warn" denies.
default _level(_) := "deny"

_level(rule) := "warn" if _parameters.levels[rule.id] == "warn"

_level(rule) := "warn" if {
	not _parameters.levels[rule.id]
	_parameters.levels["default"] == "warn"
}

# A new rule advises until its date.
_level(rule) := "warn" if time.now_ns() < time.parse_ns("2006-01-02", rule.since)

errors contains error if some error in _errors_of_the_run

_errors_of_the_run := _errors_before | _silent_of(_judged)

# `not`, so that a catalogue that is missing counts as one that is empty.
_errors_before contains sprintf("the rule set is empty at gate %v: nothing would be judged", [object.get(input, "gate", "?")]) if {
	not _has_rules
}

_has_rules if count(data.catalogue[input.gate]) > 0

# What the index leaves out would be judged by nothing.
errors contains sprintf("the index of the rules at gate %v does not hold them all", [input.gate]) if {
	_has_rules
	not _indexed
}

_indexed if {
	every position, rule in data.catalogue[input.gate] {
		_findable(position, rule)
	}
}

_findable(_, rule) if rule.scope == "relation"

_findable(position, rule) if {
	every operation in rule.operations {
		some judged in data.index[input.gate]
		operation in judged.operations
		position in judged.types["?"]
	}
}

_errors_before contains sprintf("there are no parameters for environment %v", [object.get(input, "environment", "?")]) if {
	not data.parameters[input.environment]
}

# A rule that is asked and says nothing at all, not even that it found nothing.
_silent_of(judged) := {_without_entry(id) |
	some [_, found] in judged
	some id in found.silent
}

_without_entry(id) := sprintf("rule %s has no `violation`: its file is missing or broken", [id])

# Rules read parameters without asking whether they are there: a list that is missing would make a violation undefined.
errors contains sprintf("the parameters of environment %v don't fit policies/schemas/parameters.json", [input.environment]) if {
	data.parameters[input.environment]
	not _parameters_fit
}

_parameters_fit if json.match_schema(_parameters, data.parameters_schema)[0]

_errors_before contains "the input has no list of resources" if not _has_resources

# A rule of its own: what a function is given under `not` must exist, or the whole body is undefined.
_has_resources if is_array(input.resources)

# Asked once over an empty resource: a rule without an entry point would pass everything.
errors contains _without_entry(rule.id) if {
	some rule in data.catalogue[input.gate]
	not _entry(rule) with input as _empty_input
}

# What a rule that finds nothing is asked over: a resource with nothing in it, and no resources at all.
_empty_input := object.union(_rule_input(_nothing), {"resources": []})

_entry(rule) if is_set(data.rules[rule.category][rule.name].violation)

_nothing := {"id": "", "provider": "", "type": "", "name": "", "operation": "unknown", "opaque": [], "properties": {}}

_rule_input(resource) := {
	"gate": input.gate,
	"phase": input.phase,
	"environment": input.environment,
	"parameters": _parameters,
	"facts": _facts,
	"resource": resource,
}

_relation_input := {
	"gate": input.gate,
	"phase": input.phase,
	"environment": input.environment,
	"parameters": _parameters,
	"facts": _facts,
	"resources": input.resources,
}

_parameters := object.union(data.parameters.base, data.parameters[input.environment])

# What the registry and the ledger know: found out by the gate for this run, else beside the rules, or nothing; and what
# the gate knows of this very plan.
_facts := object.union(_of_the_registry, _of_the_plan)

default _of_the_registry := {}

_of_the_registry := input.facts

_of_the_registry := data.facts if not input.facts

default _of_the_plan := {}

_of_the_plan := {"approval": input.approval}

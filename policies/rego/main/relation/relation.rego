# METADATA
# title: What the rules find among the resources of a run
# description: |
#   Every rule on relations, once over the whole run. A resource is listed for a rule when the rule found something on it,
#   or applies to it and found nothing.
# scope: package
# schemas:
#   - input: schema.relation_input
package main.relation

found := [finding |
	some rule in data.catalogue[input.gate]
	rule.scope == "relation"
	named := data.rules[rule.category][rule.name]
	some resource in _judged(named)
	violations := {violation | some violation in named.violation; violation.details.resource == resource}
	finding := {"rule": rule, "resource": resource, "violations": violations}
]

_judged(named) := {violation.details.resource | some violation in named.violation} | object.get(named, "applies", set())

# METADATA
# title: What the rules find on one resource
# description: |
#   Every rule of this gate on one resource, so that what the library finds out about it is worked out once for all of
#   them. A rule is listed when it found something, or when it applies and found nothing.
# scope: package
# schemas:
#   - input: schema.rule_input
package main.object

found := [finding |
	some rule in data.catalogue[input.gate]
	input.resource.operation in rule.operations
	violations := data.rules[rule.category][rule.name].violation
	_listed(rule, violations)
	finding := {"rule": rule, "violations": violations}
]

_listed(_, violations) if count(violations) > 0

_listed(rule, violations) if {
	count(violations) == 0
	data.rules[rule.category][rule.name].applies
}

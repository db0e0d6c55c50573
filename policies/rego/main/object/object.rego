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
	some position in _positions
	rule := data.catalogue[input.gate][position]
	input.resource.operation in rule.operations
	violations := data.rules[rule.category][rule.name].violation
	_listed(rule, violations)
	finding := {"rule": rule, "violations": violations}
]

# The rules that judge this type of resource, by the index that is made from their METADATA.
_positions := object.get(data.index[input.gate], _keys[0], data.index[input.gate][_keys[1]])

# What kind an object is counts by what it says. Where the type can't be told, every rule is asked.
default _keys := ["?", "?"]

_keys := [sprintf("kubernetes:%s", [trim_suffix(input.resource.kind, "Patch")]), "kubernetes:*"] if {
	input.resource.provider == "kubernetes"
	is_string(input.resource.kind)
}

# Azure's types are the same in every version of its API.
_keys := [regex.replace(input.resource.type, `/v[0-9a-z]+:`, ":"), "*"] if input.resource.provider != "kubernetes"

_listed(_, violations) if count(violations) > 0

_listed(rule, violations) if {
	count(violations) == 0
	data.rules[rule.category][rule.name].applies
}

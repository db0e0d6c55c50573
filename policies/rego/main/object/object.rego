# METADATA
# title: What the rules find on one resource
# description: |
#   Every rule of this gate on one resource, so that what the library finds out about it is worked out once for all of
#   them. A rule is listed when it found something, when it applies and found nothing, or when it gives no answer.
# scope: package
# schemas:
#   - input: schema.rule_input
package main.object

found := {"right": _right, "wrong": _wrong, "silent": _silent}

# The same for whom what passed is no matter.
trouble := {"wrong": _wrong, "silent": _silent}

# Each {"rule": …, "violations": …}.
_wrong := [answer | some answer in _answers; answer.violations != set()]

# The ids of those that apply and found nothing.
_right := [answer.rule.id |
	some answer in _answers
	answer.violations == set()
	data.rules[answer.rule.category][answer.rule.name].applies
]

# The ids of those that gave no set of violations, be it an empty one.
_silent := array.concat(_without_answer, [answer.rule.id | some answer in _wrong; not is_set(answer.violations)])

# What the rules say that judge this type of resource in this operation, by the index that is made from their METADATA.
_answers := [{"rule": rule, "violations": violations} |
	some position in _positions
	rule := data.catalogue[input.gate][position]
	violations := data.rules[rule.category][rule.name].violation
]

# Looked for one by one only where one is missing.
default _without_answer := []

_without_answer := [rule.id |
	some position in _positions
	rule := data.catalogue[input.gate][position]
	not _answers_at_all(rule)
] if {
	count(_answers) != count(_positions)
}

# A rule of its own: what a function is given under `not` must exist, or the whole body is undefined.
_answers_at_all(rule) if data.rules[rule.category][rule.name].violation != null

_positions := object.get(_by_type, _keys[0], _by_type[_keys[1]])

_by_type := judged.types if {
	some judged in data.index[input.gate]
	input.resource.operation in judged.operations
}

# What kind an object is counts by what it says. Where the type can't be told, every rule is asked.
default _keys := ["?", "?"]

_keys := [sprintf("kubernetes:%s", [trim_suffix(input.resource.kind, "Patch")]), "kubernetes:*"] if {
	input.resource.provider == "kubernetes"
	is_string(input.resource.kind)
}

# Azure's types are the same in every version of its API.
_keys := [regex.replace(input.resource.type, `/v[0-9a-z]+:`, ":"), "*"] if input.resource.provider != "kubernetes"

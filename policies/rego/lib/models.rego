# METADATA
# title: Models that a resource asks for, and what is known of them
# description: |
#   Finds the models among the images of a resource, and looks each up in the facts by repository and digest. What nothing
#   is known of is told with the cause: a gate that was not told of a registry, one whose registry does not answer, an
#   answer that is too old, a version that is not there. None of it is ever taken for leave. What a cluster runs already
#   is told of and goes on: a model that scales or moves is not deployed anew. Only what must not run anywhere is stopped.
# scope: package
# schemas:
#   - input: schema.rule_input
package lib.models

import data.lib.finding
import data.lib.images
import data.lib.reference
import data.lib.times
import data.lib.view

any if count(mentions) > 0

# Whatever is mounted as an image is a model, wherever it is kept: another repository is no way round.
mentions := [mention |
	some mention in images.mentions
	_is_model(mention)
]

# Each {"path": […], "value": …, "fact": {…}}.
known := [object.union(mention, {"fact": fact}) |
	some mention in mentions
	fact := _fact(mention)
]

# The findings on those of which nothing is known; every rule on models has them, so that each holds alone.
unknown contains found if {
	some mention in mentions
	not _fact(mention)
	found := _marked(_untold(mention), mention)
}

# A finding on one of which something is known.
found(mention, wrong, expected) := _marked(stopped(mention, wrong, expected), mention)

# A finding that stops what runs already, too.
stopped(mention, wrong, expected) := finding.at(mention.path, mention.value, sprintf("%s %s", [_title(mention), wrong]), expected)

# The decision lets what was admitted before go on.
_marked(found, mention) := object.union(found, {"details": {"admitted": true}}) if _is_admitted(mention)

_marked(found, mention) := found if not _is_admitted(mention)

# This cluster runs it: gate A alone is told so.
_is_admitted(mention) if mention.value in input.facts.admitted

_title(mention) := sprintf("model %s %s", [mention.fact.name, mention.fact.version])

_is_model(mention) if mention.kind == "model"

_is_model(mention) if array.slice(mention.path, count(mention.path) - 2, count(mention.path)) == ["image", "reference"]

_is_model(mention) if {
	view.opaque(mention.value)
	"volumes" in mention.path
}

_is_model(mention) if startswith(_parts(mention).repository, "models/")

_parts(mention) := reference.parse(trim_prefix(mention.value, "oci://")) if is_string(mention.value)

_fact(mention) := fact if {
	_counts(mention)
	parts := _parts(mention)
	parts.form == "oci"
	fact := input.facts.models[sprintf("%s@%s", [parts.repository, parts.digest])]
}

# An Azure Machine Learning registry names a model without its team.
_fact(mention) := facts[0] if {
	_is_fresh
	parts := _parts(mention)
	parts.form == "azureml"
	facts := [fact |
		some fact in input.facts.models
		fact.digest == parts.digest
		endswith(fact.name, concat("", ["/", parts.repository]))
	]
}

# Of what runs already the last that was heard counts: that it was restricted stays true.
_counts(_) if _is_fresh

_counts(mention) if _is_admitted(mention)

_is_fresh if {
	not input.facts.unavailable
	_is_of_here
	times.is_one(input.facts.until)
	time.now_ns() < time.parse_rfc3339_ns(input.facts.until)
}

# A registry that was asked was named by whoever runs the gate. An edition that others published says itself whose it is:
# what another environment's registry says counts for nothing here.
_is_of_here if not input.facts.serial

_is_of_here if input.facts.registry in input.parameters.registries.images

_untold(mention) := finding.at(mention.path, mention.value, "", _expected) if view.opaque(mention.value)

_untold(mention) := found if {
	not view.opaque(mention.value)
	[why, later] := _why
	wrong := sprintf("nothing is known of model %s: %s", [_shown(mention.value), why])
	found := _later(finding.at(mention.path, mention.value, wrong, _remedy), later)
}

_remedy := _expected if not _asks_for_facts

# The stack is not at fault, and nothing in it has to be changed: what the gate is missing, and where it comes from.
_remedy := concat(" ", [
	sprintf("nothing: have the gate told. --registry %s (HEADGATE_REGISTRY);", [_registry]),
	"where it can't be reached --facts FILE|REFERENCE (HEADGATE_FACTS) and --facts-key FILE (HEADGATE_FACTS_KEY),",
	"of who runs `headgate policy facts`",
]) if _asks_for_facts

_asks_for_facts if {
	not _was_told
	input.gate in {"P", "U"}
}

default _registry := "LOGIN_SERVER"

_registry := input.parameters.registries.images[0]

_expected := "a model that is in the registry, by the digest that `headgate model list` prints"

_shown(value) := value if is_string(value)

_shown(value) := "that can't be read" if not is_string(value)

_later(found, false) := found

# Who was not told may leave it to a gate that is; if none is, it is denied there.
_later(found, true) := object.union(found, {"details": {"undetermined": true}})

_why := [_nobody, _is_left_to_the_update] if not _was_told

_why := [sprintf("the registry can't be asked: %s", [input.facts.unavailable]), false] if input.facts.unavailable

_why := [sprintf("what was told is of registry %s, which is none of this environment's", [object.get(input.facts, "registry", "that has no name")]), false] if {
	_was_answered
	not _is_of_here
}

_why := [sprintf("what the registry said counted until %s", [object.get(input.facts, "until", "nobody said when")]), false] if {
	_was_answered
	_is_of_here
	not _is_fresh
}

_why := ["it is not in the registry, by this repository and digest", false] if {
	_was_answered
	_is_fresh
}

_nobody := concat(" ", [
	"nobody could be asked, since this gate was told neither of a registry (--registry, HEADGATE_REGISTRY)",
	"nor of signed facts (--facts, HEADGATE_FACTS)",
])

# Where a pull request has to know, what nobody told it is no matter for later.
default _is_left_to_the_update := true

_is_left_to_the_update := false if input.parameters.models.asks_registry

_was_told if input.facts.models

_was_told if input.facts.unavailable

_was_answered if {
	not input.facts.unavailable
	input.facts.models
}

# METADATA
# scope: package
# title: Nothing is made of what is on the deny list, and what a model is made of is known of late
# description: |
#   An image, a package or a base model that was taken over, or gets no fixes any more, stays out whoever asks for it.
#   Images are compared by name, tag and digest at every gate. What a model is made of says its bill of materials, which a
#   gate knows from the registry; one that is too old was made before what is known to be wrong today. A model of which
#   nothing is known, or which has no bill, is refused by HG-SC-003 and HG-SC-005. What an image was built from is not
#   known to any gate: name the images that were built from it.
# custom:
#   id: HG-SC-008
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   controls:
#     - ISO/IEC 27001:2022 A.5.21
#     - ISO/IEC 27001:2022 A.8.8
#     - ISO/IEC 27001:2022 A.8.19
#   remediation: |
#     Build on another image or package, and name the new version by its digest. A bill that is too old: `headgate model
#     attest NAME@DIGEST --bom`. The lists, and how many days a bill counts, are `supply_chain` in `policies/parameters/`.
#   fix: what takes the place of what is denied is a decision, and has to be built and pushed first
#   since: 2025-01-01
#   deferrable: true
package rules.supply_chain.denied_parts

import data.lib.finding
import data.lib.images
import data.lib.models
import data.lib.reference
import data.lib.times

applies if images.any

# Images.

violation contains finding.at(mention.path, mention.value, wrong, "an image that is not on the deny list") if {
	some mention in images.readable
	forms := _forms(mention.value)
	some denied in _possibly
	_is_denied_by(forms, denied)
	wrong := sprintf("%s %q is on the deny list: %s", [mention.kind, mention.value, denied])
}

# What can't be taken apart can't be compared.
violation contains finding.at(mention.path, mention.value, wrong, "a reference with registry, repository and digest") if {
	_compares
	some mention in images.readable
	not _parts(mention.value)
	wrong := sprintf("%s %q can't be compared with the deny list", [mention.kind, mention.value])
}

violation contains finding.at(mention.path, mention.value, wrong, "a reference that is a text") if {
	_compares
	some mention in images.mentions
	not is_string(mention.value)
	wrong := sprintf("what %s is can't be compared with the deny list", [mention.kind])
}

_compares if count(input.parameters.supply_chain.denied_images) > 0

_parts(text) := reference.parse(trim_prefix(text, "oci://"))

_is_denied_by(forms, denied) if {
	some form in split(forms, "\n")
	glob.match(lower(denied), null, form)
}

# Those that one of the images could be denied by: the forms of all of them are looked at as one text before each is.
_possibly := [denied |
	some denied in input.parameters.supply_chain.denied_images
	glob.match(concat("", ["*\n", lower(denied), "\n*"]), null, _all)
]

_all := sprintf("\n%s\n", [concat("\n", [_forms(mention.value) | some mention in images.readable])])

# All by which an image may be denied, in small letters, a line for each: names alone, with the tag, with the digest; the
# digest alone.
_forms(text) := lower(concat("\n", array.concat([parts.digest], lines))) if {
	parts := _parts(text)
	lines := [sprintf("%[1]s\n%[1]s:%[2]s\n%[1]s@%[3]s", [name, parts.tag, parts.digest]) | some name in _names(parts)]
}

_names(parts) := {parts.repository, sprintf("%s/%s", [parts.registry, parts.repository])} | _of_the_library(parts)

# `python` is `docker.io/library/python`.
default _of_the_library(_) := set()

_of_the_library(parts) := {sprintf("library/%s", [parts.repository]), sprintf("docker.io/library/%s", [parts.repository])} if {
	parts.registry == "docker.io"
	not contains(parts.repository, "/")
}

# Models.

violation contains models.found(mention, sprintf("is made of %s, which is on the deny list: %s", [name, denied]), expected) if {
	some mention in models.known
	some name in mention.fact.ingredients
	some denied in input.parameters.supply_chain.denied_packages
	glob.match(lower(denied), null, lower(name))
	expected := "a version that is made of something else"
}

violation contains models.found(mention, "has a bill of materials that can't be read", "a CycloneDX ML-BOM whose components have names") if {
	some mention in models.known
	mention.fact.attested.bom
	not mention.fact.ingredients
}

violation contains models.found(mention, wrong, expected) if {
	some mention in models.known
	at := mention.fact.attested.bom
	not _is_of_late(at)
	wrong := sprintf("has a bill of materials of %s", [substring(at, 0, 10)])
	expected := sprintf("a bill of the last %d days", [_days])
}

_days := input.parameters.supply_chain.bom_days

_is_of_late(at) if {
	times.is_one(at)
	made := time.parse_rfc3339_ns(at)
	now := time.now_ns()

	# An hour for clocks that differ; what was made after that says nothing about when.
	made <= now + ((3600 * 1000) * 1000000)
	now <= time.add_date(made, 0, 0, _days)
}

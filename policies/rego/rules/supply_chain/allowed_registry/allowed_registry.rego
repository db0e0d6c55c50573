# METADATA
# scope: package
# title: Images and models come from an allowed registry
# description: |
#   Only what the platform's own registry holds has been scanned, signed and registered. An image or model from any other
#   place, or from no place that can be told, is denied: the list names what is allowed, never what is not.
# custom:
#   id: HG-SC-001
#   severity: critical
#   gates: [P, U, A]
#   scope: object
#   controls:
#     - ISO/IEC 27001:2022 A.5.21
#     - ISO/IEC 27001:2022 A.8.19
#     - ISO/IEC 27001:2022 A.8.30
#   remediation: |
#     Push the artefact to the platform's registry (`headgate model push` for a model) and name it there,
#     by digest: `<login server>/<repository>@sha256:<digest>`.
#   fix: another registry's image has to be pushed and signed before it can be named
#   since: 2025-01-01
#   deferrable: false
package rules.supply_chain.allowed_registry

import data.lib.images
import data.lib.reference
import data.lib.view

applies if images.any

violation contains {"msg": msg, "details": details} if {
	some mention in images.readable
	not _allowed(mention.value)
	property := view.property(mention.path)
	[wrong, expected] := _told(trim_prefix(mention.value, "oci://"))
	msg := sprintf("%s %q %s", [mention.kind, mention.value, wrong])
	details := {
		"property": property,
		"path": mention.path,
		"found": mention.value,
		"expected": expected,
	}
}

_told(text) := ["is not from an allowed registry", expected] if {
	not _is_only_cut(text)
	expected := sprintf("a reference that begins with %s", [concat(" or ", [sprintf("%s/", [host]) | some host in _hosts])])
}

# The registry is right, but what can't be read as a reference is from nowhere.
_told(text) := [sprintf("can't be read: %s", [reference.fault(text)]), expected] if {
	_is_only_cut(text)
	expected := sprintf("the whole digest: %s@sha256:<64 hex digits>", [reference.undigested(text)])
}

_is_only_cut(text) if {
	reference.fault(text)
	_allowed(reference.undigested(text))
}

violation contains {"msg": msg, "details": details} if {
	some mention in images.unreadable
	property := view.property(mention.path)
	msg := sprintf("the registry of %s can't be told: the value is %s", [property, mention.why])
	details := {
		"property": property,
		"path": mention.path,
		"found": mention.why,
		"expected": "a reference that is known when the plan is made, and not secret",
		"undetermined": mention.why in {"unknown", "secret"},
	}
}

_hosts := input.parameters.registries.images

_allowed(text) if {
	parts := reference.parse(trim_prefix(text, "oci://"))
	parts.form == "oci"
	parts.registry in _hosts
}

_allowed(text) if {
	parts := reference.parse(text)
	parts.form == "azureml"
	parts.registry in input.parameters.registries.models
}

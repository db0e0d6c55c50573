# METADATA
# scope: package
# title: Images and models are named by digest
# description: |
#   A tag, a label or `latest` can be moved to other content after it was approved. A digest names the content itself, so
#   that what was tested, signed and approved is what runs, on the day of the deployment and after every restart.
# custom:
#   id: HG-SC-002
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   controls:
#     - ISO/IEC 27001:2022 A.8.9
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     Name the content: `<login server>/<repository>@sha256:<64 hex digits>`. `headgate model list` prints the digests of
#     registered models. In Azure Machine Learning name the mirrored version, `versions/sha256-<64 hex digits>`.
#   fix: a stack's file takes digests alone; a tag in a manifest or a program is resolved by who knows what was tested
#   since: 2025-01-01
#   deferrable: false
package rules.supply_chain.digest

import data.lib.images
import data.lib.reference
import data.lib.view

applies if images.any

violation contains {"msg": msg, "details": details} if {
	some mention in images.readable
	not _by_digest(mention.value)
	property := view.property(mention.path)
	msg := sprintf("%s %q %s", [mention.kind, mention.value, _wrong(trim_prefix(mention.value, "oci://"))])
	details := {
		"property": property,
		"path": mention.path,
		"found": mention.value,
		"expected": _instead(mention.value),
	}
}

violation contains {"msg": msg, "details": details} if {
	some mention in images.unreadable
	property := view.property(mention.path)
	msg := sprintf("the digest of %s can't be told: the value is %s", [property, mention.why])
	details := {
		"property": property,
		"path": mention.path,
		"found": mention.why,
		"expected": "a reference that is known when the plan is made, and not secret",
		"undetermined": mention.why in {"unknown", "secret"},
	}
}

_wrong(text) := sprintf("is not named by digest: %s", [reference.fault(text)])

_wrong(text) := "is not named by digest" if not reference.fault(text)

_by_digest(text) if reference.parse(trim_prefix(text, "oci://")).digest != ""

# What to write instead keeps what the author wrote: only the digest is missing, and a registry that is not allowed goes.
# Whatever else it is: an expectation that is undefined would leave the violation out.
default _instead(_) := "<login server>/<repository>@sha256:<64 hex digits>"

_instead(text) := sprintf("%s/%s@sha256:<64 hex digits>", [_host(parts.registry), parts.repository]) if {
	parts := reference.parse(_readable(trim_prefix(text, "oci://")))
	parts.form == "oci"
}

_instead(text) := sprintf("azureml://registries/%s/models/%s/versions/sha256-<64 hex digits>", [parts.registry, parts.repository]) if {
	parts := reference.parse(text)
	parts.form == "azureml"
}

_readable(text) := reference.undigested(text) if reference.fault(text)

_readable(text) := text if not reference.fault(text)

_host(registry) := registry if registry in input.parameters.registries.images

_host(registry) := array.concat(input.parameters.registries.images, ["<login server>"])[0] if {
	not registry in input.parameters.registries.images
}

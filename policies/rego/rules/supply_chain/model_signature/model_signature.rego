# METADATA
# scope: package
# title: Models are signed by a key that counts
# description: |
#   A signature over its files tells who made a version, and that nobody has changed it since: not whoever can write the
#   registry either. What counts are the keys of `policies/signers.yaml`, for the models that they stand for; a revoked one
#   counts for nothing. Any other proof that was tampered with, copied or replayed is a violation, too.
#   Facts are what the registry knows of a version, verified by the gate itself. A gate that was told of no registry leaves
#   the decision to the update, which denies if it was not told either. A cluster's gate has this rule where it pulls the
#   signed facts: what runs there already goes on, and is told of.
# custom:
#   id: HG-SC-004
#   severity: critical
#   gates: [P, U, A]
#   scope: object
#   facts: true
#   controls:
#     - ISO/IEC 27001:2022 A.5.21
#     - ISO/IEC 27001:2022 A.8.24
#   remediation: |
#     Sign the version with a key of `policies/signers.yaml`: `headgate model sign NAME@DIGEST --key FILE`. What
#     `headgate model verify NAME@DIGEST` finds wrong is told with its cause; do not deploy it until you know whose work it is.
#   fix: a signature is its signer's, not a setting
#   since: 2025-01-01
#   deferrable: true
package rules.supply_chain.model_signature

import data.lib.models

applies if models.any

violation contains found if some found in models.unknown

violation contains found if {
	some mention in models.known
	count(mention.fact.signers) == 0
	found := models.found(
		mention,
		"has no signature by a key that counts",
		"a version that a signer of policies/signers.yaml has signed",
	)
}

violation contains found if {
	some mention in models.known
	some fault in mention.fact.faults
	found := models.found(mention, sprintf("has a proof that does not count: %s", [fault]), "a version that `headgate model verify` finds whole")
}

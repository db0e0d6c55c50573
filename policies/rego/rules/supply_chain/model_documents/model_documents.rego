# METADATA
# scope: package
# title: Models have a card, a lineage and a bill of materials
# description: |
#   Who answers for a model has to be able to say what it is for and where it is weak, from which code, data and training
#   run it comes, and what it is made of. Each is a signed statement beside the version.
#   Facts are what the registry knows of a version, verified by the gate itself. A gate that was told of no registry leaves
#   the decision to the update, which denies if it was not told either. A cluster's gate has this rule where it pulls the
#   signed facts: what runs there already goes on, and is told of.
# custom:
#   id: HG-SC-005
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   facts: true
#   controls:
#     - ISO/IEC 27001:2022 A.5.9
#     - ISO/IEC 27001:2022 A.5.21
#     - ISO/IEC 27001:2022 A.8.4
#   remediation: |
#     Attest what is missing: `headgate model attest NAME@DIGEST --card FILE --lineage FILE --bom`. The forms are in
#     docs/guides/models.md.
#   fix: documents are attested to the version in the registry, not written in the stack's file
#   since: 2025-01-01
#   deferrable: true
package rules.supply_chain.model_documents

import data.lib.models

applies if models.any

violation contains found if some found in models.unknown

violation contains found if {
	some mention in models.known
	some kind, name in _documents
	not mention.fact.attested[kind]
	found := models.found(
		mention,
		sprintf("has no %s", [name]),
		sprintf("a version of which a %s is attested", [name]),
	)
}

_documents := {"card": "model card", "lineage": "lineage", "bom": "bill of materials"}

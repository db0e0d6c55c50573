# METADATA
# scope: package
# title: Models are registered, and stand where they may run
# description: |
#   A version runs where its stage says that it may: in production only what was promoted there, and nowhere what was
#   archived or restricted. Where the environment asks for it, a version has been deployed in another one before.
#   Facts are what the registry knows of a version, verified by the gate itself. A gate that was told of no registry leaves
#   the decision to the update, which denies if it was not told either. A cluster's gate has this rule where it pulls the
#   signed facts: what runs there already goes on, and is told of.
# custom:
#   id: HG-SC-003
#   severity: critical
#   gates: [P, U, A]
#   scope: object
#   facts: true
#   controls:
#     - ISO/IEC 27001:2022 A.5.9
#     - ISO/IEC 27001:2022 A.8.31
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     `headgate model show NAME@DIGEST` tells where the version stands. Promote it (`headgate model promote`), deploy it in
#     the environments before this one, or name a version that has gone that way.
#   fix: which version is promoted, and when, is a decision that the registry records
#   since: 2025-01-01
#   deferrable: true
package rules.supply_chain.model_stage

import data.lib.models

applies if models.any

violation contains found if some found in models.unknown

violation contains found if {
	some mention in models.known
	mention.fact.revoked
	found := models.stopped(mention, "is restricted: it must not run anywhere", "a version that is not restricted")
}

violation contains found if {
	some mention in models.known
	not mention.fact.revoked
	not mention.fact.stage in input.parameters.models.stages
	found := models.found(mention, sprintf("stands at %s", [mention.fact.stage]), _expected)
}

violation contains found if {
	some mention in models.known
	some environment in input.parameters.models.proven_in
	not _was_deployed(mention.fact, environment)
	found := models.found(
		mention,
		sprintf("has not been deployed in %s, as far as a ledger says", [environment]),
		sprintf("a version that has run in %s", [environment]),
	)
}

_expected := sprintf("a version at %s", [concat(" or ", input.parameters.models.stages)])

_was_deployed(fact, environment) if {
	some stack in fact.deployed
	endswith(stack, concat("", ["-", environment]))
}

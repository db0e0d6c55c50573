# METADATA
# scope: package
# title: Services are reached through the gateway alone
# description: |
#   The gateway ends TLS, knows callers and is what the edge's health probes see. A Service with a load balancer,
#   node port or external address of its own is a second door that none of this watches.
# custom:
#   id: HG-NW-003
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:Service
#   controls:
#     - ISO/IEC 27001:2022 A.8.20
#     - ISO/IEC 27001:2022 A.8.22
#   remediation: |
#     Make it `type: ClusterIP` and route to it with an Ingress of the gateway's class. Namespaces of gateways are
#     `network.gateways` in `policies/parameters/`.
#   fix: how the service is reached instead is a decision
#   since: 2025-01-01
#   deferrable: true
package rules.network.past_the_gateway

import data.lib.finding
import data.lib.view

applies if input.resource.kind == "Service"

violation contains finding.at(path, value, wrong, "type: ClusterIP, and an Ingress") if {
	path := ["spec", "type"]
	value := view.value(path)
	not value in {null, "ClusterIP", "ExternalName"}
	not _is_a_gateway
	wrong := sprintf("the Service is reached past the gateway: its type is %v", [value])
}

violation contains finding.at(path, value, "the Service takes addresses of its own", "no external address") if {
	path := ["spec", "externalIPs"]
	value := view.value(path)
	not value in {null, []}
}

# Where it stands may only be known at the update.
violation contains finding.at(path, place, "", "a namespace that is known") if {
	path := ["metadata", "namespace"]
	place := view.value(path)
	view.opaque(place)
	not view.value(["spec", "type"]) in {null, "ClusterIP", "ExternalName"}
}

_is_a_gateway if view.value(["metadata", "namespace"]) in input.parameters.network.gateways

# Undetermined instead, above.
_is_a_gateway if view.opaque(view.value(["metadata", "namespace"]))

# METADATA
# scope: package
# title: Services are reached through the gateway alone, and lead to their own pods
# description: |
#   The gateway ends TLS, knows callers and is what the edge's health probes see. A Service with a load balancer,
#   node port or external address of its own is a second door that none of this watches. And one that leads to a name
#   elsewhere, or to addresses that somebody wrote down, takes the gateway's callers to other teams' pods, to the node, or
#   out of the cluster: what a Service leads to are the pods that its selector finds.
# custom:
#   id: HG-NW-003
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:EndpointSlice
#     - kubernetes:Endpoints
#     - kubernetes:Service
#   controls:
#     - ISO/IEC 27001:2022 A.8.20
#     - ISO/IEC 27001:2022 A.8.22
#   remediation: |
#     Make it `type: ClusterIP` and route to it with an Ingress of the gateway's class. Namespaces of gateways are
#     `network.gateways` in `policies/parameters/`. Call a host elsewhere by its own name, and let it out by a NetworkPolicy.
#   fix: how the service is reached instead is a decision
#   since: 2025-01-01
#   deferrable: true
package rules.network.past_the_gateway

import data.lib.finding
import data.lib.view

applies if input.resource.kind == "Service"

applies if _is_written_down

# The cluster's own controllers write these all day, and no gate of a cluster is asked about them.
_is_written_down if input.resource.kind in {"EndpointSlice", "Endpoints"}

violation contains finding.at(path, name, wrong, "a Service whose selector finds its pods") if {
	_is_written_down
	path := ["metadata", "name"]
	name := view.value(path)
	wrong := "addresses that a Service leads to are written down: they may be anybody's"
}

violation contains finding.at(path, value, wrong, "the host's own name, where it is called") if {
	input.resource.kind == "Service"
	path := ["spec", "type"]
	value := view.value(path)
	value == "ExternalName"
	wrong := "the Service leads out of its namespace, to what answers for a name elsewhere"
}

violation contains finding.at(path, value, wrong, "type: ClusterIP, and an Ingress") if {
	input.resource.kind == "Service"
	path := ["spec", "type"]
	value := view.value(path)
	not value in {null, "ClusterIP", "ExternalName"}
	not _is_a_gateway
	wrong := sprintf("the Service is reached past the gateway: its type is %v", [value])
}

violation contains finding.at(path, value, "the Service takes addresses of its own", "no external address") if {
	input.resource.kind == "Service"
	path := ["spec", "externalIPs"]
	value := view.value(path)
	not value in {null, []}
}

# Where it stands may only be known at the update.
violation contains finding.at(path, place, "", "a namespace that is known") if {
	input.resource.kind == "Service"
	path := ["metadata", "namespace"]
	place := view.value(path)
	view.opaque(place)
	not view.value(["spec", "type"]) in {null, "ClusterIP", "ExternalName"}
}

_is_a_gateway if view.value(["metadata", "namespace"]) in input.parameters.network.gateways

# Undetermined instead, above.
_is_a_gateway if view.opaque(view.value(["metadata", "namespace"]))

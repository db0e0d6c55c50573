# METADATA
# scope: package
# title: Ingresses and gateways have TLS, and no network policy lets everything through
# description: |
#   An Ingress without TLS, or a Gateway that listens for anything but HTTPS or TLS, carries requests, and the data in
#   them, in the clear; TLS before 1.2 is broken. A network policy with an empty rule
#   undoes the namespace's default-deny for whatever it selects, and so does one for every address or every pod.
# custom:
#   id: HG-NW-004
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:Gateway
#     - kubernetes:Ingress
#     - kubernetes:NetworkPolicy
#   controls:
#     - ISO/IEC 27001:2022 A.8.20
#     - ISO/IEC 27001:2022 A.8.22
#     - ISO/IEC 27001:2022 A.8.24
#   remediation: |
#     Name the host under `spec.tls` of the Ingress; give each listener of a Gateway `protocol: HTTPS` and its certificate,
#     and have HTTP sent on to it by what stands before it. In a NetworkPolicy say from or to whom, or which ports: `- from:
#     [{namespaceSelector: …}]`.
#   fix: the components set TLS; which traffic is meant is known to people alone
#   since: 2025-01-01
#   deferrable: false
package rules.network.open_doors

import data.lib.finding
import data.lib.view

applies if input.resource.kind in {"Gateway", "Ingress", "NetworkPolicy"}

violation contains finding.at(path, value, "the Ingress has no TLS", "tls: [{hosts: [<host>]}]") if {
	input.resource.kind == "Ingress"
	path := ["spec", "tls"]
	value := view.value(path)
	not _is_list(value)
	not _is_a_share
}

# Of the Gateway API, and of Istio, which calls them servers.
violation contains finding.at(path, value, "the gateway listens without TLS", "HTTPS, or TLS") if {
	input.resource.kind == "Gateway"
	some place in [{"field": "listeners", "path": ["protocol"]}, {"field": "servers", "path": ["port", "protocol"]}]
	some index, door in view.value(["spec", place.field])
	value := view.at(door, place.path)
	not _is_closed(value)
	path := array.concat(["spec", place.field, index], place.path)
}

# What was called TLS before 1.2. Istio's own default, and that of the controllers of Ingresses, is not among it.
violation contains finding.at(path, value, "the gateway takes TLS before 1.2", "minProtocolVersion: TLSV1_2") if {
	input.resource.kind == "Gateway"
	some index, door in view.value(["spec", "servers"])
	value := view.at(door, ["tls", "minProtocolVersion"])
	value in {"TLSV1_0", "TLSV1_1"}
	path := ["spec", "servers", index, "tls", "minProtocolVersion"]
}

violation contains finding.at(path, value, "the Ingress takes TLS before 1.2", "TLSv1.2 TLSv1.3") if {
	input.resource.kind == "Ingress"
	some name, value in view.value(["metadata", "annotations"])
	is_string(name)
	endswith(name, "/ssl-protocols")
	is_string(value)
	regex.match(`(^|[\s,])(SSLv[23]|TLSv1(\.[01])?)([\s,]|$)`, value)
	path := ["metadata", "annotations", name]
}

_is_closed(protocol) if {
	is_string(protocol)
	upper(protocol) in {"HTTPS", "TLS"}
}

violation contains finding.at(path, "an empty rule", wrong, expected) if {
	input.resource.kind == "NetworkPolicy"
	some direction, peers in {"ingress": "from", "egress": "to"}
	some index, opening in view.value(["spec", direction])
	_lets_everything(opening, peers)
	path := ["spec", direction, index]
	wrong := sprintf("the network policy lets all %s through", [direction])
	expected := sprintf("`%s` with selectors, or `ports`", [peers])
}

_is_list(value) if {
	is_array(value)
	count(value) > 0
}

# A canary's share of another Ingress, which has the TLS.
_is_a_share if {
	some name, value in view.value(["metadata", "annotations"])
	is_string(name)
	endswith(name, "/canary")
	value == "true"
}

_lets_everything(opening, peers) if {
	_is_any_peer(view.at(opening, [peers]))
	_is_any_port(view.at(opening, ["ports"]))
}

_is_any_peer(peers) if peers in {null, []}

_is_any_peer(peers) if {
	some peer in peers
	_is_anybody(peer)
}

# Every pod of every namespace.
_is_anybody(peer) if {
	view.at(peer, ["namespaceSelector"]) == {}
	view.at(peer, ["podSelector"]) in {null, {}}
}

# Every address, or halves and quarters of them; what it excepts takes little from so much.
_is_anybody(peer) if {
	cidr := view.at(peer, ["ipBlock", "cidr"])
	is_string(cidr)
	regex.match(`/0*[0-3]$`, cidr)
}

_is_any_port(ports) if ports in {null, []}

# A protocol alone is all of its ports.
_is_any_port(ports) if {
	some port in ports
	view.at(port, ["port"]) == null
}

_is_any_port(ports) if {
	some port in ports
	is_number(port.port)
	is_number(port.endPort)
	port.endPort - port.port > 60000
}

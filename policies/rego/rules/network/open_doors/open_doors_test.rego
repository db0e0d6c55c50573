package rules.network.open_doors_test

import data.rules.network.open_doors

_found(kind, properties) := {violation.details.property |
	some violation in open_doors.violation with input as {"resource": {"kind": kind, "opaque": [], "properties": properties}}
}

test_tls_and_named_peers_are_let_through if {
	_found("Ingress", {"spec": {"tls": [{"hosts": ["a"]}]}}) == set()
	_found("Ingress", {"metadata": {"annotations": {"nginx.ingress.kubernetes.io/canary": "true"}}}) == set()
	_found("NetworkPolicy", {"spec": {"ingress": [{"from": [{"podSelector": {}}]}], "egress": [{"ports": [{"port": 53}]}]}}) == set()
	open_doors.applies with input as {"resource": {"kind": "Ingress"}}
}

test_no_tls_is_refused if {
	every spec in [{}, {"tls": []}, {"tls": {"$unknown": true}}] {
		_found("Ingress", {"spec": spec}) == {"spec.tls"}
	}
}

test_a_gateway_listens_with_tls_alone if {
	doors := [{"protocol": "HTTPS"}, {"protocol": "TLS"}, {"protocol": "HTTP"}, {}, "odd"]
	servers := [{"port": {"protocol": "https"}}, {"port": {"protocol": "HTTP"}}, {"port": 80}]
	_found("Gateway", {"spec": {"listeners": doors}}) == {
		"spec.listeners[2].protocol", "spec.listeners[3].protocol", "spec.listeners[4].protocol",
	}
	_found("Gateway", {"spec": {"servers": servers}}) == {"spec.servers[1].port.protocol", "spec.servers[2].port.protocol"}
	_found("Gateway", {}) == set()
}

test_tls_before_1_2_is_refused if {
	servers := [
	{"port": {"protocol": "HTTPS"}, "tls": {"minProtocolVersion": version}} |
		some version in ["TLSV1_0", "TLSV1_1", "TLSV1_2", "TLS_AUTO"]
	]
	_found("Gateway", {"spec": {"servers": servers}}) == {
		"spec.servers[0].tls.minProtocolVersion", "spec.servers[1].tls.minProtocolVersion",
	}
	every protocols in ["TLSv1", "SSLv3 TLSv1.2", "TLSv1.2,TLSv1.1"] {
		_protocols(protocols) == {"metadata.annotations[\"nginx.ingress.kubernetes.io/ssl-protocols\"]"}
	}
	every protocols in ["TLSv1.2 TLSv1.3", "", 1] {
		_protocols(protocols) == set()
	}
}

_protocols(value) := _found("Ingress", {
	"metadata": {"annotations": {"nginx.ingress.kubernetes.io/ssl-protocols": value}},
	"spec": {"tls": [{"hosts": ["a"]}]},
})

test_an_empty_rule_is_refused if {
	_found("NetworkPolicy", {"spec": {"ingress": [{"from": [{}]}, {}], "egress": [{"to": [], "ports": []}]}}) == {
		"spec.ingress[1]", "spec.egress[0]",
	}
}

# No NetworkPolicy that an API server would take; the rest of what is checked with it is judged all the same.
test_what_is_no_address_or_port_is_no_error if {
	every peer in ["10.0.0.0/x", "10.0.0.0/", "10.0.0.0", 10, {"$unknown": true}] {
		_found("NetworkPolicy", {"spec": {"ingress": [{"from": [{"ipBlock": {"cidr": peer}}]}]}}) == set()
	}
	every last in ["70000", {"$unknown": true}] {
		_found("NetworkPolicy", {"spec": {"ingress": [{"ports": [{"port": 1, "endPort": last}]}]}}) == set()
		_found("NetworkPolicy", {"spec": {"ingress": [{"ports": [{"port": "http", "endPort": last}]}]}}) == set()
	}
	_found("Ingress", {"metadata": {"annotations": ["TLSv1"]}, "spec": {"tls": [{"hosts": ["a"]}]}}) == set()
}

test_every_address_and_every_pod_are_everything if {
	every peer in [
		{"ipBlock": {"cidr": "0.0.0.0/0"}},
		{"ipBlock": {"cidr": "0.0.0.0/1", "except": ["10.0.0.0/8"]}},
		{"ipBlock": {"cidr": "::/0"}},
		{"namespaceSelector": {}},
		{"namespaceSelector": {}, "podSelector": {}},
	] {
		_opened([peer], null) == {"spec.ingress[0]"}
		_opened([peer], [{"protocol": "TCP"}]) == {"spec.ingress[0]"}
		_opened([peer], [{"port": 1, "endPort": 65535}]) == {"spec.ingress[0]"}
		_opened([peer], [{"port": 443}]) == set()
	}
	every peer in [
		{"ipBlock": {"cidr": "10.0.0.0/8"}},
		{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "a"}}},
		{"namespaceSelector": {"matchLabels": {"team": "a"}}},
	] {
		_opened([peer], null) == set()
	}
}

_opened(peers, ports) := _found("NetworkPolicy", {"spec": {"ingress": [{"from": peers, "ports": ports}]}})

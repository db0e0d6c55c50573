package rules.network.past_the_gateway_test

import data.rules.network.past_the_gateway

_found(namespace, spec) := {[violation.details.property, object.get(violation.details, "undetermined", false)] |
	some violation in past_the_gateway.violation with input as {
		"resource": {
			"kind": "Service", "opaque": [],
			"properties": {"metadata": {"namespace": namespace}, "spec": spec},
		},
		"parameters": {"network": {"gateways": ["g"]}},
	}
}

test_inside_the_cluster_and_at_the_gateway_is_let_through if {
	_found("a", {}) == set()
	_found("a", {"type": "ClusterIP"}) == set()
	_found("g", {"type": "LoadBalancer"}) == set()
	past_the_gateway.applies with input as {"resource": {"kind": "Service"}}
}

test_another_door_is_refused if {
	every type in ["LoadBalancer", "NodePort"] {
		_found("a", {"type": type}) == {["spec.type", false]}
	}
	_found("a", {"externalIPs": ["192.0.2.1"]}) == {["spec.externalIPs", false]}
	_found("a", {"type": {"$unknown": true}}) == {["spec.type", true]}
}

test_a_place_that_is_unknown_is_undetermined if {
	_found({"$unknown": true}, {"type": "LoadBalancer"}) == {["metadata.namespace", true]}
	_found({"$unknown": true}, {}) == set()
}

test_a_name_elsewhere_is_refused if {
	_found("a", {"type": "ExternalName", "externalName": "example.com"}) == {["spec.type", false]}
	_found("g", {"type": "ExternalName"}) == {["spec.type", false]}
}

test_addresses_that_are_written_down_are_refused if {
	every kind in ["EndpointSlice", "Endpoints"] {
		resource := {"kind": kind, "opaque": [], "properties": {"metadata": {"name": "a", "namespace": "g"}, "spec": {"type": "NodePort"}}}
		past_the_gateway.applies with input as {"resource": resource}
		found := past_the_gateway.violation with input as {"resource": resource}
		{violation.details.property | some violation in found} == {"metadata.name"}
	}
}

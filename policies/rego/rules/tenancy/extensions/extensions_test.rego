package rules.tenancy.extensions_test

import data.rules.tenancy.extensions

_parameters := {
	"tenancy": {
		"platform_namespaces": ["headgate-metrics"],
		"extensions": {
			"admission_policies": ["headgate-*"],
			"controllers": ["headgate.dev/*"],
			"devices": ["gpu.nvidia.com"],
			"drivers": ["disk.csi.azure.com"],
			"flows": ["health-*"],
			"most_priority": 0,
			"runtimes": ["runc"],
		},
	},
	"audit": {"gate": {"exempt": ["kube-system"]}},
}

_violations(kind, properties, opaque) := {violation |
	some violation in extensions.violation with input as {
		"parameters": _parameters,
		"resource": {"kind": kind, "opaque": opaque, "properties": properties},
	}
}

_found(kind, properties) := {violation.details.property | some violation in _violations(kind, properties, [])}

_undetermined(kind, path) := {violation.details.undetermined |
	some violation in _violations(kind, {}, [{"path": path, "why": "unknown"}])
}

_in(namespace) := {"service": {"namespace": namespace, "name": "x"}}

test_it_is_asked_of_what_extends_a_cluster if {
	extensions.applies with input as {"resource": {"kind": "APIService"}}
	extensions.applies with input as {"resource": {"kind": "PriorityClassPatch"}}
	not extensions.applies with input as {"resource": {"kind": "Deployment"}}
}

test_webhooks_are_answered_by_the_platform if {
	every kind in ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] {
		_found(kind, {"webhooks": [{"clientConfig": _in("headgate-metrics")}, {"clientConfig": _in("kube-system")}]}) == set()
		_found(kind, {"webhooks": [{"clientConfig": _in("team-fraud")}]}) == {"webhooks[0].clientConfig.service.namespace"}
		_found(kind, {"webhooks": [{"clientConfig": {"url": "https://x"}}]}) == {"webhooks[0].clientConfig.service.namespace"}
		_found(kind, {"webhooks": ["x"]}) == {"webhooks[0].clientConfig.service.namespace"}
		_undetermined(kind, ["webhooks"]) == {true}
	}
	hidden := {"webhooks": [{"clientConfig": _in({"$unknown": true})}]}
	place := ["webhooks", 0, "clientConfig", "service", "namespace"]
	found := _violations("ValidatingWebhookConfiguration", hidden, [{"path": place, "why": "unknown"}])
	{violation.details.undetermined | some violation in found} == {true}
}

test_apis_are_answered_by_the_api_server_or_the_platform if {
	_found("APIService", {"spec": {"group": "apps"}}) == set()
	_found("APIService", {"spec": {"service": null}}) == set()
	_found("APIService", {"spec": _in("headgate-metrics")}) == set()
	_found("APIService", {"spec": _in("team-fraud")}) == {"spec.service.namespace"}
	_undetermined("APIService", ["spec", "service"]) == {true}
}

test_conversions_are_the_platforms if {
	_found("CustomResourceDefinition", {"spec": {"group": "x"}}) == set()
	_found("CustomResourceDefinition", {"spec": {"conversion": {"strategy": "None"}}}) == set()
	_found("CustomResourceDefinition", _converted("kube-system")) == set()
	_found("CustomResourceDefinition", _converted("team-fraud")) == {"spec.conversion.webhook.clientConfig.service.namespace"}
	_found("CustomResourceDefinition", {"spec": {"conversion": {"strategy": "Webhook"}}}) == {
		"spec.conversion.webhook.clientConfig.service.namespace",
	}
	_undetermined("CustomResourceDefinition", ["spec", "conversion"]) == {true}
}

_converted(namespace) := {"spec": {"conversion": {"strategy": "Webhook", "webhook": {"clientConfig": _in(namespace)}}}}

test_admission_policies_are_named if {
	every kind in ["MutatingAdmissionPolicy", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"] {
		_found(kind, {"metadata": {"name": "headgate-labels"}}) == set()
		_found(kind, {"metadata": {"name": "sidecars"}}) == {"metadata.name"}
		_found(kind, {"metadata": {"generateName": "headgate-"}}) == {"metadata.name"}
	}
}

test_no_priority_is_above_serving_or_everybodys if {
	_found("PriorityClass", {"value": -5, "globalDefault": false}) == set()
	_found("PriorityClassPatch", {"description": "x"}) == set()
	_found("PriorityClass", {"value": 1}) == {"value"}
	_found("PriorityClass", {"value": "-1"}) == {"value"}
	_found("PriorityClass", {"metadata": {"name": "system-node-critical"}, "value": 2000001000}) == set()
	_found("PriorityClass", {"value": -5, "globalDefault": true}) == {"globalDefault"}
}

test_runtimes_and_drivers_are_named if {
	_found("RuntimeClass", {"handler": "runc"}) == set()
	_found("RuntimeClass", {"handler": "crun"}) == {"handler"}
	_found("StorageClass", {"provisioner": "disk.csi.azure.com"}) == set()
	_found("StorageClass", {"provisioner": "hostpath"}) == {"provisioner"}
	_found("CSIDriver", {"metadata": {"name": "hostpath"}}) == {"metadata.name"}
	_undetermined("RuntimeClass", ["handler"]) == {true}
}

test_what_routes_and_lends_devices_is_named if {
	_found("IngressClass", {"spec": {"controller": "headgate.dev/gateway"}}) == set()
	_found("IngressClass", {"spec": {"controller": "k8s.io/ingress-nginx"}}) == {"spec.controller"}
	_found("GatewayClass", {"spec": {"controllerName": "example.com/gateway"}}) == {"spec.controllerName"}
	_found("DeviceClass", {"metadata": {"name": "gpu.nvidia.com"}}) == set()
	_found("DeviceClass", {"metadata": {"name": "everything"}}) == {"metadata.name"}
	_found("VolumeAttributesClass", {"driverName": "hostpath"}) == {"driverName"}
}

test_flows_are_kubernetes_own_or_named if {
	every kind in ["FlowSchema", "PriorityLevelConfiguration"] {
		_found(kind, {"metadata": {"name": "health-for-strangers"}}) == set()
		_found(kind, {"metadata": {"name": "first"}}) == {"metadata.name"}
		_found(kind, {"metadata": {"name": "catch-all", "annotations": _kept("true")}}) == set()
		_found(kind, {"metadata": {"name": "catch-all", "annotations": _kept("false")}}) == {"metadata.name"}
		_found(kind, {"metadata": {"name": "catch-all"}}) == {"metadata.name"}
	}
	_found("FlowSchema", {"metadata": {"name": "system", "annotations": _kept("true")}}) == {"metadata.name"}
}

_kept(said) := {"apf.kubernetes.io/autoupdate-spec": said}

# METADATA
# scope: package
# title: What extends a cluster is the platform's
# description: |
#   Some objects belong to no namespace and change what the API server, the scheduler or a node does for everybody: webhooks
#   and policies see and rewrite what every team writes, an API or a conversion is answered by whoever registered it, a
#   priority ends other teams' pods, a flow makes the API server serve one before all others, what routes or lends devices
#   does it for every team that names it, a runtime or a driver of volumes works as root on the node. A label says nothing of
#   whose they are, so they are judged by what they say: what answers runs in a namespace of the platform, where no team has
#   rights, and the rest is named in the parameters. The API server asks no webhook about webhook configurations and
#   admission policies: in a cluster its access rights and the alert on its audit log hold those.
# custom:
#   id: HG-TN-003
#   severity: critical
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:APIService
#     - kubernetes:CSIDriver
#     - kubernetes:CustomResourceDefinition
#     - kubernetes:DeviceClass
#     - kubernetes:FlowSchema
#     - kubernetes:GatewayClass
#     - kubernetes:IngressClass
#     - kubernetes:MutatingAdmissionPolicy
#     - kubernetes:MutatingAdmissionPolicyBinding
#     - kubernetes:MutatingWebhookConfiguration
#     - kubernetes:PriorityClass
#     - kubernetes:PriorityLevelConfiguration
#     - kubernetes:RuntimeClass
#     - kubernetes:StorageClass
#     - kubernetes:ValidatingAdmissionPolicy
#     - kubernetes:ValidatingAdmissionPolicyBinding
#     - kubernetes:ValidatingWebhookConfiguration
#     - kubernetes:VolumeAttributesClass
#   controls:
#     - ISO/IEC 27001:2022 A.5.15
#     - ISO/IEC 27001:2022 A.8.9
#     - ISO/IEC 27001:2022 A.8.22
#   remediation: |
#     Leave it out, or let the platform's stack bring it: what answers for the API server in one of
#     `tenancy.platform_namespaces`, and names of admission policies, controllers, devices, drivers, flows, runtimes and the
#     highest priority under `tenancy.extensions` of `policies/parameters/`. A namespace that runs an operator with a webhook is named there, too.
#   fix: whether a cluster is extended is the platform's decision
#   since: 2025-01-01
#   deferrable: true
package rules.tenancy.extensions

import data.lib.finding
import data.lib.view

applies if _kind in _kinds

_kind := trim_suffix(input.resource.kind, "Patch")

_kinds := (((_policies | _webhooks) | _flows) | {kind | some kind, _ in _of_all}) | {
	"APIService", "CustomResourceDefinition", "PriorityClass",
}

_webhooks := {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}

_policies := {
	"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
}

_named := input.parameters.tenancy.extensions

# Where no team has rights: neither a service there, nor what is behind it, is a team's.
_platforms := {name | some name in input.parameters.tenancy.platform_namespaces} | {name | some name in input.parameters.audit.gate.exempt}

_home := sprintf("a service in a namespace of the platform: %s", [concat(", ", sort(_platforms))])

violation contains finding.at(["webhooks"], value, "", "webhooks that can be read") if {
	_kind in _webhooks
	value := view.value(["webhooks"])
	view.opaque(value)
}

violation contains finding.at(found.path, found.value, wrong, _home) if {
	_kind in _webhooks
	some index, hook in view.value(["webhooks"])
	found := _elsewhere(hook, ["webhooks", index], ["clientConfig"])
	wrong := "what everybody writes is shown to, or changed by, what does not run in a namespace of the platform"
}

# One that answers itself has no service.
violation contains finding.at(found.path, found.value, wrong, _home) if {
	_kind == "APIService"
	view.value(["spec", "service"]) != null
	found := _elsewhere(input.resource.properties, [], ["spec"])
	wrong := "an API is answered for by what does not run in a namespace of the platform"
}

violation contains finding.at(found.path, found.value, wrong, expected) if {
	_kind == "CustomResourceDefinition"
	not view.value(["spec", "conversion", "strategy"]) in {null, "None"}
	found := _elsewhere(input.resource.properties, [], ["spec", "conversion", "webhook", "clientConfig"])
	wrong := "objects are rewritten, each time they are read, by what does not run in a namespace of the platform"
	expected := sprintf("strategy: None, or %s", [_home])
}

# The namespace of the service that answers, where it is none of the platform's.
_elsewhere(whole, place, path) := {"path": array.concat(place, property), "value": value} if {
	property := array.concat(path, ["service", "namespace"])
	value := _told(whole, place, property)
	not value in _platforms
}

_told(_, [], path) := view.value(path)

_told(hook, place, path) := view.value(array.concat(place, path)) if {
	place != []
	is_object(hook)
}

_told(hook, place, _) := hook if {
	place != []
	not is_object(hook)
}

violation contains finding.at(path, name, wrong, "an object of the platform, named in tenancy.extensions.admission_policies") if {
	_kind in _policies
	path := ["metadata", "name"]
	name := view.value(path)
	not _is_among(name, _named.admission_policies)
	wrong := "what everybody writes is judged, or changed, past the rules of this gate"
}

violation contains finding.at(["value"], value, wrong, sprintf("%v or less", [_named.most_priority])) if {
	_kind == "PriorityClass"
	value := view.value(["value"])
	not _is_low(value)
	not _is_kubernetes_own
	wrong := "pods of this class end those of others, to take their room"
}

violation contains finding.at(["globalDefault"], value, "every pod that names no class gets this one", "globalDefault: false") if {
	_kind == "PriorityClass"
	value := view.value(["globalDefault"])
	not value in {null, false}
}

_is_low(null)

_is_low(value) if {
	is_number(value)
	value <= _named.most_priority
}

# The API server lets nobody call another class so, and gives these their values itself.
_is_kubernetes_own if view.value(["metadata", "name"]) in {"system-cluster-critical", "system-node-critical"}

violation contains finding.at(path, name, wrong, expected) if {
	[path, names, wrong] := _of_all[_kind]
	name := view.value(path)
	not _is_among(name, names)
	expected := sprintf("one of %s", [concat(", ", names)])
}

_of_all := {
	"CSIDriver": [["metadata", "name"], _named.drivers, "a driver of volumes that is none of the platform's works on the nodes"],
	"DeviceClass": [["metadata", "name"], _named.devices, "devices would be lent to everybody by what is none of the platform's"],
	"GatewayClass": [["spec", "controllerName"], _named.controllers, "a controller that is none of the platform's would route for everybody"],
	"IngressClass": [["spec", "controller"], _named.controllers, "a controller that is none of the platform's would route for everybody"],
	"RuntimeClass": [["handler"], _named.runtimes, "pods would run in a runtime that is none of the platform's"],
	"StorageClass": [["provisioner"], _named.drivers, "volumes would be made by a driver that is none of the platform's"],
	"VolumeAttributesClass": [["driverName"], _named.drivers, "volumes would be changed by a driver that is none of the platform's"],
}

_flows := {"FlowSchema", "PriorityLevelConfiguration"}

violation contains finding.at(path, name, wrong, "an object of the platform, named in tenancy.extensions.flows") if {
	_kind in _flows
	path := ["metadata", "name"]
	name := view.value(path)
	not _is_among(name, _named.flows)
	not _is_kept_by_kubernetes(name)
	wrong := "whose requests the API server serves first, and whose last, is said for everybody"
}

# The API server writes these itself, and writes them again where they were changed, as long as that annotation says so.
_is_kept_by_kubernetes(name) if {
	name in _kept[_kind]
	view.value(["metadata", "annotations", "apf.kubernetes.io/autoupdate-spec"]) == "true"
}

_kept := {
	"FlowSchema": {
		"catch-all", "endpoint-controller", "exempt", "global-default", "kube-controller-manager", "kube-scheduler",
		"kube-system-service-accounts", "probes", "service-accounts", "system-leader-election", "system-node-high",
		"system-nodes", "workload-leader-election",
	},
	"PriorityLevelConfiguration": {
		"catch-all", "exempt", "global-default", "leader-election", "node-high", "system", "workload-high", "workload-low",
	},
}

_is_among(name, patterns) if {
	is_string(name)
	some pattern in patterns
	glob.match(pattern, [], name)
}

# METADATA
# scope: package
# title: Workloads have probes, requests and limits, and spread over zones
# description: |
#   Without probes traffic goes to pods that can't answer and hung ones stay; without requests the scheduler guesses
#   and without limits one pod starves its neighbours; without a spread all replicas may stand in one zone and go
#   with it.
# custom:
#   id: HG-SV-002
#   severity: medium
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:Deployment
#     - kubernetes:StatefulSet
#     - kubernetes:DaemonSet
#     - kubernetes:Rollout
#   controls:
#     - ISO/IEC 27001:2022 A.8.6
#     - ISO/IEC 27001:2022 A.8.14
#   remediation: |
#     Give each container a `readinessProbe`, a `livenessProbe`, `resources.requests` for cpu and memory and a memory
#     limit, and a workload of more than one replica a topology spread constraint on `topology.kubernetes.io/zone`.
#     ModelDeployment brings all of it.
#   fix: the components set probes and the spread; how much a program needs is measured, not guessed
#   since: 2025-01-01
#   deferrable: false
package rules.serving.dependable_workloads

import data.lib.finding
import data.lib.pods
import data.lib.view

applies if pods.any

violation contains finding.at(path, value, wrong, sprintf("a %s", [probe])) if {
	some container in _serving
	some probe, so_that in _probes
	value := view.at(container.spec, [probe])
	not _is_written(value)
	path := array.concat(container.path, [probe])
	wrong := sprintf("container %q has no %s: %s", [pods.name_of(container), probe, so_that])
}

violation contains finding.at(path, value, wrong, "an amount, such as `cpu: 500m` or `memory: 512Mi`") if {
	some container in _lasting
	some field in _amounts
	value := view.at(container.spec, field)
	not _is_amount(value)
	path := array.concat(container.path, field)
	wrong := sprintf("container %q says nothing of its %s", [pods.name_of(container), concat(" ", field)])
}

violation contains finding.at(path, value, wrong, expected) if {
	some pod in pods.found
	_has_several
	not _spreads(pod.spec)
	path := array.concat(pod.path, ["topologySpreadConstraints"])
	value := view.at(pod.spec, ["topologySpreadConstraints"])
	wrong := "all replicas may stand in one zone"
	expected := "a constraint with topologyKey topology.kubernetes.io/zone"
}

# Containers that run as long as the pod does.
_lasting := [container | some container in pods.containers; container.list == "containers"]

# Of these, the ones that are asked anything: a controller that only asks others has nothing that a probe could call.
_serving := [container | some container in _lasting; _is_asked(container)]

_is_asked(container) if not view.at(container.spec, ["ports"]) in {null, []}

_is_asked(_) if input.resource.properties.metadata.labels["headgate.dev/model"]

_probes := {
	"readinessProbe": "traffic would go to it before it can answer",
	"livenessProbe": "nobody would restart it once it hangs",
}

_amounts := [
	["resources", "requests", "cpu"],
	["resources", "requests", "memory"],
	["resources", "limits", "memory"],
]

_is_written(value) if {
	is_object(value)
	count(value) > 0
}

_is_amount(value) if is_number(value)

_is_amount(value) if {
	is_string(value)
	regex.match(`^[0-9]`, value)
}

# A DaemonSet stands on every node; what names no number has one from its autoscaler.
_has_several if {
	input.resource.kind in {"Deployment", "StatefulSet", "Rollout"}
	object.get(input.resource.properties, ["spec", "replicas"], null) != 1
}

_spreads(spec) if {
	some constraint in spec.topologySpreadConstraints
	constraint.topologyKey == _zone
}

_spreads(spec) if {
	some terms in spec.affinity.podAntiAffinity
	some term in terms
	_zone in {view.at(term, ["topologyKey"]), view.at(term, ["podAffinityTerm", "topologyKey"])}
}

_zone := "topology.kubernetes.io/zone"

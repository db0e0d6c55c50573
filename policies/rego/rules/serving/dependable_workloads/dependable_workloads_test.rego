package rules.serving.dependable_workloads_test

import data.rules.serving.dependable_workloads

_container := {
	"name": "a",
	"ports": [{"containerPort": 8080}],
	"readinessProbe": {"httpGet": {}},
	"livenessProbe": {"tcpSocket": {}},
	"resources": {"requests": {"cpu": 1, "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
}

_spread := {"topologySpreadConstraints": [{"topologyKey": "topology.kubernetes.io/zone"}]}

_input(kind, spec, pod) := {"resource": {
	"provider": "kubernetes", "kind": kind, "group": object.get({"Rollout": "argoproj.io"}, kind, "apps"), "opaque": [],
	"properties": {"spec": object.union(spec, {"template": {"spec": pod}})},
}}

_found(kind, spec, pod) := {violation.details.property |
	some violation in dependable_workloads.violation with input as _input(kind, spec, pod)
}

test_a_dependable_workload_is_let_through if {
	_found("Deployment", {}, object.union({"containers": [_container]}, _spread)) == set()
	_found("Deployment", {"replicas": 1}, {"containers": [_container]}) == set()
	_found("DaemonSet", {}, {"containers": [_container], "initContainers": [{}]}) == set()
	dependable_workloads.applies with input as _input("Deployment", {}, {})
}

test_what_is_asked_nothing_needs_no_probe_but_a_model_always_does if {
	silent := object.remove(_container, ["ports", "readinessProbe", "livenessProbe"])
	_found("Deployment", {"replicas": 1}, {"containers": [silent]}) == set()
	given := object.union(
		_input("Deployment", {"replicas": 1}, {"containers": [silent]}),
		{"resource": {"properties": {"metadata": {"labels": {"headgate.dev/model": "a"}}}}},
	)
	count(dependable_workloads.violation) == 2 with input as given
}

test_an_affinity_may_spread_too if {
	hard := {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "topology.kubernetes.io/zone"}]}
	soft := {"preferredDuringSchedulingIgnoredDuringExecution": [{
		"weight": 1,
		"podAffinityTerm": {"topologyKey": "topology.kubernetes.io/zone"},
	}]}
	every affinity in [hard, soft] {
		_found("StatefulSet", {}, {"containers": [_container], "affinity": {"podAntiAffinity": affinity}}) == set()
	}
}

test_each_thing_that_is_missing_is_said_by_its_place if {
	_found("Rollout", {}, {"containers": [{"ports": [{}], "readinessProbe": {}, "resources": {"requests": {"cpu": "much"}}}]}) == {
		"spec.template.spec.containers[0].readinessProbe",
		"spec.template.spec.containers[0].livenessProbe",
		"spec.template.spec.containers[0].resources.requests.cpu",
		"spec.template.spec.containers[0].resources.requests.memory",
		"spec.template.spec.containers[0].resources.limits.memory",
		"spec.template.spec.topologySpreadConstraints",
	}
}

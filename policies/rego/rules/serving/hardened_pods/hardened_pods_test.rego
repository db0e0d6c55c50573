package rules.serving.hardened_pods_test

import data.rules.serving.hardened_pods

_safe := {
	"name": "a",
	"securityContext": {
		"allowPrivilegeEscalation": false,
		"readOnlyRootFilesystem": true,
		"capabilities": {"drop": ["ALL"]},
	},
}

_pod := {"securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}}, "containers": [_safe]}

_input(spec) := {"resource": {
	"provider": "kubernetes", "kind": "Pod", "group": "", "properties": {"spec": spec}, "opaque": [],
}}

_found(spec) := {violation.details.property | some violation in hardened_pods.violation with input as _input(spec)}

_of_container(patch) := _found(object.union(_pod, {"containers": [object.union(_safe, patch)]}))

test_a_pod_without_privileges_is_let_through if {
	_found(_pod) == set()
	_of_container({"securityContext": {"runAsUser": 65532, "privileged": false}}) == set()
	hardened_pods.applies with input as _input(_pod)
}

test_the_host_is_out_of_reach if {
	_found(object.union(_pod, {
		"hostNetwork": true, "hostPID": true, "hostIPC": {"$unknown": true},
		"volumes": [{"hostPath": {"path": "/"}}, {"emptyDir": {}}],
	})) == {"spec.hostNetwork", "spec.hostPID", "spec.hostIPC", "spec.volumes[0].hostPath"}
	_of_container({"ports": [{"hostPort": 80}, {"hostPort": 0}, {}]}) == {"spec.containers[0].ports[0].hostPort"}
}

test_each_privilege_is_refused_by_its_place if {
	every field, value in {
		"privileged": true, "allowPrivilegeEscalation": true, "readOnlyRootFilesystem": false, "runAsNonRoot": false,
		"procMount": "Unmasked", "runAsUser": 0,
	} {
		_of_container({"securityContext": {field: value}}) == {sprintf("spec.containers[0].securityContext.%s", [field])}
	}
	_of_container({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}) == {
		"spec.containers[0].securityContext.seccompProfile.type",
	}
	_of_container({"securityContext": {"capabilities": {"add": ["NET_ADMIN"], "drop": ["CHOWN"]}}}) == {
		"spec.containers[0].securityContext.capabilities.add",
		"spec.containers[0].securityContext.capabilities.drop",
	}
}

test_what_says_nothing_is_refused_for_containers_of_every_sort if {
	every list in ["containers", "initContainers", "ephemeralContainers"] {
		count(_found(object.union(_pod, {list: [{}]}))) > 2
	}
}

test_a_secret_in_the_environment_is_refused if {
	_of_container({
		"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}, {"name": "B", "value": "1"}],
		"envFrom": [{"configMapRef": {}}, {"secretRef": {"name": "s"}}],
	}) == {"spec.containers[0].env[0].valueFrom.secretKeyRef", "spec.containers[0].envFrom[1].secretRef"}
}

test_what_can_not_be_read_is_refused if {
	_found({"$unknown": true}) == {"spec"}
	_found({"containers": "all"}) == {"spec"}
}

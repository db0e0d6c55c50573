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

_digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

_who := {"namespace": "devices", "name": "plugin", "service_account": "plugin", "repositories": ["runtimes/plugin"], "folder": "/sockets"}

_plugin_pod := {
	"serviceAccountName": "plugin",
	"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
	"volumes": [{"hostPath": {"path": "/sockets", "type": "Directory"}}],
	"containers": [{
		"name": "a",
		"image": concat("@", ["hg.azurecr.io/runtimes/plugin", _digest]),
		"securityContext": object.union(_safe.securityContext, {"runAsUser": 0}),
	}],
}

_parts := {"registries": {"images": ["hg.azurecr.io"]}, "serving": {"device_plugin": _who}}

_plugin_input := {"parameters": _parts, "resource": {
	"provider": "kubernetes", "kind": "DaemonSet", "group": "apps", "opaque": [],
	"properties": {"metadata": {"namespace": "devices", "name": "plugin"}, "spec": {"template": {"spec": _plugin_pod}}},
}}

_of_plugin(patches) := {violation.details.property |
	some violation in hardened_pods.violation with input as json.patch(_plugin_input, patches)
}

_replaced(path, value) := _of_plugin([{"op": "replace", "path": path, "value": value}])

_spec := "/resource/properties/spec/template/spec"

test_the_device_plugin_is_root_in_the_kubelets_folder if {
	_of_plugin([]) == set()
	count(_of_plugin([{"op": "remove", "path": "/parameters/serving/device_plugin"}])) == 3
}

test_its_pods_are_those_of_its_controller if {
	owned := {"kind": "Pod", "group": "", "properties": {
		"metadata": {"namespace": "devices", "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "plugin", "controller": true}]},
		"spec": _plugin_pod,
	}}
	_pod_of(owned) == set()
	bare := json.patch(owned, [{"op": "remove", "path": "/properties/metadata/ownerReferences"}])
	count(_pod_of(bare)) == 3
	another := json.patch(owned, [{"op": "replace", "path": "/properties/metadata/ownerReferences/0/name", "value": "other"}])
	count(_pod_of(another)) == 3
}

_pod_of(resource) := {violation.details.property |
	some violation in hardened_pods.violation with input as object.union(_plugin_input, {"resource": object.union(
		object.remove(_plugin_input.resource, ["properties"]),
		resource,
	)})
}

test_what_looks_like_it_is_refused if {
	every path, value in {
		"/resource/properties/metadata/namespace": "team-fraud",
		"/resource/properties/metadata/name": "plugin-2",
		"/resource/kind": "Deployment",
		concat("", [_spec, "/serviceAccountName"]): "other",
		concat("", [_spec, "/containers/0/image"]): concat("@", ["hg.azurecr.io/runtimes/other", _digest]),
	} {
		count(_replaced(path, value)) == 3
	}
	count(_replaced(concat("", [_spec, "/containers/0/image"]), "hg.azurecr.io/runtimes/plugin:1")) == 3
	count(_replaced(concat("", [_spec, "/containers/0/image"]), concat("@", ["docker.io/runtimes/plugin", _digest]))) == 3
	beside := {"op": "add", "path": concat("", [_spec, "/containers/-"]), "value": _safe}
	count(_of_plugin([beside])) == 4
}

test_it_gets_no_more_than_it_needs if {
	_replaced(concat("", [_spec, "/volumes/0/hostPath/path"]), "/") == {"spec.template.spec.volumes[0].hostPath"}
	context := "/containers/0/securityContext"
	_replaced(concat("", [_spec, context, "/allowPrivilegeEscalation"]), true) == {"spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation"}
	_replaced(concat("", [_spec, context, "/capabilities/drop"]), []) == {"spec.template.spec.containers[0].securityContext.capabilities.drop"}
	network := {"op": "add", "path": concat("", [_spec, "/hostNetwork"]), "value": true}
	_of_plugin([network]) == {"spec.template.spec.hostNetwork"}
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

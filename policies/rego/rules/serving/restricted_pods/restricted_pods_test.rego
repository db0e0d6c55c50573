package rules.serving.restricted_pods_test

import data.rules.serving.restricted_pods

_judged(resource) := {violation.details.property |
	some violation in restricted_pods.violation with input as {"resource": object.union(
		{"provider": "kubernetes", "group": "", "kind": "Pod", "opaque": []},
		resource,
	)}
}

_found(spec) := _judged({"properties": {"spec": object.union({"containers": []}, spec)}})

_of_container(fields) := _judged({"properties": {"spec": {"containers": [fields]}}})

test_pods_and_volumes_of_the_cluster_are_judged if {
	restricted_pods.applies with input as {"resource": {"kind": "PersistentVolume"}}
	restricted_pods.applies with input as {"resource": {"kind": "Pod", "group": "", "opaque": [], "properties": {"spec": {}}}}
}

test_what_restricted_allows_is_let_through if {
	_found({
		"securityContext": {
			"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}],
			"seLinuxOptions": {"type": "container_t", "level": "s0:c1"},
			"appArmorProfile": {"type": "RuntimeDefault"},
			"windowsOptions": {"hostProcess": false},
		},
		"volumes": [{"name": "a", "emptyDir": {}, "nfs": null}, {"name": "b", "image": {}}, {"name": "c", "hostPath": {}}],
	}) == set()
	_of_container({"livenessProbe": {"httpGet": {"path": "/", "port": 80}}, "lifecycle": {"preStop": {"exec": {}}}}) == set()
	_judged({"kind": "PersistentVolume", "properties": {"spec": {"csi": {}}}}) == set()
}

test_processes_of_the_node_are_refused if {
	options := {
		"windowsOptions": {"hostProcess": true},
		"seLinuxOptions": {"type": "spc_t", "user": "system_u", "role": "system_r"},
		"appArmorProfile": {"type": "Unconfined"},
	}
	found := {
		"securityContext.windowsOptions.hostProcess", "securityContext.seLinuxOptions.type",
		"securityContext.seLinuxOptions.user", "securityContext.seLinuxOptions.role", "securityContext.appArmorProfile.type",
	}
	_found({"securityContext": options}) == {sprintf("spec.%s", [each]) | some each in found}
	_of_container({"securityContext": options}) == {sprintf("spec.containers[0].%s", [each]) | some each in found}
}

test_annotations_take_no_profile_away if {
	name := "container.apparmor.security.beta.kubernetes.io/server"
	every profile in ["unconfined", 5] {
		_annotated({name: profile}) == {sprintf(`metadata.annotations["%s"]`, [name])}
	}
	every profile in ["runtime/default", "localhost/mine"] {
		_annotated({name: profile}) == set()
	}
}

_annotated(annotations) := _judged({"properties": {"metadata": {"annotations": annotations}, "spec": {"containers": []}}})

test_annotations_that_are_a_list_have_no_names if {
	_annotated(["unconfined"]) == set()
}

test_parameters_of_the_kernel_are_refused if {
	_found({"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}}) == {"spec.securityContext.sysctls[0].name"}
}

test_other_kinds_of_volumes_are_refused if {
	every kind in ["nfs", "flexVolume", "gitRepo", "iscsi", "azureFile"] {
		_found({"volumes": [{"name": "a", kind: {}}]}) == {sprintf("spec.volumes[0].%s", [kind])}
	}
	every kind in ["hostPath", "local"] {
		_judged({"kind": "PersistentVolume", "properties": {"spec": {kind: {"path": "/"}}}}) == {sprintf("spec.%s", [kind])}
	}
}

test_the_kubelet_asks_nobody_else if {
	_of_container({"readinessProbe": {"tcpSocket": {"host": "10.0.0.1", "port": 80}}}) == {
		"spec.containers[0].readinessProbe.tcpSocket.host",
	}
	_of_container({"lifecycle": {"postStart": {"httpGet": {"host": "169.254.169.254"}}}}) == {
		"spec.containers[0].lifecycle.postStart.httpGet.host",
	}
}

test_what_hides_a_setting_is_undetermined if {
	every path in [["spec", "securityContext", "sysctls"], ["spec", "volumes"], ["spec", "volumes", 0]] {
		count(_judged({"properties": {"spec": {"containers": []}}, "opaque": [{"path": path, "why": "unknown"}]})) == 1
	}
	path := ["spec", "volumes", 0, "secret", "secretName"]
	_judged({"properties": {"spec": {"containers": []}}, "opaque": [{"path": path, "why": "unknown"}]}) == set()
}

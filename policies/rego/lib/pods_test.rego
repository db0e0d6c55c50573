package lib.pods_test

import data.lib.pods

_resource(kind, group, properties) := {"resource": {
	"provider": "kubernetes", "kind": kind, "group": group, "properties": properties, "opaque": [],
}}

_paths(kind, group, properties) := [pod.path | some pod in pods.found with input as _resource(kind, group, properties)]

_spec := {"containers": [{"name": "a"}], "initContainers": [{"image": "b"}]}

test_a_pod_is_found_where_each_kind_keeps_it if {
	_paths("Pod", "", {"spec": _spec}) == [["spec"]]
	_paths("CronJob", "batch", {"spec": {"jobTemplate": {"spec": {"template": {"spec": _spec}}}}}) == [
		["spec", "jobTemplate", "spec", "template", "spec"],
	]
	_paths("DeploymentPatch", "apps", {"spec": {"template": {"spec": _spec}}}) == [["spec", "template", "spec"]]
}

test_a_custom_resource_is_looked_through if {
	_paths("Rollout", "argoproj.io", {"spec": {"template": {"spec": _spec}}}) == [["spec", "template", "spec"]]
	_paths("Deployment", "example.com", {"status": {"spec": _spec}}) == []
}

test_other_kinds_of_kubernetes_hold_none if {
	_paths("ConfigMap", "", {"data": _spec}) == []
	_paths("Ingress", "networking.k8s.io", {"spec": _spec}) == []
	not pods.any with input as _resource("ConfigMap", "", {})
	pods.any with input as _resource("Pod", "", {})
}

test_what_serves_a_model_has_its_label_or_its_pods_have if {
	labels := {"labels": {"headgate.dev/model": "a"}}
	pods.serves_model with input as _resource("Pod", "", {"metadata": labels})
	pods.serves_model with input as _resource("Rollout", "argoproj.io", {"spec": {"template": {"metadata": labels}}})
	not pods.serves_model with input as _resource("Pod", "", {"metadata": {"labels": {"app": "a"}}})
}

test_what_a_controller_brings_is_owned if {
	owners := {"metadata": {"ownerReferences": [{"kind": "Rollout", "controller": true}]}}
	pods.owned with input as _resource("ReplicaSet", "apps", owners)
	not pods.owned with input as _resource("Deployment", "apps", owners)
	not pods.owned with input as _resource("Pod", "", {"metadata": {"ownerReferences": [{"controller": false}]}})
}

test_containers_of_every_sort_have_a_path_and_a_name if {
	[[container.path, pods.name_of(container)] | some container in pods.containers] == [
		[["spec", "containers", 0], "a"],
		[["spec", "initContainers", 0], "initContainers[0]"],
	] with input as _resource("Pod", "", {"spec": _spec})
}

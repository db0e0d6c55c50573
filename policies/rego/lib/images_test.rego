package lib.images_test

import data.lib.images

_resource(kind, group, properties, opaque) := {
	"id": "x",
	"provider": "kubernetes",
	"type": sprintf("kubernetes:%s/v1:%s", [group, kind]),
	"name": "x",
	"kind": kind,
	"group": group,
	"operation": "create",
	"opaque": opaque,
	"properties": properties,
}

_azure(type, properties) := {
	"id": "x", "provider": "azure-native", "type": type, "name": "x",
	"operation": "create", "opaque": [], "properties": properties,
}

_unknown := {"$unknown": true}

_found(resource) := {[concat("/", [sprintf("%v", [part]) | some part in mention.path]), mention.kind, mention.value] |
	some mention in images.readable with input as {"resource": resource}
}

_not_found(resource) := {[concat("/", [sprintf("%v", [part]) | some part in mention.path]), mention.why] |
	some mention in images.unreadable with input as {"resource": resource}
}

test_a_pod_has_containers_of_three_sorts_and_volumes if {
	pod := {"spec": {
		"initContainers": [{"image": "a"}],
		"containers": [{"image": "b"}],
		"ephemeralContainers": [{"image": "c"}],
		"volumes": [{"name": "none"}, {"image": {"reference": "d"}}],
	}}
	_found(_resource("Pod", "", pod, [])) == {
		["spec/initContainers/0/image", "image", "a"],
		["spec/containers/0/image", "image", "b"],
		["spec/ephemeralContainers/0/image", "image", "c"],
		["spec/volumes/1/image/reference", "image", "d"],
	}
	_not_found(_resource("Pod", "", pod, [])) == set()
}

test_every_workload_of_kubernetes_has_a_pod if {
	template := {"spec": {"containers": [{"image": "a"}]}}
	places := {
		"PodTemplate": {"template": template},
		"ReplicationController": {"spec": {"template": template}},
		"Deployment": {"spec": {"template": template}},
		"ReplicaSet": {"spec": {"template": template}},
		"StatefulSet": {"spec": {"template": template}},
		"DaemonSet": {"spec": {"template": template}},
		"Job": {"spec": {"template": template}},
		"CronJob": {"spec": {"jobTemplate": {"spec": {"template": template}}}},
	}
	every kind, properties in places {
		{value | some [_, _, value] in _found(_resource(kind, "apps", properties, []))} == {"a"}
	}
}

test_a_container_that_can_not_be_read_is_told if {
	pod := {"spec": {"containers": [{}, {"image": _unknown}, _unknown, {"image": 7}, "text", null, {"image": {"$secret": true}}]}}
	_not_found(_resource("Pod", "", pod, [])) == {
		["spec/containers/0/image", "missing"],
		["spec/containers/1/image", "unknown"],
		["spec/containers/2/image", "unknown"],
		["spec/containers/3/image", "malformed"],
		["spec/containers/6/image", "secret"],
	}
	_found(_resource("Pod", "", pod, [])) == {["spec/containers/4/image", "image", "text"]}
}

test_a_list_that_is_none_is_told if {
	_not_found(_resource("Pod", "", {"spec": {"containers": {"a": {"image": "b"}}, "volumes": _unknown}}, [])) == {[
		"spec/containers",
		"malformed",
	]}
}

test_what_hides_an_image_is_told if {
	hidden := [
		{"path": ["spec"], "why": "secret"},
		{"path": ["spec", "template", "spec", "containers", 0], "why": "unknown"},
		{"path": ["spec", "replicas"], "why": "unknown"},
		{"path": ["metadata", "namespace"], "why": "unknown"},
	]
	_not_found(_resource("Deployment", "apps", {}, hidden)) == {
		["spec", "secret"],
		["spec/template/spec/containers/0", "unknown"],
	}
	_not_found(_resource("Predictor", "ml.example.com", {}, hidden)) == {
		["spec", "secret"],
		["spec/template/spec/containers/0", "unknown"],
	}
}

test_custom_resources_are_walked_to_the_end if {
	custom := {
		"metadata": {"annotations": {"image": "no"}},
		"status": {"image": "no"},
		"spec": {
			"template": {"metadata": {"labels": {"image": "no"}}, "spec": {"containers": [{"image": "a"}]}},
			"deep": [{"image": {"reference": "b"}}],
			"split": {"image": {"registry": "r", "repository": "c", "tag": 1, "digest": "d"}},
			"short": {"image": {"repository": "e"}},
			"schema": {"image": {"type": "string"}},
			"model": {"storageUri": "f", "other": {"storageUri": {"key": "g"}}},
			"number": {"image": 1},
			"late": {"image": _unknown},
			"late_repository": {"image": {"repository": _unknown, "tag": "1"}},
			"late_digest": {"image": {"repository": "a", "digest": {"$secret": true}}},
			"numbered_repository": {"image": {"repository": 1}},
		},
	}
	_found(_resource("Predictor", "ml.example.com", custom, [])) == {
		["spec/template/spec/containers/0/image", "image", "a"],
		["spec/deep/0/image/reference", "image", "b"],
		["spec/split/image", "image", "r/c:1@d"],
		["spec/short/image", "image", "e"],
		["spec/model/storageUri", "model", "f"],
	}
	_not_found(_resource("Predictor", "ml.example.com", custom, [])) == {
		["spec/number/image", "malformed"],
		["spec/late/image", "unknown"],
		["spec/late_repository/image", "unknown"],
		["spec/late_digest/image", "secret"],
		["spec/numbered_repository/image", "malformed"],
	}
}

test_custom_resources_name_images_in_fields_of_other_names if {
	custom := {"spec": {
		"imageName": "evil.io/a",
		"containerImage": "a/b:1",
		"runner_image": "busybox:1.36",
		"imageRef": "localhost/a",
		"imageURL": "oci://a",
		"baseImage": {"repository": "evil.io/c", "digest": "d"},
		"images": ["user@evil.io/a", {"repository": "evil.io/e", "tag": 1}, {"modelUri": "f"}],
		"sidecarImages": {"proxy": "a@sha256:0"},
		"lateImage": _unknown,
		"late": {"images": [{"$secret": true, "repository": "g"}]},
		"upperImage": "EVIL.io/a",
	}}
	_found(_resource("Farm", "jobs.example.com", custom, [])) == {
		["spec/imageName", "image", "evil.io/a"],
		["spec/containerImage", "image", "a/b:1"],
		["spec/runner_image", "image", "busybox:1.36"],
		["spec/imageRef", "image", "localhost/a"],
		["spec/imageURL", "image", "oci://a"],
		["spec/baseImage", "image", "evil.io/c@d"],
		["spec/images/0", "image", "user@evil.io/a"],
		["spec/images/1", "image", "evil.io/e:1"],
		["spec/images/2/modelUri", "model", "f"],
		["spec/sidecarImages/proxy", "image", "a@sha256:0"],
		["spec/upperImage", "image", "EVIL.io/a"],
	}
	_not_found(_resource("Farm", "jobs.example.com", custom, [])) == {
		["spec/lateImage", "unknown"],
		["spec/late/images/0", "secret"],
	}
}

test_a_reference_is_split_over_a_name_too if {
	custom := {"spec": {
		"a": {"image": {"name": "x", "tag": "y"}},
		"b": {"image": {"registry": "evil.io", "name": "x", "repository": null}},
		"c": {"image": {"name": _unknown}},
		"d": {"image": {"name": "x", "tag": _unknown}},
		"e": {"image": {"name": 7, "tag": "y"}},
		"f": {"image": {"name": null}},
		"sidecarImages": {"proxy": {"name": "x", "digest": "d"}, "logo": {"name": "logo", "href": "a"}, "host": {"name": "evil.io/z"}},
	}}
	_found(_resource("Farm", "jobs.example.com", custom, [])) == {
		["spec/a/image", "image", "x:y"],
		["spec/b/image", "image", "evil.io/x"],
		["spec/sidecarImages/proxy", "image", "x@d"],
		["spec/sidecarImages/host", "image", "evil.io/z"],
	}
	_not_found(_resource("Farm", "jobs.example.com", custom, [])) == {
		["spec/c/image", "unknown"],
		["spec/d/image", "unknown"],
		["spec/e/image", "malformed"],
	}
}

test_a_word_is_an_image_under_a_name_that_only_images_have if {
	custom := {"spec": {
		"baseImage": "ubuntu",
		"base_image": "python3.11",
		"build": {"containerImageRef": " nginx "},
		"heroImage": "sunset",
		"builderImage": "auto",
		"runnerImage": "",
		"workerImage": {"kind": "Disk"},
		"template": {"metadata": {"labels": {"baseImage": "no"}}},
	}}
	_found(_resource("Farm", "jobs.example.com", custom, [])) == {
		["spec/baseImage", "image", "ubuntu"],
		["spec/base_image", "image", "python3.11"],
		["spec/build/containerImageRef", "image", " nginx "],
	}
}

test_what_only_says_image_is_none if {
	custom := {"spec": {
		"baseImage": "none",
		"imageUrl": "https://example.com/logo.png",
		"diskImage": "/var/lib/disks/a.img",
		"backgroundImage": "./images/a.png",
		"images": ["hgplatformprod.azurecr.io", "127.0.0.1:5000", "localhost:5000", "every one of them: all"],
		"imagePullPolicy": "a/b:1",
		"hasImage": true,
		"imageless": {"name": "evil.io/a"},
	}}
	not images.any with input as {"resource": _resource("Farm", "jobs.example.com", custom, [])}
}

test_a_group_that_only_ends_like_kubernetes_own_is_walked if {
	every group in ["farm.k8s.io", "farm.x-k8s.io", "k8s.io", "evil.networking.k8s.io"] {
		{value | some [_, _, value] in _found(_resource("Farm", group, {"spec": {"image": "a"}}, []))} == {"a"}
	}
}

test_lists_patches_and_impostors_are_walked if {
	inner := {"items": [{"spec": {"containers": [{"image": "a"}]}}]}
	every kind in ["List", "PodList", "DeploymentPatch"] {
		{value | some [_, _, value] in _found(_resource(kind, "", inner, []))} == {"a"}
	}
	impostor := {"kind": "Pod", "spec": {"containers": [{"image": "a"}]}}
	{value | some [_, _, value] in _found(_resource("ConfigMap", "", impostor, []))} == {"a"}
	other := {"kind": "ConfigMap", "spec": {"containers": [{"image": "a"}]}}
	{value | some [_, _, value] in _found(_resource("Pod", "", other, []))} == {"a"}
	nameless := object.remove(_resource("Pod", "", object.union(inner, {"kind": _unknown}), []), ["kind", "group"])
	{value | some [_, _, value] in _found(nameless)} == {"a"}
	groupless := object.remove(_resource("Rollout", "", inner, []), ["group"])
	{value | some [_, _, value] in _found(groupless)} == {"a"}
}

test_what_runs_nothing_has_no_images if {
	every resource in [
		_resource("ConfigMap", "", {"data": {"image": "a"}}, []),
		_resource("Service", "", {"spec": {"image": "a"}}, [{"path": ["spec"], "why": "unknown"}]),
		_resource("Ingress", "networking.k8s.io", {"spec": {"image": "a"}}, []),
	] {
		not images.any with input as {"resource": resource}
	}
}

test_azure_names_images_and_models_in_many_places if {
	containers := {"template": {"containers": [{"image": "a"}], "initContainers": [{}], "scale": {"containers": 3}}}
	_found(_azure("azure-native:app:ContainerApp", containers)) == {["template/containers/0/image", "image", "a"]}
	_not_found(_azure("azure-native:app:ContainerApp", containers)) == {["template/initContainers/0/image", "missing"]}
	late := {"template": {"containers": _unknown, "initContainers": {"$secret": true}}}
	_not_found(_azure("azure-native:app:ContainerApp", late)) == {
		["template/containers", "unknown"],
		["template/initContainers", "secret"],
	}
	deployment := {"props": {
		"model": {"assetId": "b"},
		"environmentId": "c",
		"modelUri": null,
		"inner": {"model": {"path": "d"}},
		"late": {"model": _unknown},
	}}
	_found(_azure("azure-native:machinelearningservices/v20240401:BatchDeployment", deployment)) == {
		["props/model", "model", "b"],
		["props/environmentId", "image", "c"],
		["props/inner/model", "model", "d"],
	}
	_not_found(_azure("azure-native:machinelearningservices:OnlineDeployment", deployment)) == {[
		"props/late/model",
		"unknown",
	]}
	web := {"siteConfig": {"linuxFxVersion": "Docker|e", "windowsFxVersion": "python|3.11"}}
	_found(_azure("azure-native:web:WebApp", web)) == {["siteConfig/linuxFxVersion", "image", "e"]}
	late_web := {"siteConfig": {"linuxFxVersion": _unknown, "windowsFxVersion": 1}}
	_not_found(_azure("azure-native:web:WebApp", late_web)) == {["siteConfig/linuxFxVersion", "unknown"]}
}

_version(workspace, version) := sprintf(
	"%s/%s/environments/trainer/versions/%s",
	["/subscriptions/s/resourceGroups/r/providers/Microsoft.MachineLearningServices/workspaces", workspace, version],
)

test_an_environment_of_a_guarded_workspace_was_judged_as_it_was_written if {
	schedule := "azure-native:machinelearningservices:Schedule"
	guarded := {"registries": {"workspaces": ["mlw-prod-*"]}}
	own := _version("mlw-prod-uaenorth", "0123456789abcdef")
	cases := [
		[own, "mlw-prod-uaenorth", "r", false],
		[_version("mlw-dev-uaenorth", "0123456789abcdef"), "mlw-dev-uaenorth", "r", true],
		[_version("mlw-prod-uaenorth", "0123456789abcdef-12"), "mlw-prod-uaenorth", "r", false],
		[_version("mlw-prod-uaenorth", "0123456789abcdef-"), "mlw-prod-uaenorth", "r", true],
		[_version("mlw-prod-uaenorth", "latest"), "mlw-prod-uaenorth", "r", true],
		["azureml://registries/azureml/environments/curated/versions/1", "mlw-prod-uaenorth", "r", true],
		# Somebody else's may be called like it.
		[own, "mlw-prod-uaecentral", "r", true],
		[own, "mlw-prod-uaenorth", "another", true],
	]
	every case in cases {
		job := {"jobDefinition": {"environmentId": case[0]}}
		place := {"workspaceName": case[1], "resourceGroupName": case[2]}
		resource := _azure(schedule, object.union({"action": job}, place))
		count(images.mentions) > 0 == case[3] with input as {"resource": resource, "parameters": guarded}
	}
}

test_pulumis_own_resources_have_none if {
	not images.any with input as {"resource": _azure("pulumi:pulumi:Stack", {"containers": [{"image": "a"}]})}
}

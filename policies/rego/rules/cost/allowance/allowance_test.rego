package rules.cost.allowance_test

import data.rules.cost.allowance

_cost := {
	"tags": ["team"], "sizes": ["Standard_D*", "Standard_NC*"], "most_gpus": 2, "most_gpu_nodes": 3, "gpu_pools_rest": true,
}

_given(resource) := {
	"parameters": {"cost": _cost},
	"resource": object.union({"provider": "azure-native", "type": "x", "opaque": []}, resource),
}

_found(resource) := {violation.details.property | some violation in allowance.violation with input as _given(resource)}

_azure(type, properties) := {"type": type, "properties": properties}

_object(kind, group, properties) := {
	"provider": "kubernetes", "type": "kubernetes:x", "kind": kind, "group": group, "properties": properties,
}

_pool(patch) := _azure("azure-native:containerservice/v20240101:AgentPool", object.union(
	{"tags": {"team": "a"}, "vmSize": "Standard_NC24ads_A100_v4", "enableAutoScaling": true, "minCount": 0, "maxCount": 3},
	patch,
))

_labels := {"metadata": {"name": "a", "labels": {"headgate.dev/team": "a"}}}

test_what_is_within_the_allowance_is_let_through if {
	every resource in [
		_pool({}),
		_pool({"vmSize": "Standard_D8s_v5", "enableAutoScaling": false, "count": 9}),
		_azure("azure-native:containerservice:ManagedCluster", {
			"tags": {"team": "a"},
			"agentPoolProfiles": [{"vmSize": "Standard_D4s_v5", "count": 1}],
		}),
		_azure("azure-native:network:RouteTable", {}),
		_azure("headgate:index:PlatformFoundation", {"budget": {"monthly": 100}}),
		_azure("azure-native:consumption:Budget", {"amount": 1, "notifications": {"a": {"enabled": true, "contactEmails": ["a@b"]}}}),
		_object("Deployment", "apps", _labels),
		_object("Namespace", "", {"metadata": {"name": "kube-system"}}),
		_object("Job", "batch", {"metadata": {"ownerReferences": [{"controller": true}]}}),
		_object("ResourceQuota", "", {"spec": {"hard": {"requests.nvidia.com/gpu": "2", "pods": "90"}}}),
		_object("Pod", "", {"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": 1}}}]}}),
	] {
		_found(resource) == set()
	}
}

test_what_it_judges_it_applies_to if {
	every resource in [
		_pool({}),
		_azure("azure-native:consumption:Budget", {}),
		_object("ResourceQuota", "", {}),
		_object("Pod", "", {"spec": {}}),
	] {
		allowance.applies with input as _given(resource)
	}
	not allowance.applies with input as _given(_azure("azure-native:network:RouteTable", {}))
}

test_what_nobody_pays_for_is_refused_with_what_to_write if {
	allowance.violation == {{
		"msg": "nobody can be sent the bill: there is no team",
		"details": {"property": "tags.team", "path": ["tags", "team"], "found": "nothing", "expected": "who it is, as `team`"},
	}} with input as _given(_azure("azure-native:keyvault:Vault", {}))
	_found(_object("Deployment", "apps", {"metadata": {"labels": {"headgate.dev/team": ""}}})) == {
		"metadata.labels[\"headgate.dev/team\"]",
	}
	_found(_object("Namespace", "", {"metadata": {"name": "team-a"}})) == {"metadata.labels[\"headgate.dev/team\"]"}
}

test_a_platform_without_a_budget_is_refused if {
	every budget in [{}, {"budget": {"monthly": 0}}] {
		_found(_azure("headgate:index:PlatformFoundation", budget)) == {"budget.monthly"}
	}
	_found(_azure("azure-native:consumption:Budget", {"amount": 0})) == {"amount", "notifications"}
	every notification in [{"enabled": false, "contactEmails": ["a@b"]}, {"enabled": true}, {"enabled": true, "contactGroups": []}] {
		_found(_azure("azure-native:consumption:Budget", {"amount": 1, "notifications": {"n": notification}})) == {"notifications"}
	}
}

test_sizes_and_numbers_above_the_allowance_are_refused if {
	_found(_pool({"vmSize": "Standard_M416ms_v2"})) == {"vmSize"}
	_found(_pool({"maxCount": 4})) == {"maxCount"}
	_found(_pool({"enableAutoScaling": false, "count": 4})) == {"count"}
	_found(_azure("azure-native:containerservice:ManagedCluster", {
		"tags": {"team": "a"},
		"agentPoolProfiles": [{"vmSize": "Standard_L8s"}],
	})) == {"agentPoolProfiles[0].vmSize"}
	every gpus in [3, "3", "many"] {
		_found(_object("ResourceQuota", "", {"spec": {"hard": {"nvidia.com/gpu": gpus}}})) == {"spec.hard[\"nvidia.com/gpu\"]"}
	}
	asking := {"containers": [{"resources": {"limits": {"nvidia.com/gpu": 3}, "requests": {"cpu": 1}}}]}
	_found(_object("Pod", "", {"spec": asking})) == {"spec.containers[0].resources.limits[\"nvidia.com/gpu\"]"}
}

test_gpu_nodes_go_when_nobody_needs_them_unless_the_environment_keeps_them if {
	_found(_pool({"minCount": 1})) == {"minCount"}
	_found(_pool({"vmSize": "Standard_D8s_v5", "gpuProfile": {"driver": "Install"}, "minCount": 1})) == {"minCount"}
	kept := object.union(_given(_pool({"minCount": 1})), {"parameters": {"cost": {"gpu_pools_rest": false}}})
	allowance.violation == set() with input as kept
}

test_what_is_not_known_is_undetermined if {
	unknown := {"$unknown": true}
	late := object.union(_pool({"tags": unknown, "minCount": unknown}), {"opaque": [
		{"path": ["tags"], "why": "unknown"},
		{"path": ["minCount"], "why": "unknown"},
	]})
	{violation.details.undetermined | some violation in allowance.violation with input as _given(late)} == {true}
}

package rules.resilience.regions_test

import data.rules.resilience.regions

_parameters(least) := {"resilience": {
	"least_regions": least, "least_zones": least, "zonal_regions": ["uaenorth", "westeurope"],
}}

_cluster(location, patch) := {
	"provider": "azure-native", "type": "azure-native:containerservice/v20250101:ManagedCluster", "name": location,
	"operation": "create", "parent": location,
	"properties": object.union(
		{
			"location": location, "resourceName": sprintf("aks-%s", [location]),
			"agentPoolProfiles": [{"availabilityZones": ["1", "2"]}],
		},
		patch,
	),
}

_pool(properties, patch) := object.union(
	{
		"provider": "azure-native", "type": "azure-native:containerservice:AgentPool", "name": "cpu",
		"operation": "create", "parent": "uaenorth", "properties": properties,
	},
	patch,
)

_model(name, connection) := {
	"id": "urn", "provider": "kubernetes", "type": "k", "kind": "Rollout", "name": name, "operation": "create",
	"connection": connection,
	"properties": {"metadata": {"labels": {"headgate.dev/model": name}}},
}

_violations(resources, least) := {violation |
	some violation in regions.violation with input as {"resources": resources, "parameters": _parameters(least)}
}

_found(resources, least) := {[violation.details.resource, violation.details.property] |
	some violation in _violations(resources, least)
}

_two := [_cluster("uaenorth", {}), _cluster("uaecentral", {"agentPoolProfiles": [{}]})]

test_two_regions_of_which_one_has_zones_are_let_through if {
	_found(_two, 2) == set()
	regions.applies == {0, 1} with input as {"resources": _two}
}

test_one_region_is_refused_where_two_are_asked_for if {
	{violation.msg | some violation in _violations([_cluster("UAE North", {})], 2)} == {
		"all clusters are in 1 region, and go down with it: 2 are asked for",
	}
	_found([_cluster("uaenorth", {"agentPoolProfiles": [{}]})], 1) == set()
}

test_regions_without_zones_alone_are_refused if {
	resources := [_cluster("uaecentral", {}), _cluster("uaesouth", {})]
	_found(resources, 2) == {[0, "location"], [1, "location"]}
}

test_a_region_that_is_unknown_is_undetermined if {
	resources := [_cluster("a", {"location": {"$unknown": true}}), _cluster("b", {"location": {"$unknown": true}})]
	{violation.details.undetermined | some violation in _violations(resources, 2)} == {true}
}

test_pools_are_spread_over_the_zones_of_their_region if {
	spread := _pool({"availabilityZones": ["1", "2", "3"], "resourceName": "aks-uaenorth"}, {})
	regions.applies == {0} with input as {"resources": [spread]}
	_found(array.concat(_two, [spread]), 2) == set()
	every pool in [
		_pool({"resourceName": "aks-uaenorth", "availabilityZones": ["1"]}, {}),
		_pool({"resourceName": "aks-uaenorth"}, {"parent": "x"}),
		_pool({"resourceName": {"$unknown": true}}, {}),
	] {
		_found(array.concat(_two, [pool]), 2) == {[2, "availabilityZones"]}
	}
	_found([_cluster("uaenorth", {"agentPoolProfiles": [{}]}), _two[1]], 2) == {
		[0, "agentPoolProfiles[0].availabilityZones"],
	}
}

test_a_pool_whose_region_can_t_be_told_or_has_no_zones_is_let_through if {
	every pool in [
		_pool({"resourceName": "aks-other"}, {}),
		_pool({"resourceName": "aks-uaecentral"}, {}),
		_pool({}, {"parent": "x"}),
	] {
		_found(array.concat(_two, [pool]), 2) == set()
	}
	beside := [object.union(cluster, {"parent": "uaenorth"}) | some cluster in _two]
	_found(array.concat(beside, [_pool({}, {})]), 2) == set()
}

test_a_model_in_two_clusters_is_let_through if {
	both := [_model("a", "north"), _model("a", "central")]
	regions.applies == {0, 1} with input as {"resources": both}
	_found(both, 2) == set()
	_found([_model("a", "north")], 1) == set()
}

test_a_model_in_one_cluster_is_refused_with_what_to_write if {
	_violations([_model("a", "north"), _model("b", "central")], 2) == {violation |
		some index, name in ["a", "b"]
		violation := {
			"msg": sprintf("model %q is served by 1 cluster, and goes down with it: 2 are asked for", [name]),
			"details": {
				"resource": index,
				"property": `metadata.labels["headgate.dev/model"]`,
				"path": ["metadata", "labels", "headgate.dev/model"],
				"found": name,
				"expected": "the model in another region's cluster too",
			},
		}
	}
}

test_manifests_of_one_cluster_and_edge_sites_are_not_judged if {
	edge := object.union(_model("a", "site"), {"id": "urn:pulumi:s::p::headgate:index:EdgeDeployment$k::a"})
	_found([_model("a", ""), edge], 2) == set()
	regions.applies == set() with input as {"resources": [_model("a", ""), edge]}
}

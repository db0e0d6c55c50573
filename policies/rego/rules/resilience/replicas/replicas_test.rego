package rules.resilience.replicas_test

import data.rules.resilience.replicas

_resource(type, properties) := {
	"provider": "azure-native", "type": sprintf("azure-native:%s", [type]), "name": "x", "operation": "create",
	"parent": "p", "properties": properties,
}

_cluster(properties) := _resource("containerservice:ManagedCluster", properties)

_clusters := [_cluster({"location": region}) | some region in ["uaenorth", "UAE Central"]]

_registry := _resource("containerregistry:Registry", {"location": "uaenorth", "registryName": "a"})

_replica(properties) := _resource("containerregistry/v20250101:Replication", object.union({"location": "uaecentral"}, properties))

_learning(details) := _resource("machinelearningservices:Registry", {"regionDetails": details})

_vault(location) := _resource("keyvault:Vault", {"location": location})

_store(properties) := _resource("storage:StorageAccount", properties)

_logs(replication) := _resource("operationalinsights:Workspace", {"location": "uaenorth", "replication": replication})

_kinds := ["registry", "learning-registry", "vault", "store", "workspace"]

_input(resources, least, kinds) := {
	"resources": resources,
	"parameters": {"resilience": {"least_regions": least, "replicated": kinds}},
}

_violations(resources) := {violation |
	some violation in replicas.violation with input as _input(array.concat(_clusters, resources), 1, _kinds)
}

_found(resources) := {[violation.details.resource, violation.details.property, violation.msg] |
	some violation in _violations(resources)
}

_everything := [
	_registry,
	_replica({"registryName": "a"}),
	_learning([{"location": "uaenorth"}, {"location": "uaecentral"}]),
	_vault("uaenorth"),
	_vault("uaecentral"),
	_store({"sku": {"name": "Standard_GRS"}}),
	_logs({"enabled": true, "location": "UAE Central"}),
]

test_what_is_in_both_regions_is_let_through if {
	_found(_everything) == set()
	replicas.applies == {2, 4, 5, 6, 7, 8} with input as _input(array.concat(_clusters, _everything), 1, _kinds)
}

test_a_replica_whose_registry_is_not_known_yet_counts_in_its_component if {
	late := _replica({"registryName": {"$unknown": true}})
	_found([_registry, late]) == set()
	count(_found([_registry, object.union(late, {"parent": "q"})])) == 1
}

test_a_registry_without_a_replica_is_refused if {
	wrong := "the registry has no replica in uaecentral, which would take over without images"
	every resources in [
		[],
		[_replica({"registryName": "b"})],
		[_replica({"registryName": "A"})],
		[_replica({"registryName": "a", "regionEndpointEnabled": false})],
		[_replica({"registryName": "a", "location": "westeurope"})],
		[_replica({"registryName": "a", "location": ""})],
		[_replica({"registryName": "a", "location": null})],
		[_replica({"registryName": "a", "location": {"$unknown": true}})],
		[object.union(_replica({"registryName": "a"}), {"operation": "delete"})],
	] {
		_found(array.concat([_registry], resources)) == {[2, "location", wrong]}
	}
}

test_what_is_in_one_region_alone_is_refused if {
	every case in [
		[[{"location": "uaenorth"}], "uaecentral"],
		[{"a": {"location": "uaenorth"}, "b": {"location": "uaecentral"}}, "uaecentral, uaenorth"],
		["uaecentral", "uaecentral, uaenorth"],
		[null, "uaecentral, uaenorth"],
	] {
		_found([_learning(case[0])]) == {[
			2, "regionDetails",
			sprintf("the machine-learning registry is not in %s, which would take over without models", [case[1]]),
		]}
	}
	_found([_vault("uaenorth")]) == {[2, "location", "there is no vault in uaecentral, which would take over without secrets"]}
}

test_a_store_that_is_lost_with_its_region_is_refused if {
	every properties in [
		{}, {"sku": null}, {"sku": "Standard_GRS"}, {"sku": {"name": "Standard_ZRS"}}, {"sku": {"name": "Premium_LRS"}},
		{"sku": {"name": ""}}, {"sku": {"name": ["Standard_GRS"]}},
	] {
		_found([_store(properties)]) == {[2, "sku.name", "the store has no replica in a second region"]}
	}
}

test_a_stack_without_clusters_is_judged_by_its_environment if {
	resources := [_store({}), _registry]
	every case in [[1, set()], [2, {0}]] {
		{violation.details.resource |
			some violation in replicas.violation with input as _input(resources, case[0], _kinds)
		} == case[1]
		replicas.applies == case[1] with input as _input(resources, case[0], _kinds)
	}
}

test_logs_have_a_replica_in_another_region_that_serves if {
	wrong := "the log workspace has no replica in another region that serves, which would take over without logs"
	every replication in [
		null, true, {"enabled": false, "location": "uaecentral"}, {"enabled": "true", "location": "uaecentral"},
		{"enabled": true}, {"enabled": true, "location": "uaenorth"}, {"enabled": true, "location": "westeurope"},
	] {
		_found([_logs(replication)]) == {[2, "replication", wrong]}
	}
}

test_a_kind_that_is_not_asked_for_is_left_alone if {
	replicas.violation == set() with input as _input(array.concat(_clusters, [_logs(null), _store({})]), 2, ["vault"])
}

test_where_one_region_serves_nothing_is_asked_for if {
	resources := [_clusters[0], _registry, _store({})]
	replicas.violation == set() with input as _input(resources, 1, _kinds)
	replicas.applies == set() with input as _input(resources, 1, _kinds)
}

test_a_cluster_that_is_nowhere_is_told if {
	every location in [null, "", 7, [], {"$unknown": true}] {
		cluster := _cluster({"location": location})
		{violation.details.resource | some violation in _violations([cluster])} == {2}
	}
	{violation.details.undetermined | some violation in _violations([_cluster({"location": {"$unknown": true}})])} == {true}
}

test_a_kind_of_replication_that_is_unknown_is_undetermined if {
	every properties in [{"sku": {"name": {"$unknown": true}}}, {"sku": {"$secret": true}}] {
		{violation.details.undetermined | some violation in _violations([_store(properties)])} == {true}
	}
}

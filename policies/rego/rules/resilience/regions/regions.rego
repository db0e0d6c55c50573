# METADATA
# scope: package
# title: What is served survives the loss of a zone and of a region
# description: |
#   A region goes down as a whole, and a zone within it more often. Clusters stand in as many regions as the parameters ask
#   for, their pools are spread over zones where the region has any, and each model runs in as many clusters. A region
#   without zones may be the standby, not all there is.
# schemas:
#   - input: schema.relation_input
# custom:
#   id: HG-RE-001
#   severity: high
#   gates: [P, U]
#   scope: relation
#   controls:
#     - ISO/IEC 27001:2022 A.5.29
#     - ISO/IEC 27001:2022 A.8.14
#   remediation: |
#     Name a second region in the platform's `regions` or the model's `regions`, and give pools `availabilityZones`. How
#     many are asked for, and which regions have zones, is `resilience` in `policies/parameters/`. A model at an edge
#     site (EdgeDeployment) is bound to its site, and not judged.
#   fix: in which region and zone something stands is a decision, and has a price
#   since: 2025-01-01
#   deferrable: true
package rules.resilience.regions

import data.lib.finding
import data.lib.stack
import data.lib.view

applies contains index if some index in _clusters

applies contains index if some index in _pools

applies contains index if some index, _ in _models

_least := input.parameters.resilience.least_regions

# Clusters.

_clusters := object.get(stack.by_type, "azure-native:containerservice:ManagedCluster", set())

_locations contains location if {
	some index in _clusters
	location := _location(input.resources[index])
}

_location(cluster) := replace(lower(cluster.properties.location), " ", "") if is_string(cluster.properties.location)

violation contains finding.on(index, ["location"], value, wrong, expected) if {
	count(_locations) < _least
	some index in _clusters
	value := object.get(input.resources[index].properties, "location", null)
	wrong := sprintf("all clusters are in %d region, and go down with it: %d are asked for", [count(_locations), _least])
	expected := "a cluster in another region"
}

violation contains finding.on(index, ["location"], value, wrong, expected) if {
	_least > 1
	count(_locations) > 0
	count(_locations & _zonal) == 0
	some index in _clusters
	value := object.get(input.resources[index].properties, "location", null)
	wrong := "no cluster is in a region with zones, so each goes down with a single building"
	expected := concat(" or ", input.parameters.resilience.zonal_regions)
}

# Their pools, the one that a cluster is born with included.

_zonal := {region | some region in input.parameters.resilience.zonal_regions}

_pools := object.get(stack.by_type, "azure-native:containerservice:AgentPool", set())

violation contains finding.on(index, ["availabilityZones"], value, wrong, expected) if {
	some index in _pools
	pool := input.resources[index]
	_region_of(pool) in _zonal
	value := object.get(pool.properties, "availabilityZones", null)
	not _is_spread(value)
	wrong := sprintf("pool %q is not spread over zones, which its region has", [pool.name])
	expected := `availabilityZones: ["1", "2", "3"]`
}

violation contains finding.on(index, path, value, wrong, expected) if {
	some index in _clusters
	cluster := input.resources[index]
	_location(cluster) in _zonal
	some number, pool in cluster.properties.agentPoolProfiles
	path := ["agentPoolProfiles", number, "availabilityZones"]
	value := view.at(pool, ["availabilityZones"])
	not _is_spread(value)
	wrong := sprintf("a pool of cluster %q is not spread over zones, which its region has", [cluster.name])
	expected := `availabilityZones: ["1", "2", "3"]`
}

_is_spread(zones) if {
	is_array(zones)
	count({zone | some zone in zones}) >= input.parameters.resilience.least_zones
}

# One building is what is asked for.
_is_spread(null) if input.parameters.resilience.least_zones == 1

# A pool is in its cluster's region: by the cluster's name, else by the component that both stand in.
_region_of(pool) := region if {
	is_string(pool.properties.resourceName)
	region := _region_by_name[pool.properties.resourceName]
}

_region_of(pool) := region if {
	not is_string(object.get(pool.properties, "resourceName", null))
	region := _region_by_parent[pool.parent]
}

_region_by_name[name] := region if {
	some index in _clusters
	name := input.resources[index].properties.resourceName
	is_string(name)
	region := _location(input.resources[index])
}

# A component with clusters in several regions tells nothing about its pools.
_region_by_parent[parent] := region if {
	some parent, found in _regions_by_parent
	count(found) == 1
	some region in found
}

_regions_by_parent[parent] contains region if {
	some index in _clusters
	parent := input.resources[index].parent
	region := _location(input.resources[index])
}

# Models: in how many clusters each stands. Manifests of one cluster say nothing of others.

_models := {index: model |
	some index in stack.of_kinds({"Deployment", "InferenceService", "Rollout", "StatefulSet"})
	workload := input.resources[index]
	stack.serves_model(workload)
	object.get(workload, "connection", "") != ""
	not contains(workload.id, "headgate:index:EdgeDeployment$")
	model := [object.get(workload, "namespace", ""), stack.labels(workload.properties)["headgate.dev/model"]]
}

_connections := {model: found |
	some model in {model | some model in _models}
	found := {input.resources[index].connection | some index, other in _models; other == model}
}

violation contains finding.on(index, ["metadata", "labels", "headgate.dev/model"], name, wrong, expected) if {
	some index, model in _models
	count(_connections[model]) < _least
	name := model[1]
	wrong := sprintf("model %q is served by %d cluster, and goes down with it: %d are asked for", [
		name,
		count(_connections[model]),
		_least,
	])
	expected := "the model in another region's cluster too"
}

# METADATA
# scope: package
# title: Registries, vaults and stores are there in every region that serves
# description: |
#   A region that takes over pulls images and models, reads secrets and writes evidence at once, and the region that had
#   them is the one that is down. A container registry has a replica, a machine-learning registry an entry and a vault
#   a twin in each region with a cluster; stores are replicated to a second region, and so are log workspaces where they
#   are asked for. Which kinds are asked for is a parameter.
# schemas:
#   - input: schema.relation_input
# custom:
#   id: HG-RE-003
#   severity: high
#   gates: [P, U]
#   scope: relation
#   controls:
#     - ISO/IEC 27001:2022 A.5.30
#     - ISO/IEC 27001:2022 A.8.13
#     - ISO/IEC 27001:2022 A.8.14
#   remediation: |
#     Container registry: a `Replication` in the region. Machine-learning registry: an entry of `regionDetails`. Vault:
#     one of its own there. Store: `sku: {name: Standard_GZRS}`, or Standard_GRS where the region has no zones. Log
#     workspace: `replication: {enabled: true, location: …}`. ModelRegistry, PlatformFoundation and AuditTrail do so for
#     each region of the platform. Which kinds are asked for is `resilience.replicated` in `policies/parameters/`.
#   fix: the components make replicas in every region of the platform
#   since: 2025-01-01
#   deferrable: true
package rules.resilience.replicas

import data.lib.finding
import data.lib.stack
import data.lib.view

applies contains index if {
	_has_twins
	some kind in {"registry", "learning-registry", "vault", "workspace"}
	some index in _of(kind)
}

applies contains index if {
	_takes_over
	some index in _of("store")
}

# Where only one region serves, nothing takes over.
_has_twins if count(_serving) > 1

_takes_over if _has_twins

# A stack without clusters is served by those of its environment.
_takes_over if input.parameters.resilience.least_regions > 1

_types := {
	"registry": "azure-native:containerregistry:Registry",
	"learning-registry": "azure-native:machinelearningservices:Registry",
	"vault": "azure-native:keyvault:Vault",
	"store": "azure-native:storage:StorageAccount",
	"workspace": "azure-native:operationalinsights:Workspace",
}

default _of(_) := set()

_of(kind) := object.get(stack.by_type, _types[kind], set()) if kind in input.parameters.resilience.replicated

_clusters := object.get(stack.by_type, "azure-native:containerservice:ManagedCluster", set())

_serving := {region |
	some index in _clusters
	region := _region(input.resources[index].properties)
}

_region(properties) := region if {
	is_string(properties.location)
	region := replace(lower(properties.location), " ", "")
	region != ""
}

# A region that can't be told would not be asked for.
violation contains finding.on(index, ["location"], value, wrong, "a region") if {
	some index in _clusters
	not _region(input.resources[index].properties)
	value := object.get(input.resources[index].properties, "location", null)
	wrong := "where the cluster serves can't be told, so nothing can be asked for there"
}

violation contains finding.on(index, ["location"], value, wrong, "a Replication of it there") if {
	_has_twins
	some index in _of("registry")
	registry := input.resources[index]
	value := object.get(registry.properties, "location", null)
	missing := (_serving - {region | region := _region(registry.properties)}) - _replicated(registry)
	count(missing) > 0
	wrong := sprintf("the registry has no replica in %s, which would take over without images", [concat(", ", missing)])
}

violation contains finding.on(index, ["regionDetails"], value, wrong, "an entry of regionDetails for it") if {
	_has_twins
	some index in _of("learning-registry")
	value := object.get(input.resources[index].properties, "regionDetails", null)
	missing := _serving - {region | is_array(value); some detail in value; region := _region(detail)}
	count(missing) > 0
	wrong := sprintf("the machine-learning registry is not in %s, which would take over without models", [concat(", ", missing)])
}

violation contains finding.on(index, ["location"], value, wrong, "a vault there too") if {
	_has_twins
	missing := _serving - {region | some other in _of("vault"); region := _region(input.resources[other].properties)}
	count(missing) > 0
	some index in _of("vault")
	value := object.get(input.resources[index].properties, "location", null)
	wrong := sprintf("there is no vault in %s, which would take over without secrets", [concat(", ", missing)])
}

violation contains finding.on(index, ["sku", "name"], value, wrong, "sku: {name: Standard_GZRS}") if {
	_takes_over
	some index in _of("store")
	sku := object.get(input.resources[index].properties, "sku", null)
	value := _name_of(sku)
	not value in {"Standard_GRS", "Standard_GZRS", "Standard_RAGRS", "Standard_RAGZRS"}
	wrong := "the store has no replica in a second region"
}

_name_of(sku) := sku if view.opaque(sku)

_name_of(sku) := view.at(sku, ["name"]) if not view.opaque(sku)

violation contains finding.on(index, ["replication"], value, wrong, expected) if {
	_has_twins
	some index in _of("workspace")
	workspace := input.resources[index]
	value := object.get(workspace.properties, "replication", null)
	not _is_copied(workspace, value)
	wrong := "the log workspace has no replica in another region that serves, which would take over without logs"
	expected := "replication: {enabled: true, location: <another region that serves>}"
}

_is_copied(workspace, replication) if {
	replication.enabled == true
	_region(replication) in _serving
	_region(replication) != _region(workspace.properties)
}

# Replicas say which registry they are of; before it is there, that may be unknown, and its component tells.
_replicated(registry) := {region |
	some key in [_name(registry), _nearby(registry)]
	some region in _replicas[key]
}

_replicas := {key: found |
	some key in {_key(replica) | some replica in _replications}
	found := {region |
		some replica in _replications
		_key(replica) == key
		region := _region(replica.properties)
	}
}

# One whose endpoint is off answers nobody.
_replications := [replica |
	some index in object.get(stack.by_type, "azure-native:containerregistry:Replication", set())
	replica := input.resources[index]
	object.get(replica.properties, "regionEndpointEnabled", true) in {true, null}
]

_key(replica) := _name(replica) if is_string(replica.properties.registryName)

_key(replica) := _nearby(replica) if not is_string(object.get(replica.properties, "registryName", null))

_name(resource) := ["name", object.get(resource.properties, "registryName", null)]

_nearby(resource) := ["parent", object.get(resource, "parent", "")]

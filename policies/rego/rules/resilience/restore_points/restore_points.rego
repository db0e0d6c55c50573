# METADATA
# scope: package
# title: What holds state can be taken back to what it was
# description: |
#   A replica copies a mistake as fast as it copies data. Stores keep the versions of what was overwritten and deleted,
#   vaults what was deleted; databases and volumes have backups. All of it for as many days as the parameters ask for.
#   That a restore was tried is no property of a resource: drills say so, in the ledger.
# schemas:
#   - input: schema.relation_input
# custom:
#   id: HG-RE-005
#   severity: high
#   gates: [P, U]
#   scope: relation
#   controls:
#     - ISO/IEC 27001:2022 A.5.29
#     - ISO/IEC 27001:2022 A.8.13
#   remediation: |
#     Store: `BlobServiceProperties` of it with `isVersioningEnabled: true`, and `deleteRetentionPolicy` and
#     `containerDeleteRetentionPolicy: {enabled: true, days: 30}`. Vault: `enableSoftDelete: true`. Database: `backup:
#     {backupRetentionDays: 7}`, Cosmos DB: `backupPolicy: {type: Continuous}`. Volumes: a Velero Schedule of all there is
#     in their namespace. How many days are asked for is `resilience.restore_days` in `policies/parameters/`.
#   fix:
#     properties.softDeleteRetentionInDays: [vault.soft_delete_days]
#   since: 2025-01-01
#   deferrable: true
package rules.resilience.restore_points

import data.lib.durations
import data.lib.finding
import data.lib.stack
import data.lib.view

applies contains index if {
	some type in array.concat([_store, _vault, _cosmos], _databases)
	some index in _of(type)
}

applies contains index if some index in _with_volumes

_store := "azure-native:storage:StorageAccount"

_vault := "azure-native:keyvault:Vault"

_cosmos := "azure-native:cosmosdb:DatabaseAccount"

_databases := ["azure-native:dbforpostgresql:Server", "azure-native:dbformysql:Server"]

_of(type) := object.get(stack.by_type, type, set())

_least := input.parameters.resilience.restore_days

# Stores.

violation contains {"msg": msg, "details": details} if {
	some index in _of(_store)
	store := input.resources[index]
	not _is_kept(_key(store))
	msg := sprintf("store %q does not keep what is overwritten or deleted", [store.name])
	details := {
		"resource": index,
		"property": "",
		"path": [],
		"found": sprintf("no blob service of it with versions, and deletions kept for %d days", [_least]),
		"expected": sprintf(
			"isVersioningEnabled: true, deleteRetentionPolicy and containerDeleteRetentionPolicy: {enabled: true, days: %d}",
			[_least],
		),
		"undetermined": _late(store),
	}
}

# Which store a service is of may only be known at the update; what stands in one component may belong together.
default _late(_) := false

_late(store) if _is_kept(["parent", object.get(store, "parent", "")])

_late(store) if view.opaque(store.properties.accountName)

# Of two services of one store the last would win: all of them keep, or none counts.
_is_kept(key) if {
	key in {_key(input.resources[index]) | some index in _services}
	not key in _careless
}

_services := _of("azure-native:storage:BlobServiceProperties")

_careless := {_key(service) |
	some index in _services
	service := input.resources[index]
	not _keeps(service.properties)
}

_keeps(properties) if {
	properties.isVersioningEnabled == true
	every policy in ["deleteRetentionPolicy", "containerDeleteRetentionPolicy"] {
		properties[policy].enabled == true
		_is_enough(properties[policy].days)
		object.get(properties[policy], "allowPermanentDelete", false) in {false, null}
	}
}

_key(resource) := ["name", lower(resource.properties.accountName)] if is_string(resource.properties.accountName)

_key(resource) := ["parent", object.get(resource, "parent", "")] if {
	not is_string(object.get(resource.properties, "accountName", null))
}

_is_enough(days) if {
	is_number(days)
	days >= _least
}

# Vaults: Azure keeps what was deleted for 90 days, unless it is told otherwise.

violation contains finding.on(index, ["properties", "enableSoftDelete"], value, wrong, "enableSoftDelete: true") if {
	some index in _of(_vault)
	value := object.get(input.resources[index].properties, ["properties", "enableSoftDelete"], null)
	not value in {true, null}
	wrong := "the vault keeps nothing of what is deleted"
}

violation contains finding.fixable(found, _least) if {
	some index in _of(_vault)
	value := object.get(input.resources[index].properties, ["properties", "softDeleteRetentionInDays"], null)
	value != null
	not _is_enough(value)
	wrong := sprintf("the vault does not keep for %d days what is deleted", [_least])
	expected := sprintf("softDeleteRetentionInDays: %d, or more", [_least])
	found := finding.on(index, ["properties", "softDeleteRetentionInDays"], value, wrong, expected)
}

# Databases.

violation contains finding.on(index, path, value, wrong, expected) if {
	some type in _databases
	some index in _of(type)
	path := ["backup", "backupRetentionDays"]
	value := _at(input.resources[index], path)
	not _is_enough(value)
	wrong := sprintf("the database's backups are not kept for %d days", [_least])
	expected := sprintf("backup: {backupRetentionDays: %d}, or more", [_least])
}

violation contains finding.on(index, ["backupPolicy"], value, wrong, "backupPolicy: {type: Continuous}") if {
	some index in _of(_cosmos)
	value := object.get(input.resources[index].properties, "backupPolicy", null)
	not _goes_back(value)
	wrong := sprintf("the database can't be taken back by %d days", [_least])
}

# What hides a value is told in its place.
_at(resource, path) := holder if {
	holder := object.get(resource.properties, [path[0]], null)
	view.opaque(holder)
}

_at(resource, path) := object.get(resource.properties, path, null) if {
	not view.opaque(object.get(resource.properties, [path[0]], null))
}

_goes_back(policy) if {
	policy.type == "Continuous"
	_is_enough(_tiers[object.get(policy, ["continuousModeProperties", "tier"], "Continuous30Days")])
}

_goes_back(policy) if {
	policy.type == "Periodic"
	hours := policy.periodicModeProperties.backupRetentionIntervalInHours
	is_number(hours)
	_is_enough(hours / 24)
}

_tiers := {"Continuous7Days": 7, "Continuous30Days": 30}

# Volumes of workloads, and those that were asked for by themselves.

_with_volumes := {index |
	some index in stack.of_kinds({"StatefulSet"})
	not object.get(input.resources[index].properties, ["spec", "volumeClaimTemplates"], null) in {null, []}
} | stack.of_kinds({"PersistentVolumeClaim"})

violation contains finding.on(index, ["metadata", "namespace"], value, wrong, expected) if {
	some index in _with_volumes
	claim := input.resources[index]
	not _is_backed_up(claim)
	value := object.get(claim, "namespace", "")
	wrong := sprintf("the volumes of %q have no backup", [stack.name_of(claim)])
	expected := sprintf("a Velero Schedule of all there is in the namespace, kept for %d days", [_least])
}

_is_backed_up(claim) if {
	some namespace in [claim.namespace, "*"]
	some schedule in _schedules[[_connection(claim), namespace]]
	not claim.namespace in _list(schedule, "excludedNamespaces")
}

_connection(resource) := object.get(resource, "connection", "")

# The templates of schedules, by cluster and namespace.
_schedules := {place: templates |
	some place in {place | some [place, _] in _pairs}
	templates := {template | some [other, template] in _pairs; other == place}
}

_pairs := [[[_connection(schedule), namespace], template] |
	some index in stack.of_kinds({"Schedule"})
	schedule := input.resources[index]
	schedule.group == "velero.io"
	is_string(schedule.properties.spec.schedule)
	trim_space(schedule.properties.spec.schedule) != ""
	object.get(schedule.properties.spec, "paused", false) in {false, null}
	template := schedule.properties.spec.template
	is_object(template)
	_takes_all(template)
	some namespace in _included(template)
]

# What narrows a backup may leave out the very volumes that are asked about.
_takes_all(template) if {
	every field in ["labelSelector", "orLabelSelectors", "excludedResources", "resourcePolicy"] {
		object.get(template, field, null) in {null, [], {}}
	}
	object.get(template, "includedResources", null) in {null, [], ["*"]}
	object.get(template, "snapshotVolumes", true) in {true, null}
	_lasts(object.get(template, "ttl", null))
}

# Velero's own default is 30 days.
_lasts(null) if _least <= 30

_lasts(ttl) if durations.seconds(ttl) >= _least * 86400

# What names no namespace takes them all.
_included(template) := ["*"] if _list(template, "includedNamespaces") == []

_included(template) := namespaces if {
	namespaces := _list(template, "includedNamespaces")
	namespaces != []
}

_list(template, field) := [] if object.get(template, field, null) == null

_list(template, field) := object.get(template, field, null) if is_array(object.get(template, field, null))

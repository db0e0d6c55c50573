package rules.resilience.restore_points_test

import data.rules.resilience.restore_points

_resource(type, properties) := {
	"provider": "azure-native", "type": sprintf("azure-native:%s", [type]), "name": "x", "operation": "create",
	"parent": "p", "properties": properties,
}

_object(kind, group, properties) := {
	"provider": "kubernetes", "type": "k", "kind": kind, "group": group, "name": "x", "operation": "create",
	"namespace": "n", "connection": "c", "properties": properties,
}

_violations_of(resources, days) := {violation |
	some violation in restore_points.violation with input as {
		"resources": resources,
		"parameters": {"resilience": {"restore_days": days}},
	}
}

_violations(resources) := _violations_of(resources, 7)

_found(resources) := {[violation.details.resource, violation.msg] | some violation in _violations(resources)}

_store := _resource("storage:StorageAccount", {"accountName": "a"})

_blobs(patch) := _resource("storage/v20240101:BlobServiceProperties", object.union(
	{
		"accountName": "a", "isVersioningEnabled": true, "deleteRetentionPolicy": {"enabled": true, "days": 7},
		"containerDeleteRetentionPolicy": {"enabled": true, "days": 7},
	},
	patch,
))

_forgets := {[0, `store "x" does not keep what is overwritten or deleted`]}

test_a_store_that_keeps_versions_and_deletions_is_let_through if {
	_found([_store, _blobs({})]) == set()
	_found([_store, _blobs({}), _blobs({"accountName": "A"})]) == set()
	restore_points.applies == {0} with input as {"resources": [_store, _blobs({})]}
}

test_a_store_that_keeps_nothing_is_refused if {
	_found([_store]) == _forgets
	every patch in [
		{"accountName": "b"},
		{"isVersioningEnabled": false},
		{"isVersioningEnabled": "true"},
		{"deleteRetentionPolicy": {"enabled": false}},
		{"deleteRetentionPolicy": null},
		{"deleteRetentionPolicy": {"days": 6}},
		{"deleteRetentionPolicy": {"days": -7}},
		{"deleteRetentionPolicy": {"days": "30"}},
		{"deleteRetentionPolicy": {"days": {"$unknown": true}}},
		{"deleteRetentionPolicy": {"allowPermanentDelete": true}},
		{"containerDeleteRetentionPolicy": {"days": 0}},
	] {
		_found([_store, _blobs(patch)]) == _forgets
	}
	_found([_store, object.union(_blobs({}), {"operation": "delete"})]) == _forgets
}

test_a_second_service_that_forgets_is_not_hidden_by_one_that_keeps if {
	_found([_store, _blobs({}), _blobs({"isVersioningEnabled": false})]) == _forgets
}

test_a_service_whose_store_is_not_known_yet_may_be_of_one_in_its_component if {
	late := _blobs({"accountName": {"$unknown": true}})
	every case in [[late, true], [object.union(late, {"parent": "q"}), false]] {
		{violation.details.undetermined | some violation in _violations([_store, case[0]])} == {case[1]}
	}
	unknown := _resource("storage:StorageAccount", {"accountName": {"$unknown": true}})
	{violation.details.undetermined | some violation in _violations([unknown])} == {true}
	unnamed := _resource("storage:StorageAccount", {})
	{violation.details.undetermined | some violation in _violations([unnamed])} == {false}
}

_vault(properties) := _resource("keyvault:Vault", {"properties": properties})

test_a_vault_keeps_what_is_deleted if {
	every properties in [{}, {"enableSoftDelete": true}, {"softDeleteRetentionInDays": 7}] {
		_found([_vault(properties)]) == set()
	}
	every value in [false, "true", 1] {
		_found([_vault({"enableSoftDelete": value})]) == {[0, "the vault keeps nothing of what is deleted"]}
	}
	every value in [6, 0, -1, "90"] {
		_found([_vault({"softDeleteRetentionInDays": value})]) == {[0, "the vault does not keep for 7 days what is deleted"]}
	}
}

test_a_database_has_backups_for_as_long_as_is_asked_for if {
	every type in ["dbforpostgresql:Server", "dbformysql:Server"] {
		_found([_resource(type, {"backup": {"backupRetentionDays": 7}})]) == set()
		every backup in [null, {}, "7", {"backupRetentionDays": 6}, {"backupRetentionDays": "7"}, {"backupRetentionDays": -8}] {
			_found([_resource(type, {"backup": backup})]) == {[0, "the database's backups are not kept for 7 days"]}
		}
		unknown := _violations([_resource(type, {"backup": {"$unknown": true}})])
		{violation.details.undetermined | some violation in unknown} == {true}
	}
}

_cosmos(policy) := _resource("cosmosdb:DatabaseAccount", {"backupPolicy": policy})

test_cosmos_goes_back_by_as_many_days if {
	every policy in [
		{"type": "Continuous"},
		{"type": "Continuous", "continuousModeProperties": {"tier": "Continuous7Days"}},
		{"type": "Periodic", "periodicModeProperties": {"backupRetentionIntervalInHours": 168}},
	] {
		_found([_cosmos(policy)]) == set()
	}
	every policy in [
		null, "Continuous", {"type": "continuous"}, {"type": "Continuous", "continuousModeProperties": {"tier": "Continuous1Day"}},
		{"type": "Periodic"}, {"type": "Periodic", "periodicModeProperties": {"backupRetentionIntervalInHours": 167}},
		{"type": "Periodic", "periodicModeProperties": {"backupRetentionIntervalInHours": "168"}},
		{"type": "Periodic", "periodicModeProperties": 168}, {"type": "Continuous", "continuousModeProperties": {"tier": 7}},
	] {
		_found([_cosmos(policy)]) == {[0, "the database can't be taken back by 7 days"]}
	}
}

_set := _object("StatefulSet", "apps", {"metadata": {"name": "s"}, "spec": {"volumeClaimTemplates": [{}]}})

_claim := _object("PersistentVolumeClaim", "", {"metadata": {"name": "s"}, "spec": {}})

_schedule(template) := _object("Schedule", "velero.io", {"spec": {"schedule": "0 1 * * *", "template": template}})

test_volumes_with_a_schedule_are_let_through if {
	every template in [
		{}, {"includedNamespaces": ["n", "m"]}, {"includedNamespaces": ["*"]}, {"includedNamespaces": []},
		{"includedNamespaces": null, "excludedNamespaces": ["m"], "ttl": "168h"}, {"ttl": "167h60m", "snapshotVolumes": true},
		{"includedResources": ["*"], "excludedResources": []},
	] {
		_found([_set, _schedule(template)]) == set()
		_found([_claim, _schedule(template)]) == set()
	}
	restore_points.applies == {0, 2} with input as {"resources": [_set, _schedule({}), _claim]}
}

_no_backup := {[0, `the volumes of "s" have no backup`]}

test_volumes_without_one_are_refused if {
	every resources in [
		[],
		[object.union(_schedule({}), {"connection": "d"})],
		[object.union(_schedule({}), {"group": "example.com"})],
		[object.union(_schedule({}), {"properties": {"spec": {"paused": true}}})],
		[object.union(_schedule({}), {"properties": {"spec": {"schedule": ""}}})],
		[object.union(_schedule({}), {"properties": {"spec": {"schedule": null}}})],
		[object.union(_schedule({}), {"properties": {"spec": null}})],
	] {
		_found(array.concat([_set], resources)) == _no_backup
		_found(array.concat([_claim], resources)) == _no_backup
	}
}

test_a_schedule_that_may_leave_the_volumes_out_does_not_count if {
	every template in [
		null, "n", {"includedNamespaces": ["m"]}, {"includedNamespaces": "n"}, {"includedNamespaces": ["N"]},
		{"excludedNamespaces": ["n"]}, {"excludedNamespaces": "n"}, {"labelSelector": {"matchLabels": {"a": "b"}}},
		{"orLabelSelectors": [{}]}, {"excludedResources": ["persistentvolumeclaims"]}, {"includedResources": ["pods"]},
		{"resourcePolicy": {"name": "skip"}}, {"snapshotVolumes": false}, {"snapshotVolumes": "false"},
		{"ttl": "167h"}, {"ttl": "0s"}, {"ttl": ""}, {"ttl": "-168h"}, {"ttl": "30d"}, {"ttl": 168}, {"ttl": "9999999999h"}, 7, [],
	] {
		_found([_set, _schedule(template)]) == _no_backup
	}
}

test_velero_s_own_default_counts_where_it_is_long_enough if {
	_violations_of([_set, _schedule({})], 30) == set()
	count(_violations_of([_set, _schedule({})], 31)) == 1
}

test_a_claim_without_a_namespace_is_told_too if {
	_found([object.remove(_claim, ["namespace"]), _schedule({})]) == _no_backup
}

test_workloads_without_volumes_need_none if {
	every spec in [{}, null, {"volumeClaimTemplates": null}, {"volumeClaimTemplates": []}] {
		_found([_object("StatefulSet", "apps", {"spec": spec})]) == set()
	}
	every templates in [7, "data", {"$unknown": true}] {
		count(_found([_object("StatefulSet", "apps", {"spec": {"volumeClaimTemplates": templates}})])) == 1
	}
}

package rules.audit.diagnostics_test

import data.rules.audit.diagnostics

_vault(name) := {
	"provider": "azure-native", "type": "azure-native:keyvault/v20240101:Vault", "name": name, "operation": "create",
	"properties": {"resourceGroupName": "rg-a", "vaultName": sprintf("KV-%s", [name])},
}

_setting(name, patch) := {
	"provider": "azure-native", "type": "azure-native:monitor:DiagnosticSetting", "name": name, "operation": "create",
	"properties": object.union(
		{
			"resourceUri": "/subscriptions/1/resourceGroups/rg-a/providers/Microsoft.KeyVault/vaults/kv-a",
			"workspaceId": "/subscriptions/1/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log-a",
			"logs": [{"categoryGroup": "allLogs", "enabled": true}],
		},
		patch,
	),
}

_found(resources) := {[violation.details.resource, violation.details.undetermined] |
	some violation in diagnostics.violation with input as {
		"resources": resources,
		"parameters": {"audit": {"workspaces": ["log-a"]}},
	}
}

_later := {"resourceUri": {"$unknown": true}}

test_a_resource_with_its_setting_is_let_through if {
	_found([_vault("a"), _setting("s", {})]) == set()
	_found([_vault("a"), _setting("s", {"workspaceId": {"$unknown": true}})]) == set()
	diagnostics.applies == {0} with input as {"resources": [_vault("a"), _setting("s", {})]}
}

test_a_setting_counts_where_its_resource_s_group_is_not_known if {
	vault := object.union(_vault("a"), {"properties": {"resourceGroupName": {"$unknown": true}}})
	_found([vault, _setting("s", {})]) == set()
}

test_a_resource_without_a_setting_is_refused_with_what_to_write if {
	some violation in diagnostics.violation with input as {"resources": [_vault("a")], "parameters": {}}
	violation == {
		"msg": `"a" can log, and no diagnostic setting sends its logs to the audit workspace`,
		"details": {
			"resource": 0,
			"property": "",
			"path": [],
			"found": "no setting with this resource's ID, all logs and a workspace of audit.workspaces",
			"expected": "a DiagnosticSetting of it with logs [{categoryGroup: allLogs, enabled: true}]",
			"undetermined": false,
		},
	}
}

test_a_setting_of_another_resource_to_another_place_or_of_fewer_logs_does_not_count if {
	every patch in [
		{"resourceUri": "/subscriptions/1/resourceGroups/rg-a/providers/Microsoft.KeyVault/vaults/kv-b"},
		{"resourceUri": "/subscriptions/1/resourceGroups/rg-b/providers/Microsoft.KeyVault/vaults/kv-a"},
		{"workspaceId": "/subscriptions/1/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/mine"},
		{"workspaceId": null},
		{"logs": [{"categoryGroup": "allLogs", "enabled": false}]},
		{"logs": [{"category": "AuditEvent", "enabled": true}]},
		{"logs": []},
	] {
		_found([_vault("a"), _setting("s", patch)]) == {[0, false]}
	}
	_found([_vault("a"), object.union(_setting("s", {}), {"operation": "delete"})]) == {[0, false]}
}

test_settings_whose_resource_is_not_known_yet_may_be_of_as_many if {
	_found([_vault("a"), _vault("b"), _setting("s", _later), _setting("t", _later)]) == {[0, true], [1, true]}
}

test_of_more_resources_than_settings_those_without_a_namesake_are_refused if {
	_found([_vault("a"), _vault("b"), _setting("a-diagnostics", _later)]) == {[0, true], [1, false]}
}

test_a_resource_whose_own_name_is_not_known_is_undetermined if {
	_found([object.union(_vault("a"), {"properties": {"vaultName": {"$unknown": true}}})]) == {[0, true]}
}

package rules.audit.audit_store_test

import data.rules.audit.audit_store

_parameters := {"audit": {"stores": ["hgaudit"], "workspaces": ["log-a"], "retention_days": 365, "workspace_days": 90}}

_violations(type, properties, opaque) := {violation |
	some violation in audit_store.violation with input as {
		"resource": {"type": type, "properties": properties, "opaque": opaque},
		"parameters": _parameters,
	}
}

_found(type, properties) := {violation.details.property | some violation in _violations(type, properties, [])}

_applies(type, properties) if {
	audit_store.applies with input as {"resource": {"type": type, "properties": properties}, "parameters": _parameters}
}

_account := "azure-native:storage/v20240101:StorageAccount"

_workspace := "azure-native:operationalinsights:Workspace"

_store(patch) := object.union(
	{
		"accountName": "hgauditprod",
		"immutableStorageWithVersioning": {
			"enabled": true,
			"immutabilityPolicy": {"state": "Unlocked", "immutabilityPeriodSinceCreationInDays": 365},
		},
		"sku": {"name": "Standard_GZRS"},
		"publicNetworkAccess": "Disabled",
		"allowBlobPublicAccess": false,
	},
	patch,
)

test_stores_of_evidence_and_the_audit_workspace_are_judged if {
	_applies(_account, {"accountName": "hgauditprod"})
	_applies(_account, {"accountName": "other", "immutableStorageWithVersioning": {"enabled": true}})
	_applies(_workspace, {"workspaceName": "log-a"})
}

test_other_stores_and_workspaces_are_not_judged if {
	every pair in [
		[_account, {"accountName": "scratch"}],
		[_workspace, {"workspaceName": "scratch"}],
		["azure-native:network:VirtualNetwork", {}],
	] {
		not _applies(pair[0], pair[1])
		_found(pair[0], pair[1]) == set()
	}
}

test_a_store_that_keeps_its_evidence_is_let_through if {
	_found(_account, _store({})) == set()
	_found(_account, _store({"sku": {"name": "Standard_GRS"}})) == set()
	_found(_account, _store({"immutableStorageWithVersioning": {"immutabilityPolicy": {"state": "Locked"}}})) == set()
}

_shortened(type, properties, before) := {violation.msg |
	some violation in audit_store.violation with input as {
		"resource": {"type": type, "properties": properties, "opaque": [], "before": before},
		"parameters": _parameters,
	}
}

_immutable(days) := {"immutableStorageWithVersioning": {
	"enabled": true,
	"immutabilityPolicy": {"state": "Unlocked", "immutabilityPeriodSinceCreationInDays": days},
}}

test_a_period_is_never_made_shorter if {
	_shortened(_account, _store(_immutable(500)), _immutable(501)) == {
		"evidence may be changed after 500 days: it was to stay for 501, and no period is made shorter",
	}
	_shortened(_workspace, {"workspaceName": "log-a", "retentionInDays": 120}, {"retentionInDays": 180}) == {
		"the audit workspace forgets after 120 days: it was to remember for 180, and no period is made shorter",
	}
	count(_shortened(_workspace, {"workspaceName": "log-a"}, {"retentionInDays": 180})) == 1
}

test_it_may_be_made_longer_and_what_was_no_period_promised_nothing if {
	_shortened(_account, _store(_immutable(501)), _immutable(500)) == set()
	every before in [{}, {"sku": {"name": "Standard_GRS"}}, _immutable("9000"), _immutable({"$secret": true}), _immutable(null)] {
		_shortened(_account, _store({}), before) == set()
	}
}

test_each_thing_that_loses_evidence_is_refused if {
	policy := "immutableStorageWithVersioning.immutabilityPolicy"
	every case in [
		[{"immutableStorageWithVersioning": {"enabled": false}}, "immutableStorageWithVersioning.enabled"],
		[{"immutableStorageWithVersioning": {"immutabilityPolicy": {"state": "Disabled"}}}, sprintf("%s.state", [policy])],
		[
			{"immutableStorageWithVersioning": {"immutabilityPolicy": {"immutabilityPeriodSinceCreationInDays": 364}}},
			sprintf("%s.immutabilityPeriodSinceCreationInDays", [policy]),
		],
		[{"sku": {"name": "Standard_ZRS"}}, "sku.name"],
		[{"publicNetworkAccess": "Enabled"}, "publicNetworkAccess"],
		[{"allowBlobPublicAccess": true}, "allowBlobPublicAccess"],
	] {
		_found(_account, _store(case[0])) == {case[1]}
	}
}

test_a_store_without_a_policy_is_told_all_that_it_lacks if {
	{violation.msg | some violation in _violations(_account, {"accountName": "hgauditprod"}, [])} == {
		"what this store holds can be changed and deleted",
		"the store's period of immutability is not in force",
		"evidence may be changed after an unstated number of days: it has to stay for 365",
		"evidence is lost with its region: this store has no replica in another",
		"evidence can be reached from the internet",
		"a container of evidence may be opened to anybody",
	}
}

test_a_workspace_that_forgets_too_soon_is_refused if {
	_found(_workspace, {"workspaceName": "log-a", "retentionInDays": 90}) == set()
	{[violation.msg, violation.details.expected] |
		some violation in _violations(_workspace, {"workspaceName": "log-a", "retentionInDays": 89}, [])
	} == {["the audit workspace forgets after 89 days: it has to remember for 90", "retentionInDays: 90"]}
	_found(_workspace, {"workspaceName": "log-a"}) == {"retentionInDays"}
}

test_a_period_that_is_unknown_or_secret_is_undetermined if {
	every why in ["unknown", "secret"] {
		marker := {sprintf("$%s", [why]): true}
		{[violation.details.property, violation.details.undetermined] |
			some violation in _violations(
				_workspace,
				{"workspaceName": "log-a", "retentionInDays": marker},
				[{"path": ["retentionInDays"], "why": why}],
			)
		} == {["retentionInDays", true]}
	}
}

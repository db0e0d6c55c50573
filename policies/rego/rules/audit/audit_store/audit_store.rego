# METADATA
# scope: package
# title: Evidence is immutable, private, replicated and kept for its period
# description: |
#   An audit trail proves something only as long as nobody, not even an owner, can change it. Stores of evidence hold every
#   version for the period that the parameters name, out of reach of the internet, and in a second region; the
#   workspace keeps its entries for as long as they are asked for at hand.
# custom:
#   id: HG-AU-002
#   severity: critical
#   gates: [P, U]
#   scope: object
#   types:
#     - azure-native:storage:StorageAccount
#     - azure-native:operationalinsights:Workspace
#   controls:
#     - ISO/IEC 27001:2022 A.5.28
#     - ISO/IEC 27001:2022 A.5.33
#     - ISO/IEC 27001:2022 A.8.15
#   remediation: |
#     Take the store from AuditTrail and its days from `audit.retention_days` of the stack, or write what the message
#     says. A period may be made longer, never shorter than it was, nor than `audit` in `policies/parameters/`: the plan and
#     the stack's state say what it was. A gate that is given neither (a preview without a state) knows of the floor alone.
#   fix:
#     immutableStorageWithVersioning.immutabilityPolicy.immutabilityPeriodSinceCreationInDays: [audit.retention_days]
#     retentionInDays: [logs.retention_days]
#   since: 2025-01-01
#   deferrable: false
#   before: true
package rules.audit.audit_store

import data.lib.finding
import data.lib.settings
import data.lib.view

applies if _is_store

applies if _is_workspace

violation contains found if {
	_is_store
	some found in settings.findings(_store_settings)
}

violation contains finding.fixable(finding.at(path, value, wrong, expected), least) if {
	_is_store
	path := ["immutableStorageWithVersioning", "immutabilityPolicy", "immutabilityPeriodSinceCreationInDays"]
	value := view.value(path)
	[least, told] := _least(path, input.parameters.audit.retention_days, "stay")
	not _lasts(value, least)
	wrong := sprintf("evidence may be changed after %v days: it %s", [_days(value), told])
	expected := sprintf("immutabilityPeriodSinceCreationInDays: %d", [least])
}

violation contains finding.fixable(finding.at(path, value, wrong, expected), least) if {
	_is_workspace
	path := ["retentionInDays"]
	value := view.value(path)
	[least, told] := _least(path, input.parameters.audit.workspace_days, "remember")
	not _lasts(value, least)
	wrong := sprintf("the audit workspace forgets after %v days: it %s", [_days(value), told])
	expected := sprintf("retentionInDays: %d", [least])
}

# For how many days at least: those of the environment, or those that were promised before, where that is longer.
_least(path, floor, what) := [floor, sprintf("has to %s for %d", [what, floor])] if not _was(path) > floor

_least(path, floor, what) := [was, sprintf("was to %s for %d, and no period is made shorter", [what, was])] if {
	was := _was(path)
	was > floor
}

default _was(_) := 0

_was(path) := days if {
	days := object.get(input.resource.before, path, null)
	is_number(days)
}

# Azure's own default is 30 days, for workspaces; a store without a period has none.
_days(value) := value if is_number(value)

_days(value) := "an unstated number of" if not is_number(value)

_lasts(value, least) if {
	is_number(value)
	value >= least
}

_is_store if {
	settings.type == "azure-native:storage:StorageAccount"
	is_string(input.resource.properties.accountName)
	some prefix in input.parameters.audit.stores
	startswith(input.resource.properties.accountName, prefix)
}

# What was made immutable is meant to be evidence, whatever its name.
_is_store if {
	settings.type == "azure-native:storage:StorageAccount"
	input.resource.properties.immutableStorageWithVersioning.enabled == true
}

_is_workspace if {
	settings.type == "azure-native:operationalinsights:Workspace"
	input.resource.properties.workspaceName in input.parameters.audit.workspaces
}

_store_settings := [
	{
		"path": ["immutableStorageWithVersioning", "enabled"],
		"good": {true},
		"wrong": "what this store holds can be changed and deleted",
		"write": "immutableStorageWithVersioning: {enabled: true, immutabilityPolicy: …}",
	},
	{
		"path": ["immutableStorageWithVersioning", "immutabilityPolicy", "state"],
		"good": {"locked", "unlocked"},
		"wrong": "the store's period of immutability is not in force",
		"write": "state: Locked (Unlocked, until its period is final)",
	},
	{
		"path": ["sku", "name"],
		"good": {"standard_grs", "standard_gzrs", "standard_ragrs", "standard_ragzrs"},
		"wrong": "evidence is lost with its region: this store has no replica in another",
		"write": "sku: {name: Standard_GZRS}, or Standard_GRS where the region has no zones",
	},
	{
		"path": ["publicNetworkAccess"],
		"good": {"disabled", "securedbyperimeter"},
		"wrong": "evidence can be reached from the internet",
		"write": "publicNetworkAccess: Disabled",
	},
	{
		"path": ["allowBlobPublicAccess"],
		"good": {false},
		"wrong": "a container of evidence may be opened to anybody",
		"write": "allowBlobPublicAccess: false",
	},
]

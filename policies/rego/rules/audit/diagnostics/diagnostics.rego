# METADATA
# scope: package
# title: Every resource that can log sends all its logs to the audit workspace
# description: |
#   What happened to a resource that logs nowhere can't be told afterwards, by anybody. Each resource of a kind that keeps
#   logs has a diagnostic setting of its own that sends all of them to the workspace in which audits are made.
# schemas:
#   - input: schema.relation_input
# custom:
#   id: HG-AU-001
#   severity: high
#   gates: [P, U]
#   scope: relation
#   controls:
#     - ISO/IEC 27001:2022 A.8.15
#     - ISO/IEC 27001:2022 A.8.16
#   remediation: |
#     Add a `DiagnosticSetting` whose `resourceUri` is the resource's ID (`<ID>/blobServices/default` for a storage
#     account, `<ID>/fileServices/default` for its file service), with
#     `logs: [{categoryGroup: allLogs, enabled: true}]` and the `workspaceId` of a workspace of `audit.workspaces` in
#     `policies/parameters/`. Our components do so where they are given `workspace_id`.
#   fix: the components make diagnostic settings, and no setting of a stack leaves them out
#   since: 2025-01-01
#   deferrable: true
package rules.audit.diagnostics

import data.lib.stack
import data.lib.view

applies contains index if {
	some type, _ in _loggers
	some index in object.get(stack.by_type, type, set())
}

violation contains {"msg": msg, "details": details} if {
	some index in _uncovered
	resource := input.resources[index]
	msg := sprintf("%q can log, and no diagnostic setting sends its logs to the audit workspace", [resource.name])
	details := {
		"resource": index,
		"property": "",
		"path": [],
		"found": "no setting with this resource's ID, all logs and a workspace of audit.workspaces",
		"expected": "a DiagnosticSetting of it with logs [{categoryGroup: allLogs, enabled: true}]",
		"undetermined": _late(resource),
	}
}

_uncovered contains index if {
	some index in applies
	not _is_covered(input.resources[index])
}

_is_covered(resource) if _key(resource) in _targets

# Which resource a setting is of may only be known at the update. As long as there are enough of such settings, each
# resource may have one; where there are fewer, those that a setting is named after count as having it.
default _late(_) := false

_late(_) if {
	count(_pending) > 0
	count(_uncovered) <= count(_pending)
}

_late(resource) if resource.name in _namesakes

# Its own name may only be known then, too.
_late(resource) if not _key(resource)

# Resource group, where it is known, and the end of the ID.
_key(resource) := [_group(resource.properties), sprintf(logger.form, names)] if {
	logger := _loggers[stack.type_of(resource)]
	names := [lower(name) | some part in logger.names; name := resource.properties[part]; is_string(name)]
	count(names) == count(logger.names)
}

_group(properties) := lower(properties.resourceGroupName) if is_string(properties.resourceGroupName)

_group(properties) := "" if not is_string(object.get(properties, "resourceGroupName", null))

_settings contains setting if {
	some index in object.get(stack.by_type, "azure-native:monitor:DiagnosticSetting", set())
	setting := input.resources[index]
	_reaches_audit(setting.properties.workspaceId)
	some log in setting.properties.logs
	log.enabled == true
	log.categoryGroup in {"allLogs", "audit"}
}

_reaches_audit(workspace) if view.opaque(workspace)

_reaches_audit(workspace) if {
	is_string(workspace)
	parts := split(workspace, "/")
	parts[count(parts) - 1] in input.parameters.audit.workspaces
}

_targets contains target if {
	some setting in _settings
	is_string(setting.properties.resourceUri)
	parts := split(lower(setting.properties.resourceUri), "/providers/")
	groups := split(parts[0], "/resourcegroups/")
	some group in {groups[count(groups) - 1], ""}
	target := [group, parts[count(parts) - 1]]
}

_pending contains setting.name if {
	some setting in _settings
	view.opaque(setting.properties.resourceUri)
}

# "vault" and "vault-north" of a setting with the name "vault-north-diagnostics".
_namesakes contains concat("-", array.slice(words, 0, length)) if {
	some name in _pending
	words := split(name, "-")
	some length in numbers.range(1, count(words))
}

# By type: how the ID ends, and which properties hold the names in it. A storage account's logs are its blob
# service's, and its file service's where it has one.
_loggers := {
	"azure-native:cdn:Profile": {"form": "microsoft.cdn/profiles/%s", "names": ["profileName"]},
	"azure-native:cognitiveservices:Account": {"form": "microsoft.cognitiveservices/accounts/%s", "names": ["accountName"]},
	"azure-native:containerregistry:Registry": {"form": "microsoft.containerregistry/registries/%s", "names": ["registryName"]},
	"azure-native:containerservice:ManagedCluster": {"form": "microsoft.containerservice/managedclusters/%s", "names": ["resourceName"]},
	"azure-native:dashboard:Grafana": {"form": "microsoft.dashboard/grafana/%s", "names": ["workspaceName"]},
	"azure-native:dbforpostgresql:Server": {"form": "microsoft.dbforpostgresql/flexibleservers/%s", "names": ["serverName"]},
	"azure-native:eventhub:Namespace": {"form": "microsoft.eventhub/namespaces/%s", "names": ["namespaceName"]},
	"azure-native:keyvault:Vault": {"form": "microsoft.keyvault/vaults/%s", "names": ["vaultName"]},
	"azure-native:machinelearningservices:OnlineEndpoint": {
		"form": "microsoft.machinelearningservices/workspaces/%s/onlineendpoints/%s",
		"names": ["workspaceName", "endpointName"],
	},
	"azure-native:machinelearningservices:Registry": {"form": "microsoft.machinelearningservices/registries/%s", "names": ["registryName"]},
	"azure-native:machinelearningservices:Workspace": {"form": "microsoft.machinelearningservices/workspaces/%s", "names": ["workspaceName"]},
	"azure-native:network:ApplicationGateway": {"form": "microsoft.network/applicationgateways/%s", "names": ["applicationGatewayName"]},
	"azure-native:network:AzureFirewall": {"form": "microsoft.network/azurefirewalls/%s", "names": ["azureFirewallName"]},
	"azure-native:network:BastionHost": {"form": "microsoft.network/bastionhosts/%s", "names": ["bastionHostName"]},
	"azure-native:network:NetworkSecurityGroup": {"form": "microsoft.network/networksecuritygroups/%s", "names": ["networkSecurityGroupName"]},
	"azure-native:network:PublicIPAddress": {"form": "microsoft.network/publicipaddresses/%s", "names": ["publicIpAddressName"]},
	"azure-native:network:VirtualNetwork": {"form": "microsoft.network/virtualnetworks/%s", "names": ["virtualNetworkName"]},
	"azure-native:operationalinsights:Workspace": {"form": "microsoft.operationalinsights/workspaces/%s", "names": ["workspaceName"]},
	"azure-native:search:Service": {"form": "microsoft.search/searchservices/%s", "names": ["searchServiceName"]},
	"azure-native:servicebus:Namespace": {"form": "microsoft.servicebus/namespaces/%s", "names": ["namespaceName"]},
	"azure-native:storage:FileServiceProperties": {"form": "microsoft.storage/storageaccounts/%s/fileservices/default", "names": ["accountName"]},
	"azure-native:storage:StorageAccount": {"form": "microsoft.storage/storageaccounts/%s/blobservices/default", "names": ["accountName"]},
	"azure-native:trafficmanager:Profile": {"form": "microsoft.network/trafficmanagerprofiles/%s", "names": ["profileName"]},
}

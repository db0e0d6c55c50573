# METADATA
# scope: package
# title: Log workspaces are opened by identities alone
# description: |
#   Whoever has a workspace's shared key can write entries that nobody made, without a name. With local
#   authentication off, every writer and reader of logs is somebody.
# custom:
#   id: HG-AU-004
#   severity: high
#   gates: [P, U]
#   scope: object
#   types:
#     - azure-native:operationalinsights:Workspace
#   controls:
#     - ISO/IEC 27001:2022 A.8.15
#     - ISO/IEC 27001:2022 A.5.16
#   remediation: |
#     Set `features: {disableLocalAuth: true}` on the workspace; agents and diagnostic settings use identities.
#   fix: the components set it, and no setting of a stack takes it back
#   since: 2025-01-01
#   deferrable: false
package rules.audit.log_access

import data.lib.settings

applies if _settings[settings.type]

violation contains found if some found in settings.findings(_settings[settings.type])

_settings := {
	"azure-native:operationalinsights:Workspace": [
		{"path": ["features", "disableLocalAuth"], "good": {true}, "wrong": "the workspace may be written to by a shared key", "write": "features: {disableLocalAuth: true}"},
	],
}

# METADATA
# scope: package
# title: Nobody opens a session in what runs
# description: |
#   What runs was judged as it came: its image, its model, its rights. A session in it (exec, attach, a forwarded port, a
#   request through the API server's proxy) changes or reads it past all of that, and past the gateway and the network's
#   policies. Whoever looks into an incident reads logs and metrics, or asks for a waiver of a few days.
# custom:
#   id: HG-SV-010
#   severity: high
#   gates: [A]
#   scope: object
#   types:
#     - kubernetes:PodExecOptions
#     - kubernetes:PodAttachOptions
#     - kubernetes:PodPortForwardOptions
#     - kubernetes:PodProxyOptions
#     - kubernetes:ServiceProxyOptions
#     - kubernetes:NodeProxyOptions
#   operations: [connect]
#   controls:
#     - ISO/IEC 27001:2022 A.8.2
#     - ISO/IEC 27001:2022 A.8.31
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     Read logs, metrics and traces; change what runs by a new version through the gates. Where only a session helps, an
#     approver signs a waiver for the namespace, with gate A and the days that it takes: `headgate waiver new`.
#   fix: a session is asked for by a person, not by a setting
#   since: 2025-01-01
#   deferrable: false
package rules.serving.running_sessions

import data.lib.finding

applies if _asked

# The cluster's own namespaces are held by access rights: a gate that stood in their way could not be mended.
_asked if not input.resource.namespace in input.parameters.audit.gate.exempt

violation contains finding.at([], input.resource.kind, wrong, "a change through the gates, or a waiver") if {
	_asked
	input.resource.operation == "connect"
	wrong := sprintf("a session (%s) in what runs, past what was judged when it came", [_way])
}

_way := input.resource.subresource if input.resource.subresource != ""

_way := input.resource.kind if not _has_way

_has_way if input.resource.subresource != ""

# METADATA
# scope: package
# title: Audit sinks, the decision log and the admission gate are neither weakened nor taken away
# description: |
#   Whoever wants to do something unseen takes away first what would have seen it. Exports of logs, the ledger's container,
#   the ledger's writer, the gate's workload, its decision log and its webhook stay, and stay as strict as they were: the webhook closed on
#   failure and blind to nothing of a team's. The API server exempts webhook configurations from webhooks, so in a cluster
#   it is its access rights and an alert on its audit log that hold those.
# custom:
#   id: HG-AU-003
#   severity: critical
#   gates: [P, U, A]
#   scope: object
#   types:
#     - azure-native:monitor:DiagnosticSetting
#     - azure-native:monitor:SubscriptionDiagnosticSetting
#     - azure-native:storage:BlobContainer
#     - azure-native:securityinsights:SentinelOnboardingState
#     - kubernetes:ConfigMap
#     - kubernetes:Deployment
#     - kubernetes:Namespace
#     - kubernetes:ValidatingWebhookConfiguration
#   operations: [create, update, same, replace, delete, unknown]
#   controls:
#     - ISO/IEC 27001:2022 A.5.28
#     - ISO/IEC 27001:2022 A.8.15
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     Leave what records and guards in place, as AuditTrail and AdmissionGate deploy it. What has to go is taken
#     away in a change of its own, which the owners of the audit have approved. The gate's names, and the
#     namespaces that its webhook may leave out, are `audit.gate` in `policies/parameters/`; the writer's `audit.ledger`.
#   fix: what weakens the gate or a sink is taken back by whoever knows why it was there
#   since: 2025-01-01
#   deferrable: true
package rules.audit.evidence_stays

import data.lib.finding
import data.lib.settings
import data.lib.view

applies if _is_sink

applies if _is_webhook

applies if _is_gate

applies if _is_configuration

applies if _is_writer

_gate := input.parameters.audit.gate

violation contains finding.at([], input.resource.operation, wrong, "a change that leaves it in place") if {
	input.parameters.approval.protects
	input.resource.operation in {"delete", "replace"}
	applies
	wrong := sprintf("%q would be %sd, and with it what it records or guards", [input.resource.name, input.resource.operation])
}

# What goes is not judged by what it holds.
_stays if input.resource.operation != "delete"

# Sinks of logs.

default _is_sink := false

_is_sink if {
	settings.type in {
		"azure-native:monitor:SubscriptionDiagnosticSetting",
		"azure-native:securityinsights:SentinelOnboardingState",
	}
}

# The second copy, which nobody can change. That every resource sends a first one is HG-AU-001's.
_is_sink if {
	settings.type == "azure-native:monitor:DiagnosticSetting"
	input.resource.properties.storageAccountId
}

_is_sink if {
	settings.type == "azure-native:storage:BlobContainer"
	input.resource.properties.immutableStorageWithVersioning.enabled == true
}

violation contains finding.at(path, value, "a kind of log is switched off", "enabled: true, or no setting for it") if {
	_stays
	settings.type in {"azure-native:monitor:DiagnosticSetting", "azure-native:monitor:SubscriptionDiagnosticSetting"}
	some index, log in input.resource.properties.logs
	path := ["logs", index, "enabled"]
	value := view.at(log, ["enabled"])
	value != true
}

violation contains finding.at(["logs"], value, wrong, expected) if {
	_stays
	settings.type == "azure-native:monitor:SubscriptionDiagnosticSetting"
	value := view.value(["logs"])
	some category in ["Administrative", "Security", "Alert", "Policy"]
	not category in {log.category | some log in value}
	wrong := sprintf("the activity log's export leaves %s out", [category])
	expected := sprintf("{category: %s, enabled: true}", [category])
}

# The webhook.

default _is_webhook := false

_is_webhook if {
	input.resource.kind == "ValidatingWebhookConfiguration"
	view.value(["metadata", "name"]) == _gate.webhook
}

# A name that nobody can read could be the gate's.
_is_webhook if {
	input.resource.kind == "ValidatingWebhookConfiguration"
	view.opaque(view.value(["metadata", "name"]))
}

violation contains finding.at(["webhooks"], value, "the admission gate is asked about nothing", "the gate's webhook") if {
	_stays
	_is_webhook
	value := view.value(["webhooks"])
	not _is_list(value)
}

violation contains finding.at(path, value, found.wrong, found.write) if {
	_stays
	_is_webhook
	some index, hook in view.value(["webhooks"])
	some found in _gaps(hook)
	path := array.concat(["webhooks", index], found.path)
	value := view.at(hook, found.path)
}

_is_list(value) if {
	is_array(value)
	count(value) > 0
}

_gaps(hook) := {gap | some gap in _demands; not _meets(hook, gap.path[0])}

_demands := [
	{"path": ["failurePolicy"], "wrong": "what the gate can't judge would be let through", "write": "failurePolicy: Fail"},
	{
		"path": ["rules"],
		"wrong": "the gate would not be asked about every write, about namespaces that go, or about sessions in pods",
		"write": concat(" ", [
			"rules with all groups, versions and resources for CREATE and UPDATE at least, with namespaces and",
			"customresourcedefinitions for DELETE, and with pods/exec, attach, portforward and proxy for CONNECT",
		]),
	},
	{
		"path": ["namespaceSelector"],
		"wrong": "the gate would not be asked about a namespace that is not exempt",
		"write": "{key: kubernetes.io/metadata.name, operator: NotIn, values: <audit.gate.exempt>} and nothing else",
	},
	{"path": ["objectSelector"], "wrong": "an object could escape the gate by a label", "write": "no objectSelector"},
	{
		"path": ["matchConditions"],
		"wrong": "a condition lets more past the gate than the cluster's own heartbeat",
		"write": "conditions that leave out the cluster's own groups and resources alone",
	},
]

# Kubernetes' own defaults: closed on failure, every scope, no selector, no condition.
_meets(hook, "failurePolicy") if view.at(hook, ["failurePolicy"]) in {"Fail", null}

_meets(hook, "rules") if {
	every operation, resources in _judged {
		every resource in resources {
			_asks(hook, operation, resource)
		}
	}
}

# What the rules of admission are about; `*` is every resource, without what lies under it.
_judged := {
	"CREATE": ["*"],
	"UPDATE": ["*"],
	"DELETE": ["namespaces", "customresourcedefinitions"],
	"CONNECT": [
		"pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "nodes/proxy",
	],
}

_asks(hook, operation, resource) if {
	some rule in hook.rules
	"*" in rule.apiGroups
	"*" in rule.apiVersions
	view.at(rule, ["scope"]) in {"*", null}
	some all_or_one in [operation, "*"]
	all_or_one in rule.operations
	some covering in _covering(resource)
	covering in rule.resources
}

_covering(resource) := {resource, "*", "*/*"} if not contains(resource, "/")

_covering(resource) := {resource, "*/*", sprintf("%s/*", [split(resource, "/")[0]])} if contains(resource, "/")

_meets(hook, "namespaceSelector") if {
	selector := view.at(hook, ["namespaceSelector"])
	view.at(selector, ["matchLabels"]) in {{}, null}
	every expression in _listed(selector, "matchExpressions") {
		expression.key == "kubernetes.io/metadata.name"
		expression.operator == "NotIn"
		count({name | some name in expression.values} - {name | some name in _gate.exempt}) == 0
	}
}

_meets(hook, "objectSelector") if {
	selector := view.at(hook, ["objectSelector"])
	view.at(selector, ["matchLabels"]) in {{}, null}
	view.at(selector, ["matchExpressions"]) in {[], null}
}

_meets(hook, "matchConditions") if {
	every condition in _listed(hook, "matchConditions") {
		_is_heartbeat(condition.expression)
	}
}

# What is no list and stands there all the same has one entry that meets nothing.
_listed(value, name) := list if {
	list := view.at(value, [name])
	is_array(list)
}

_listed(value, name) := [] if view.at(value, [name]) == null

_listed(value, name) := ["?"] if {
	not view.at(value, [name]) == null
	not is_array(view.at(value, [name]))
}

# What a cluster writes all the time to keep itself alive, and that carries neither image nor right.
# A session in a node is none of it.
_is_heartbeat(expression) if {
	is_string(expression)
	startswith(expression, _but_for_sessions)
	_is_heartbeat_alone(trim_prefix(expression, _but_for_sessions))
}

_is_heartbeat(expression) if _is_heartbeat_alone(expression)

# What the API server writes for itself before it is ready: refused, it ends, or is never ready.
_is_heartbeat(expression) if {
	is_string(expression)
	startswith(expression, _by_the_api_server)
	listed := trim_prefix(expression, _by_the_api_server)
	regex.match(`^\['[a-z0-9.]+'(, '[a-z0-9.]+')*\]\)$`, listed)
	count(_quoted(listed) - _own_groups) == 0
}

_by_the_api_server := "!(request.userInfo.username == 'system:apiserver' && request.resource.group in "

_own_groups := {
	"apiregistration.k8s.io", "flowcontrol.apiserver.k8s.io", "networking.k8s.io", "rbac.authorization.k8s.io", "scheduling.k8s.io",
}

_but_for_sessions := "request.operation == 'CONNECT' || "

_is_heartbeat_alone(expression) if {
	is_string(expression)
	regex.match(`^!\(request\.resource\.group in \['[a-z0-9.]+'(, '[a-z0-9.]+')*\]\)$`, expression)
	count(_quoted(expression) - _heartbeat_groups) == 0
}

_is_heartbeat_alone(expression) if {
	is_string(expression)
	regex.match(`^!\(request\.resource\.group == '' && request\.resource\.resource in \['[a-z]+'(, '[a-z]+')*\]\)$`, expression)
	count(_quoted(expression) - _heartbeat_resources) == 0
}

_quoted(expression) := {found[1] | some found in regex.find_all_string_submatch_n(`'([a-z0-9.]+)'`, expression, -1)}

_heartbeat_groups := {
	"authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io",
	"discovery.k8s.io", "events.k8s.io", "metrics.k8s.io",
}

_heartbeat_resources := {"bindings", "componentstatuses", "endpoints", "events", "nodes"}

# The workload that answers, with its namespace and its configuration.

default _is_gate := false

_is_gate if {
	input.resource.kind == "Namespace"
	view.value(["metadata", "name"]) == _gate.namespace
}

_is_gate if {
	input.resource.kind == "Deployment"
	view.value(["metadata", "name"]) == _gate.workload
	_is_in_its_namespace
}

# Before the first deployment the namespace may be unknown.
_is_in_its_namespace if input.resource.namespace == _gate.namespace

_is_in_its_namespace if view.opaque(view.value(["metadata", "namespace"]))

violation contains finding.at(["spec", "replicas"], value, wrong, expected) if {
	_stays
	_is_gate
	input.resource.kind == "Deployment"
	value := view.value(["spec", "replicas"])
	least := input.parameters.serving.least_replicas
	not _is_enough(value, least)
	wrong := sprintf("the gate has too few replicas to answer: it needs %d", [least])
	expected := sprintf("replicas: %d", [least])
}

_is_enough(value, least) if {
	is_number(value)
	value >= least
}

# Kubernetes' own default.
_is_enough(null, 1)

violation contains finding.at(path, value, "anybody could ask the gate, or tell it other rules", expected) if {
	_stays
	_is_gate
	input.resource.kind == "Deployment"
	path := ["spec", "template", "spec", "containers"]
	value := view.value(path)
	some flag in ["--authentication=token", "--authorization=basic"]
	not flag in {argument | some container in value; some argument in container.args}
	expected := sprintf("args: [%s]", [flag])
}

default _is_configuration := false

_is_configuration if {
	input.resource.kind == "ConfigMap"
	name := view.value(["metadata", "name"])
	is_string(name)
	startswith(name, sprintf("%s-config", [_gate.workload]))
	_is_in_its_namespace

	# Each version of it has a name of its own: the one before goes.
	input.resource.operation != "delete"
}

violation contains finding.at(path, value, found.wrong, found.write) if {
	_is_configuration
	path := ["data", "config.json"]
	value := view.value(path)
	some found in _missing(value)
}

_missing(value) := {each | some each in _configured; not _says(value, each.name)}

_configured := [
	{"name": "log", "wrong": "the gate's decisions are logged nowhere", "write": `"decision_logs": {"console": true}, or a service`},
	{"name": "decision", "wrong": "the gate would answer by something else than the rules", "write": `"default_decision": "main/admission/response"`},
	{"name": "rights", "wrong": "the gate would not ask who asks", "write": `"default_authorization_decision": "system/authz/allow"`},
]

_says(value, name) if {
	is_string(value)
	json.is_valid(value)
	_is_said(json.unmarshal(value), name)
}

_is_said(configuration, "log") if configuration.decision_logs.console == true

_is_said(configuration, "log") if configuration.decision_logs.service != ""

_is_said(configuration, "decision") if configuration.default_decision == "main/admission/response"

_is_said(configuration, "rights") if configuration.default_authorization_decision == "system/authz/allow"

# What writes the ledger for a cluster.

default _is_writer := false

_is_writer if {
	input.resource.kind == "Namespace"
	view.value(["metadata", "name"]) == input.parameters.audit.ledger.namespace
}

_is_writer if {
	input.resource.kind == "Deployment"
	view.value(["metadata", "name"]) == input.parameters.audit.ledger.workload
	input.resource.namespace == input.parameters.audit.ledger.namespace
}

violation contains finding.at(["spec", "replicas"], 0, "nobody would write the ledger", "replicas: 1 at least") if {
	_stays
	_is_writer
	input.resource.kind == "Deployment"
	view.value(["spec", "replicas"]) == 0
}

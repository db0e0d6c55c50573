package rules.audit.evidence_stays_test

import data.rules.audit.evidence_stays

_parameters := {
	"approval": {"protects": true},
	"serving": {"least_replicas": 2},
	"audit": {
		"gate": {
			"namespace": "headgate-gate", "workload": "opa", "webhook": "headgate-admission",
			"exempt": ["kube-system", "headgate-gate"],
		},
		"ledger": {"namespace": "headgate-ledger", "workload": "ledger"},
	},
}

_found(resource) := {[violation.details.property, violation.msg] |
	some violation in evidence_stays.violation with input as {
		"resource": object.union({"name": "x", "operation": "create", "opaque": [], "provider": "p"}, resource),
		"parameters": _parameters,
	}
}

_applies(resource) if {
	evidence_stays.applies with input as {
		"resource": object.union({"operation": "create", "opaque": []}, resource),
		"parameters": _parameters,
	}
}

# The sinks.

_setting(type, properties) := {"type": sprintf("azure-native:monitor:%s", [type]), "properties": properties}

_activity := [{"category": name, "enabled": true} | some name in ["Administrative", "Security", "Alert", "Policy"]]

_archive := _setting("DiagnosticSetting", {"storageAccountId": "a", "logs": [{"categoryGroup": "allLogs", "enabled": true}]})

_container := {
	"type": "azure-native:storage:BlobContainer",
	"properties": {"immutableStorageWithVersioning": {"enabled": true}},
}

test_whole_sinks_are_let_through if {
	every sink in [_archive, _container, _setting("SubscriptionDiagnosticSetting", {"logs": _activity})] {
		_applies(sink)
		_found(sink) == set()
	}
}

test_a_log_that_is_switched_off_is_refused if {
	off := _setting("DiagnosticSetting", {"logs": [{"categoryGroup": "allLogs", "enabled": false}]})
	_found(off) == {["logs[0].enabled", "a kind of log is switched off"]}
	not _applies(off)
}

test_an_activity_log_without_a_kind_that_audits_need_is_refused if {
	_found(_setting("SubscriptionDiagnosticSetting", {"logs": array.slice(_activity, 0, 3)})) == {
		["logs", "the activity log's export leaves Policy out"],
	}
}

test_what_records_or_guards_is_not_taken_away if {
	every resource in [
		_archive,
		_container,
		_setting("SubscriptionDiagnosticSetting", {}),
		_webhook({}),
		_deployment({}),
		{"type": "k", "kind": "Namespace", "properties": {"metadata": {"name": "headgate-gate"}}},
	] {
		_found(object.union(resource, {"operation": "delete"})) == {
			["", `"x" would be deleted, and with it what it records or guards`],
		}
	}
	_found(object.union(_container, {"operation": "replace"})) == {
		["", `"x" would be replaced, and with it what it records or guards`],
	}
}

test_what_records_nothing_may_go if {
	every resource in [
		_setting("DiagnosticSetting", {"logs": []}),
		{"type": "k", "kind": "Namespace", "properties": {"metadata": {"name": "team-fraud"}}},
		object.union(_deployment({}), {"namespace": "team-fraud"}),
		_configuration({}),
	] {
		_found(object.union(resource, {"operation": "delete"})) == set()
	}
}

# The webhook.

_hook_rule(operations, resources) := {
	"apiGroups": ["*"], "apiVersions": ["*"], "resources": resources, "operations": operations, "scope": "*",
}

_hook := {
	"failurePolicy": "Fail",
	"rules": [
		_hook_rule(["CREATE", "UPDATE"], ["*"]),
		_hook_rule(["DELETE"], ["namespaces", "customresourcedefinitions"]),
		_hook_rule(["CONNECT"], ["pods/*", "services/proxy", "nodes/proxy"]),
	],
	"namespaceSelector": {"matchExpressions": [{
		"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system", "headgate-gate"],
	}]},
	"matchConditions": [
		{"expression": "!(request.resource.group in ['coordination.k8s.io', 'events.k8s.io'])"},
		{"expression": "request.operation == 'CONNECT' || !(request.resource.group == '' && request.resource.resource in ['events'])"},
		{"expression": "!(request.userInfo.username == 'system:apiserver' && request.resource.group in ['flowcontrol.apiserver.k8s.io', 'rbac.authorization.k8s.io'])"},
	],
}

_by_the_api_server := "!(request.userInfo.username == 'system:apiserver' && request.resource.group in [%s])"

_webhook(patch) := {
	"type": "k", "kind": "ValidatingWebhookConfiguration",
	"properties": {"metadata": {"name": "headgate-admission"}, "webhooks": [object.union(_hook, patch)]},
}

test_the_webhook_as_it_is_deployed_is_let_through if {
	_applies(_webhook({}))
	every patch in [{}, {"namespaceSelector": null, "matchConditions": null}, {"rules": [object.union(_hook.rules[0], {"resources": ["*/*"], "operations": ["*"]})]}] {
		_found(_webhook(patch)) == set()
	}
}

test_a_webhook_whose_name_nobody_can_read_is_judged_as_the_gates if {
	_applies(object.union(_webhook({}), {"properties": {"metadata": {"name": {"$secret": true}}}}))
}

test_another_webhook_is_not_judged if {
	not _applies(object.union(_webhook({}), {"properties": {"metadata": {"name": "other"}}}))
}

test_a_webhook_without_hooks_is_refused if {
	_found(object.union(_webhook({}), {"properties": {"webhooks": []}})) == {
		["webhooks", "the admission gate is asked about nothing"],
	}
}

test_each_gap_in_the_webhook_is_refused if {
	every patch, property in {
		{"failurePolicy": "Ignore"}: "failurePolicy",
		{"rules": [object.union(_hook.rules[0], {"operations": ["CREATE"]})]}: "rules",
		{"rules": [object.union(_hook.rules[0], {"apiGroups": ["apps"]})]}: "rules",
		{"rules": []}: "rules",
		{"rules": array.slice(_hook.rules, 0, 2)}: "rules",
		{"rules": [_hook.rules[0], _hook.rules[2]]}: "rules",
		{"rules": [_hook_rule(["*"], ["*"])]}: "rules",
		{"namespaceSelector": {"matchLabels": {"gated": "yes"}}}: "namespaceSelector",
		{"namespaceSelector": {"matchExpressions": [{
			"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["team-fraud"],
		}]}}: "namespaceSelector",
		{"objectSelector": {"matchLabels": {"gated": "yes"}}}: "objectSelector",
		{"matchConditions": [{"expression": "request.userInfo.username != 'me'"}]}: "matchConditions",
		{"matchConditions": [{"expression": "!(request.userInfo.username == 'system:apiserver')"}]}: "matchConditions",
		{"matchConditions": [{"expression": sprintf(_by_the_api_server, ["'apps'"])}]}: "matchConditions",
		{"matchConditions": [{"expression": sprintf(_by_the_api_server, ["'rbac.authorization.k8s.io'] || true || ['a'"])}]}: "matchConditions",
		{"matchConditions": [{"expression": "!(request.resource.group in ['apps'])"}]}: "matchConditions",
		{"matchConditions": [{"expression": "request.operation == 'CREATE' || !(request.resource.group in ['events.k8s.io'])"}]}: "matchConditions",
		{"matchConditions": [{"expression": {"$unknown": true}}]}: "matchConditions",
		{"matchConditions": {"$unknown": true}}: "matchConditions",
		{"matchConditions": [{
			"expression": "!(request.resource.group == '' && request.resource.resource in ['pods'])",
		}]}: "matchConditions",
	} {
		{found | some [found, _] in _found(_webhook(patch))} == {sprintf("webhooks[0].%s", [property])}
	}
}

# The workload.

_deployment(patch) := {
	"type": "k", "kind": "Deployment", "namespace": "headgate-gate",
	"properties": object.union(
		{
			"metadata": {"name": "opa", "namespace": "headgate-gate"},
			"spec": {"replicas": 3, "template": {"spec": {"containers": [{
				"args": ["--authentication=token", "--authorization=basic"],
			}]}}},
		},
		patch,
	),
}

test_the_workload_as_it_is_deployed_is_let_through if {
	_applies(_deployment({}))
	_found(_deployment({})) == set()
}

test_the_workload_counts_before_its_namespace_is_known if {
	late := object.union(_deployment({"metadata": {"namespace": {"$unknown": true}}}), {
		"namespace": "",
		"opaque": [{"path": ["metadata", "namespace"], "why": "unknown"}],
	})
	_applies(late)
}

test_too_few_replicas_and_an_open_door_are_refused if {
	_found(_deployment({"spec": {"replicas": 0}})) == {
		["spec.replicas", "the gate has too few replicas to answer: it needs 2"],
	}
	_found(_deployment({"spec": {"replicas": null}})) == {
		["spec.replicas", "the gate has too few replicas to answer: it needs 2"],
	}
	_found(_deployment({"spec": {"template": {"spec": {"containers": [{"args": ["--authentication=token"]}]}}}})) == {
		["spec.template.spec.containers", "anybody could ask the gate, or tell it other rules"],
	}
}

test_one_replica_is_enough_where_one_is_asked_for if {
	one := object.union(_parameters, {"serving": {"least_replicas": 1}})
	resource := object.union(
		{"name": "x", "operation": "create", "opaque": []},
		_deployment({"spec": {"replicas": null}}),
	)
	evidence_stays.violation == set() with input as {"resource": resource, "parameters": one}
}

# Its configuration.

_configuration(patch) := {
	"type": "k", "kind": "ConfigMap", "namespace": "headgate-gate",
	"properties": {
		"metadata": {"name": "opa-config-1"},
		"data": {"config.json": json.marshal(object.union(
			{
				"default_decision": "main/admission/response",
				"default_authorization_decision": "system/authz/allow",
				"decision_logs": {"console": true},
			},
			patch,
		))},
	},
}

test_a_configuration_that_logs_decisions_is_let_through if {
	_applies(_configuration({}))
	_found(_configuration({})) == set()
	_found(_configuration({"decision_logs": {"console": false, "service": "audit"}})) == set()
}

test_a_configuration_that_does_not_is_refused if {
	_found(_configuration({"decision_logs": {"console": false}})) == {
		["data[\"config.json\"]", "the gate's decisions are logged nowhere"],
	}
	_found(_configuration({"default_decision": "mine"})) == {
		["data[\"config.json\"]", "the gate would answer by something else than the rules"],
	}
	_found(_configuration({"default_authorization_decision": "mine"})) == {
		["data[\"config.json\"]", "the gate would not ask who asks"],
	}
}

test_a_configuration_that_can_t_be_read_is_refused if {
	resource := _configuration({})
	count(_found(object.union(resource, {"properties": {"data": {"config.json": "{"}}}))) == 3
}

# The ledger's writer.

_writer(spec) := {
	"type": "k", "kind": "Deployment", "namespace": "headgate-ledger",
	"properties": {"metadata": {"name": "ledger"}, "spec": spec},
}

test_a_writer_that_runs_is_let_through if {
	_applies(_writer({"replicas": 1}))
	_found(_writer({"replicas": 1})) == set()
}

test_a_writer_that_does_not_run_is_refused if {
	_found(_writer({"replicas": 0})) == {["spec.replicas", "nobody would write the ledger"]}
}

test_a_writer_and_its_namespace_stay if {
	_found(object.union(_writer({"replicas": 1}), {"operation": "delete"})) == {
		["", "\"x\" would be deleted, and with it what it records or guards"],
	}
	_found({
		"type": "k", "kind": "Namespace", "operation": "delete",
		"properties": {"metadata": {"name": "headgate-ledger"}},
	}) == {["", "\"x\" would be deleted, and with it what it records or guards"]}
}

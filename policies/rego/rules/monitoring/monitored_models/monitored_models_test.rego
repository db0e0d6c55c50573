package rules.monitoring.monitored_models_test

import data.rules.monitoring.monitored_models

_parameters := {"monitoring": {"model_alerts": ["availability", "latency"], "language_model_alerts": ["availability"]}}

_object(kind, properties) := {
	"provider": "kubernetes", "type": "x", "kind": kind, "name": "a", "operation": "create", "namespace": "n",
	"connection": "c", "properties": properties,
}

_labels := {"headgate.dev/model": "a", "headgate.dev/team": "t"}

_pods := {"metadata": {"labels": _labels}, "spec": {"containers": [{"ports": [{"name": "http"}]}]}}

_model := _object("Rollout", {"metadata": {"name": "a", "labels": _labels}, "spec": {"template": _pods}})

_alert(kind) := {"alert": "A", "labels": {"team": "t", "model": "a", "kind": kind}}

_group(rules) := {
	"provider": "azure-native", "type": "azure-native:alertsmanagement/v20230301:PrometheusRuleGroup", "name": "g",
	"operation": "create", "properties": {"rules": rules},
}

_both := _group([_alert("availability"), _alert("latency"), {"record": "r"}])

_found(resources) := {[violation.details.resource, violation.msg] |
	some violation in monitored_models.violation with input as {"resources": resources, "parameters": _parameters}
}

_late(resources) := {violation.details.undetermined |
	some violation in monitored_models.violation with input as {"resources": resources, "parameters": _parameters}
}

test_a_model_that_is_watched_is_let_through if {
	_found([_model, _both]) == set()
	operator := _object("PrometheusRule", {"spec": {"groups": [{"rules": [_alert("availability"), _alert("latency")]}]}})
	_found([_model, operator]) == set()
	monitored_models.applies == {0} with input as {"resources": [_model, _both]}
}

test_the_labels_of_its_pods_count_where_it_has_none if {
	bare := _object("Deployment", {"metadata": {"name": "a"}, "spec": {"template": _pods}})
	_found([bare, _both]) == set()
}

test_a_model_that_nobody_watches_is_refused_with_what_to_write if {
	monitored_models.violation == {{
		"msg": `no alert of kind "latency" watches model "a"`,
		"details": {
			"resource": 0,
			"property": "metadata.labels",
			"path": ["metadata", "labels"],
			"found": "no rule that alerts with labels {team: t, model: a, kind: latency}",
			"expected": "an alert of kind latency for it, as ModelMonitoring makes them",
			"undetermined": false,
		},
	}} with input as {"resources": [_model, _group([_alert("availability")])], "parameters": _parameters}
}

test_alerts_of_others_and_those_that_are_off_do_not_count if {
	off := object.union(_alert("latency"), {"enabled": false})
	other := object.union(_alert("latency"), {"labels": {"model": "b"}})
	recorded := object.remove(_alert("latency"), ["alert"])
	every rule in [off, other, recorded] {
		_found([_model, _group([_alert("availability"), rule])]) == {[0, `no alert of kind "latency" watches model "a"`]}
	}
	count(_found([_model, object.union(_both, {"properties": {"enabled": false}})])) == 2
}

test_a_language_model_promises_no_latency if {
	said := {"properties": {"metadata": {"annotations": {"headgate.dev/time-to-first-token-ms": "800"}}}}
	_found([object.union(_model, said), _group([_alert("availability")])]) == set()
}

test_a_model_that_is_not_measured_is_refused_unless_an_operator_does if {
	hidden := object.union(_model, {"properties": {"spec": {"template": {"spec": {"containers": [{"ports": [{"name": "web"}]}]}}}}})
	_found([hidden, _both]) == {[0, `nothing measures Rollout "a", which serves a model`]}
	monitor := _object("ServiceMonitor", {"spec": {"selector": {"matchLabels": {"headgate.dev/model": "a"}}}})
	_found([hidden, _both, monitor]) == set()
	count(_found([hidden, _both, object.union(monitor, {"namespace": "m"})])) == 1
}

test_rules_that_are_not_known_yet_are_undetermined if {
	_late([_model, _group({"$unknown": true})]) == {true}
	_late([_model, _group([{"alert": "A", "labels": {"model": {"$unknown": true}}}])]) == {true}
}

test_what_serves_no_model_needs_none if {
	_found([_object("Deployment", {"metadata": {"name": "g"}})]) == set()
}

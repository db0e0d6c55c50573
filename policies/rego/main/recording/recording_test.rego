package main.recording_test

import data.main.recording

_configured := {
	"config": {"decision_logs": {"service": "audit"}},
	"env": {
		"HEADGATE_METRICS": "https://127.0.0.1:8443/metrics",
		"HEADGATE_METRICS_CA": "/tls/ca.crt",
		"HEADGATE_METRICS_NAME": "opa",
	},
}

_parameters := {
	"base": {
		"audit": {"gate": {"unrecorded": {"behind_kib": 8, "full_kib": 64, "when_behind": "deny"}}},
		"tenancy": {"platform_namespaces": ["headgate-delivery"]},
	},
	"prod": {},
}

_answer(bytes) := {
	"status_code": 200,
	"raw_body": sprintf("# TYPE a gauge\ndecision_logs_buffer_size_bytes %v\nb 1\n", [bytes]),
}

_open := {"prod": {"audit": {"gate": {"unrecorded": {"when_behind": "warn"}}}}}

# What a gate with a collector does for a user, while its metrics give an answer.
_judged(user, answer, parameters) := {"holds": holds, "state": state} if {
	holds := recording.holds with input as {"request": {"userInfo": {"username": user}}}
		with opa.runtime as _configured
		with http.send as answer
		with data.parameters as parameters
		with data.environment as "prod"
	state := recording.state with input as {"request": {"userInfo": {"username": user}}}
		with opa.runtime as _configured
		with http.send as answer
		with data.parameters as parameters
		with data.environment as "prod"
}

_told(answer) := cause if {
	cause := recording.cause with opa.runtime as _configured
		with http.send as answer
		with data.parameters as _parameters
		with data.environment as "prod"
}

test_a_gate_without_a_collector_holds_by_its_log if {
	recording.holds with opa.runtime as {"config": {"decision_logs": {"console": true}}, "env": {}}
	not recording.cause with opa.runtime as {"config": {"decision_logs": {"console": true}}, "env": {}}
}

test_what_is_taken_soon_is_well if {
	_judged("sara", _answer(0), _parameters) == {"holds": true, "state": "well"}
	_judged("sara", _answer("8.192e+03"), _parameters) == {"holds": true, "state": "well"}
	not _told(_answer(8192))
}

test_a_gate_that_is_behind_lets_nothing_new_through if {
	_judged("sara", _answer(8193), _parameters) == {"holds": false, "state": "behind"}
	_judged("system:serviceaccount:fraud:deployer", _answer(8193), _parameters) == {"holds": false, "state": "behind"}
	_told(_answer(16384)) == concat(" ", [
		"headgate's decisions are not recorded now, so nothing new is let through:",
		"16 KiB of them wait for the audit ledger's collector, and 8 may; it opens again when those are taken",
	])
}

test_what_controllers_make_of_what_was_admitted_goes_on_while_there_is_room if {
	every user in [
		"system:serviceaccount:kube-system:replicaset-controller", "system:serviceaccount:headgate-delivery:rollouts",
		"system:node:aks-1", "system:kube-scheduler", "system:kube-controller-manager",
	] {
		_judged(user, _answer(65536), _parameters) == {"holds": true, "state": "behind"}
		_judged(user, _answer(65537), _parameters) == {"holds": false, "state": "full"}
	}
}

test_a_gate_that_can_not_tell_is_closed if {
	every answer in [
		{"status_code": 0, "error": {}}, {"status_code": 401, "raw_body": _answer(0).raw_body},
		{"status_code": 200, "raw_body": "other 1\n"}, {"status_code": 200, "raw_body": "decision_logs_buffer_size_bytes NaN\n"},
	] {
		_judged("system:kube-scheduler", answer, _parameters) == {"holds": false, "state": "unknown"}
		contains(_told(answer), "can't be told")
	}
}

test_a_gate_that_lost_the_way_to_its_metrics_is_closed if {
	not recording.holds with opa.runtime as object.union(object.remove(_configured, ["env"]), {"env": {}})
		with data.parameters as _parameters
		with data.environment as "prod"
}

test_an_environment_may_go_on_unrecorded_and_is_told if {
	_judged("sara", _answer(65537), object.union(_parameters, _open)) == {"holds": true, "state": "full"}
	_judged("sara", {"status_code": 0}, object.union(_parameters, _open)) == {"holds": true, "state": "unknown"}
}

package rules.supply_chain.version_order_test

import data.rules.supply_chain.version_order

_workload(annotations, pods) := {
	"id": "urn:pulumi:fraud-prod::headgate::kubernetes:argoproj.io/v1alpha1:Rollout::score", "provider": "kubernetes",
	"type": "k", "kind": "Rollout", "group": "argoproj.io", "name": "score", "operation": "update", "namespace": "team-fraud",
	"properties": {
		"metadata": {"name": "fraud-score", "annotations": annotations, "labels": {"headgate.dev/model": "fraud-score"}},
		"spec": {"template": {"metadata": {"annotations": pods}}},
	},
}

_serving(version, record) := _workload({"headgate.dev/model-version": version, "headgate.dev/rollback": record}, {})

_input(workload, facts, asks) := {
	"resources": [workload], "facts": facts, "parameters": {"models": {"rollback_days": 7, "asks_ledger": asks}},
}

_violations(workload, facts, asks) := {violation |
	some violation in version_order.violation with input as _input(workload, facts, asks)
		with time.now_ns as time.parse_rfc3339_ns("2026-06-10T12:00:00Z")
}

_found(workload, facts) := {violation.msg | some violation in _violations(workload, facts, false)}

_before(version) := {"history": {"stacks": {"fraud-prod": {"versions": {"team-fraud/fraud-score": version}}}}}

_no_record(version) := {sprintf(`"fraud-score" goes back from 1.10.0 to %s without a record of why`, [version])}

test_semantic_versions_that_do_not_go_back_are_let_through if {
	every version in ["1.10.0", "1.10.1", "2.0.0", "1.11.0-rc.1", "1.10.0+build.7", "999999999.0.0"] {
		_found(_serving(version, null), _before("1.10.0")) == set()
	}
	_found(_serving("0.1.0", null), {"history": {"stacks": {}}}) == set()
	_found(_serving("0.1.0", null), {}) == set()
	version_order.applies == {0} with input as _input(_serving("1.0.0", null), {}, false)
}

test_what_serves_no_model_is_not_judged if {
	other := json.patch(_serving("latest", null), [{"op": "remove", "path": "/properties/metadata/labels"}])
	_found(other, {}) == set()
	version_order.applies == set() with input as _input(other, {}, false)
}

test_a_version_that_is_not_semantic_is_refused if {
	every version in [
		"latest", "1", "1.0", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0+", " 1.0.0", "1.0.0\n", "1.0.x", "",
		"1234567890.0.0", "99999999999999999999.0.0", "-1.0.0", null, 1, ["1.0.0"],
	] {
		_found(_serving(version, null), _before("1.10.0")) == {`the version that "fraud-score" serves is not semantic`}
	}
}

test_the_version_of_the_pods_is_judged_too if {
	_found(_workload({"headgate.dev/model-version": "1.0.0"}, {"headgate.dev/model-version": "latest"}), {}) == {
		`the version that "fraud-score" serves is not semantic`,
	}
	_found(_workload({"headgate.dev/model-version": "1.10.0"}, {"headgate.dev/model-version": "1.9.0"}), _before("1.10.0")) == _no_record("1.9.0")
	_found(_workload({}, {"headgate.dev/model-version": "1.0.0"}), {}) == {
		`the version that "fraud-score" serves is not semantic`,
	}
}

test_a_version_that_is_not_known_is_undetermined if {
	every annotations in [{"headgate.dev/model-version": {"$unknown": true}}, {"$secret": true}] {
		found := _violations(_workload(annotations, {}), {}, false)
		{violation.details.undetermined | some violation in found} == {true}
	}
}

test_going_back_without_a_record_is_refused if {
	every version in ["1.9.9", "0.99.0", "1.10.0-rc.1"] {
		_found(_serving(version, null), _before("1.10.0")) == _no_record(version)
	}
}

test_going_back_with_a_record_is_let_through if {
	every record in [
		"2026-06-10 from 1.10.0: scores drift since Monday", "2026-06-03 from 1.10.0: scores drift since Monday",
		"2026-06-11 from 1.10.0: scores drift since Monday",
	] {
		_found(_serving("1.9.0", record), _before("1.10.0")) == set()
	}
}

test_a_record_that_is_not_of_this_going_back_is_none if {
	every record in [
		"", " ", 7, true, ["2026-06-10 from 1.10.0: scores drift since Monday"], {"from": "1.10.0"}, {"$unknown": true},
		"2026-06-10 from 1.9.0: scores drift since Monday",
		"2026-06-10 from 1.10.0: short",
		"2026-06-10 from 1.10.0:           ",
		"2026-06-10 from 1.10.0",
		"from 1.10.0: scores drift since Monday",
		"2026-06-02 from 1.10.0: scores drift since Monday",
		"2026-06-12 from 1.10.0: scores drift since Monday",
		"2199-01-01 from 1.10.0: scores drift since Monday",
		"2026-13-45 from 1.10.0: scores drift since Monday",
		"2026-06-10T00:00:00Z from 1.10.0: scores drift since Monday",
		"2026-06-10 FROM 1.10.0: scores drift since Monday",
		"99999-06-10 from 1.10.0: scores drift since Monday",
		" 2026-06-10 from 1.10.0: scores drift since Monday",
	] {
		_found(_serving("1.9.0", record), _before("1.10.0")) == _no_record("1.9.0")
	}
}

test_what_was_before_and_can_t_be_compared_is_told if {
	every before in ["latest", "", "99999999999999999999.0.0"] {
		_found(_serving("1.0.0", null), _before(before)) == {sprintf(
			`whether "fraud-score" goes back can't be told: before it was %s`,
			[before],
		)}
	}
}

test_a_gate_without_a_ledger_refuses_where_it_is_asked_to if {
	wrong := `whether "fraud-score" goes back can't be told: this gate was told of no ledger (--ledger, HEADGATE_LEDGER)`
	found := _violations(_serving("1.0.0", null), {}, true)
	{[violation.msg, violation.details.undetermined] | some violation in found} == {[wrong, true]}
}

test_a_ledger_that_can_t_be_read_is_no_leave if {
	found := _violations(_serving("1.0.0", null), {"history": {"unavailable": "it burns"}}, false)
	{[violation.msg, violation.details.undetermined] | some violation in found} == {[
		`whether "fraud-score" goes back can't be told: the ledger can't be read: it burns`,
		false,
	]}
}

package rules.audit.accountable_deployments_test

import data.rules.audit.accountable_deployments

_said := {"owner": "fraud-models", "team": "fraud", "commit": "0123456789abcdef", "change": "1412"}

_run(resource, opaque) := {
	"parameters": {"audit": {"unrecorded": ["change"]}},
	"resource": object.union({"provider": "kubernetes", "kind": "Deployment", "opaque": opaque}, resource),
}

_labels(said) := {sprintf("headgate.dev/%s", [name]): value | some name, value in said}

_deployment(said) := _run({"properties": {"metadata": {"labels": _labels(said)}}}, [])

_found(run) := {violation.details.property | some violation in accountable_deployments.violation with input as run}

_with(name, value) := _found(_deployment(object.union(_said, {name: value})))

_at(name) := {sprintf(`metadata.labels["headgate.dev/%s"]`, [name])}

test_a_deployment_that_says_all_four_is_let_through if {
	_found(_deployment(_said)) == set()
	accountable_deployments.applies with input as _deployment(_said)
	azure := _run({"provider": "azure-native", "kind": "", "properties": {"tags": _said}}, [])
	_found(azure) == set()
}

test_what_is_missing_is_refused_with_what_to_write if {
	accountable_deployments.violation == {{
		"msg": "the deployment names no owner",
		"details": {
			"property": `metadata.labels["headgate.dev/owner"]`,
			"path": ["metadata", "labels", "headgate.dev/owner"],
			"found": "nothing",
			"expected": "the group or person that answers for it",
		},
	}} with input as _deployment(object.remove(_said, ["owner"]))
	count(_found(_run({"properties": {}}, []))) == 4
	count(_found(_run({"properties": {"metadata": {"labels": "all"}}}, []))) == 4
}

test_what_names_nobody_and_nothing_is_refused if {
	every name, _ in _said {
		every value in ["", " ", "none", "Unknown", "TODO", "n-a", "{{ .Values.owner }}", "two words", 7, null, ["a"], {"a": "b"}] {
			_with(name, value) == _at(name)
		}
	}
	every name in ["owner", "team", "commit"] {
		_with(name, "unrecorded") == _at(name)
	}
	_with("owner", "owner") == _at("owner")
}

test_a_commit_is_one if {
	every value in ["main", "HEAD", "v1.0.0", "012345", "0123456789ABCDEF", "g123456", "latest"] {
		_with("commit", value) == _at("commit")
	}
}

test_only_what_the_environment_allows_may_be_unrecorded if {
	_with("change", "unrecorded") == set()
	strict := object.union(_deployment(object.union(_said, {"change": "unrecorded"})), {"parameters": {"audit": {"unrecorded": []}}})
	_found(strict) == _at("change")
}

test_what_a_controller_brings_is_accounted_for_by_its_owner if {
	owned := {"metadata": {"ownerReferences": [{"kind": "CronJob", "controller": true}]}}
	not accountable_deployments.applies with input as _run({"kind": "Job", "properties": owned}, [])
	_found(_run({"kind": "Job", "properties": owned}, [])) == set()
	count(_found(_run({"kind": "Deployment", "properties": owned}, []))) == 4
	count(_found(_run({"kind": "Job", "properties": {"metadata": {"ownerReferences": [{"kind": "CronJob"}]}}}, []))) == 4
}

test_what_is_not_known_yet_is_undetermined if {
	hidden := [{"path": ["metadata", "labels", "headgate.dev/commit"], "why": "unknown"}]
	late := _run({"properties": {"metadata": {"labels": _labels(_said)}}}, hidden)
	{violation.details.undetermined | some violation in accountable_deployments.violation with input as late} == {true}
}

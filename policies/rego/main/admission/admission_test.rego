package main.admission_test

import data.lib.review
import data.main.admission

_catalogue := {"A": [{
	"id": "HG-XX-001", "category": "c", "name": "r", "since": "2020-01-01", "scope": "object",
	"deferrable": false,
	"operations": ["create", "update", "connect"],
}]}

_index := {"A": [{"operations": _catalogue.A[0].operations, "types": {"?": [0], "kubernetes:*": [0]}}]}

_request := {
	"uid": "1",
	"kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
	"namespace": "fraud",
	"name": "scorer",
	"operation": "CREATE",
	"object": {"metadata": {"name": "scorer"}, "spec": {"a": 1}},
	"oldObject": null,
}

_violation := {"msg": "wrong", "details": {"property": "spec.a", "expected": "b"}}

_answer(request, violations, levels) := answer if {
	answer := admission.response.response with input as {
		"apiVersion": "admission.k8s.io/v1",
		"kind": "AdmissionReview",
		"request": request,
	}
		with data.environment as "prod"
		with data.catalogue as _catalogue
		with data.index as _index
		with data.parameters_schema as {}
		with data.parameters as {"base": {}, "prod": {"levels": levels}}
		with data.rules as {"c": {"r": {"violation": violations, "applies": true}}}
}

# What the API server's audit is told: which request, what was decided, which rules minded.
_recorded(verdict, rules) := {"decision": "1", "verdict": verdict, "rules": rules}

_line := "[HG-XX-001] Deployment fraud/scorer: spec.a: wrong (write: b; rule: docs/rules/HG-XX-001.md)"

test_what_no_rule_minds_is_allowed if {
	_answer(_request, set(), {}) == {
		"uid": "1",
		"allowed": true,
		"warnings": [],
		"auditAnnotations": _recorded("allow", ""),
	}
}

test_what_a_rule_minds_is_denied_with_its_message if {
	_answer(_request, {_violation}, {}) == {
		"uid": "1",
		"allowed": false,
		"warnings": [],
		"status": {"code": 403, "reason": "Forbidden", "message": _line},
		"auditAnnotations": _recorded("deny", "HG-XX-001"),
	}
}

test_what_blocks_without_a_readable_violation_is_denied_too if {
	answer := _answer(_request, {{"msg": "wrong", "details": {}}}, {})
	not answer.allowed
	answer.status.message == "headgate denies this request by a rule that gave no readable violation; HG-XX-001"
}

test_a_violation_of_the_whole_request_names_no_place if {
	answer := _answer(_request, {{"msg": "wrong", "details": {"property": "", "expected": "b"}}}, {})
	answer.status.message == "[HG-XX-001] Deployment fraud/scorer: wrong (write: b; rule: docs/rules/HG-XX-001.md)"
}

test_a_warning_is_said_and_let_through if {
	_answer(_request, {_violation}, {"default": "warn"}) == {
		"uid": "1",
		"allowed": true,
		"warnings": [_line],
		"auditAnnotations": _recorded("allow", "HG-XX-001"),
	}
}

test_the_edition_of_the_rules_is_told_where_they_are_a_bundle if {
	found := _answer(_request, set(), {}) with data.system.bundles as {"rules": {"manifest": {"revision": "sha256:1"}}}
	found.auditAnnotations.policy == "sha256:1"
}

test_a_generated_name_is_shown_as_one if {
	request := object.union(_request, {"name": "", "object": {"metadata": {"generateName": "scorer-"}}})
	contains(_answer(request, {_violation}, {}).status.message, "Deployment fraud/scorer-*:")
}

test_an_object_without_any_name_is_judged_too if {
	request := object.union(object.remove(_request, ["name", "object"]), {"object": {"spec": {}}})
	contains(_answer(request, {_violation}, {}).status.message, "Deployment fraud/(generated name):")
}

test_a_deletion_is_no_subject_of_a_rule_on_what_is_written if {
	_answer(object.union(_request, {"operation": "DELETE", "object": null, "oldObject": {}}), {_violation}, {}).allowed
}

test_a_connection_is if {
	not _answer(object.union(_request, {"operation": "CONNECT"}), {_violation}, {}).allowed
}

test_a_rule_that_gives_no_answer_denies_what_it_is_asked_about if {
	answer := admission.response.response with input as {
		"apiVersion": "admission.k8s.io/v1",
		"kind": "AdmissionReview",
		"request": _request,
	}
		with data.environment as "prod"
		with data.catalogue as _catalogue
		with data.index as _index
		with data.parameters as {"base": {}, "prod": {}}
		with data.rules as {"c": {"r": {"applies": true}}}
	contains(answer.status.message, "rule HG-XX-001 has no `violation`: its file is missing or broken")
	not answer.allowed
}

test_what_is_leaving_may_lose_its_finalizers_but_not_change if {
	old := {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "spec": {"a": 1}}
	leaving := object.union(_request, {"operation": "UPDATE", "object": old, "oldObject": old})
	_answer(leaving, {_violation}, {}).allowed
	changed := object.union(leaving, {"oldObject": {"spec": {"a": 2}}})
	not _answer(changed, {_violation}, {}).allowed
	templated := object.union(leaving, {"oldObject": object.union(old, {"template": {"a": 2}})})
	not _answer(templated, {_violation}, {}).allowed
	updated := object.union(_request, {"operation": "UPDATE", "oldObject": {}})
	not _answer(updated, {_violation}, {}).allowed
}

test_what_can_not_be_read_is_denied_and_says_so if {
	answer := admission.response with input as {"kind": "Pod"}
	answer.response == {
		"uid": "", "allowed": false, "warnings": [],
		"status": {
			"code": 403,
			"reason": "Forbidden",
			"message": concat("; ", [
				"headgate could not judge this request: it denies what it can't read",
				"the request is no AdmissionReview v1, or the gate has no rules or parameters",
			]),
		},
		"auditAnnotations": {"decision": "", "verdict": "deny", "rules": ""},
	}
}

test_the_cause_of_an_error_is_said if {
	answer := admission.response with input as {
		"apiVersion": "admission.k8s.io/v1",
		"kind": "AdmissionReview",
		"request": _request,
	}
		with data.environment as "prod"
		with data.catalogue as {"A": []}
		with data.parameters_schema as {}
		with data.parameters as {"base": {}, "prod": {}}
	contains(answer.response.status.message, "the rule set is empty at gate A")
	not answer.response.allowed
}

test_the_view_is_that_of_the_other_gates if {
	review.resource == {
		"id": "apps/v1/Deployment/fraud/scorer",
		"provider": "kubernetes",
		"type": "kubernetes:apps/v1:Deployment",
		"name": "scorer",
		"kind": "Deployment",
		"group": "apps",
		"namespace": "fraud",
		"subresource": "",
		"operation": "create",
		"opaque": [],
		"properties": _request.object,
	} with input as {"request": _request}
}

_digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

_pod := {"metadata": {"name": "x"}, "spec": {
	"containers": [],
	"volumes": [{"image": {"reference": sprintf("r.azurecr.io/models/fraud/score@%s", [_digest])}}],
}}

_told(facts, images) := found if {
	request := object.union(_request, {"kind": {"group": "", "version": "v1", "kind": "Pod"}, "object": _pod})
	found := admission._facts with input as {"request": request}
		with data.facts as facts
		with data.environment as "prod"
		with data.parameters as {"base": {"registries": {"images": []}}, "prod": {"registries": {"images": images}}}
}

test_rules_are_told_of_the_models_that_are_asked_for_and_no_others if {
	key := sprintf("models/fraud/score@%s", [_digest])
	facts := {"registry": "r.azurecr.io", "serial": 7, "at": "a", "until": "u", "models": {key: {"stage": "s"}, "other": {}}}
	_told(facts, ["r.azurecr.io"]) == {
		"registry": "r.azurecr.io", "at": "a", "until": "u",
		"models": {key: {"stage": "s"}},
		"admitted": set(),
	}
	_told(facts, ["another.azurecr.io"]) == {}
	_told({}, ["r.azurecr.io"]) == {}
}

_unrecorded(request, violations, when_behind) := answer if {
	limits := {"behind_kib": 1, "full_kib": 2, "when_behind": when_behind}
	answer := admission.response.response with input as {
		"apiVersion": "admission.k8s.io/v1",
		"kind": "AdmissionReview",
		"request": request,
	}
		with data.environment as "prod"
		with data.catalogue as _catalogue
		with data.index as _index
		with data.parameters_schema as {}
		with data.parameters as {"base": {"audit": {"gate": {"unrecorded": limits}}}, "prod": {}}
		with data.rules as {"c": {"r": {"violation": violations, "applies": true}}}
		with opa.runtime as {"config": {"decision_logs": {"service": "audit"}}, "env": {}}
}

_cause := concat(" ", [
	"headgate's decisions are not recorded now, so nothing new is let through:",
	"how many wait for the audit ledger's collector can't be told",
])

test_what_would_not_be_recorded_is_denied_and_says_why if {
	_unrecorded(_request, set(), "deny") == {
		"uid": "1",
		"allowed": false,
		"warnings": [],
		"status": {"code": 403, "reason": "Forbidden", "message": _cause},
		"auditAnnotations": object.union(_recorded("deny", ""), {"unrecorded": "unknown"}),
	}
}

test_what_a_rule_minds_is_told_first if {
	_unrecorded(_request, {_violation}, "deny").status.message == _line
}

test_where_recording_must_not_stop_serving_it_is_let_through_with_a_warning if {
	_unrecorded(_request, set(), "warn") == {
		"uid": "1",
		"allowed": true,
		"warnings": [_cause],
		"auditAnnotations": object.union(_recorded("allow", ""), {"unrecorded": "unknown"}),
	}
}

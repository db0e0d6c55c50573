# METADATA
# title: Gate A, admission
# description: |
#   Answers an AdmissionReview. Allowed only when the decision was made without error and nothing in it blocks; whatever
#   is undefined or can't be understood is denied, with the cause in the message.
# scope: package
package main.admission

response := {
	"apiVersion": "admission.k8s.io/v1",
	"kind": "AdmissionReview",
	"response": object.union(
		{"uid": uid, "allowed": allowed, "warnings": warnings},
		_status,
	),
}

default uid := ""

uid := input.request.uid

default allowed := false

allowed if {
	_understood
	count(_decision.errors) == 0
	not _blocked
}

# Asked of the results, not of their messages: what blocks and can't be put into words is denied all the same.
_blocked if {
	some result in _decision.results
	result.outcome != "pass"
	not result.blocking == false
}

default _status := {}

_status := {"status": {"code": 403, "reason": "Forbidden", "message": concat("; ", _messages)}} if not allowed

_messages := denials if count(denials) > 0

_messages := ["headgate could not judge this request: it denies what it can't read", concat("; ", _errors)] if {
	count(denials) == 0
	not _only_blocked
}

_messages := ["headgate denies this request by a rule that gave no readable violation", _blocking_rules] if {
	count(denials) == 0
	_only_blocked
}

_only_blocked if {
	count(_decision.errors) == 0
	_blocked
}

_blocking_rules := concat(", ", {result.rule | some result in _decision.results; not result.blocking == false})

default _errors := ["the request is no AdmissionReview v1, or the gate has no rules or parameters"]

_errors := [error | some error in _decision.errors] if count(_decision.errors) > 0

denials contains _line(violation, result) if {
	some result in _decision.results
	result.outcome != "pass"
	not result.blocking == false
	some violation in result.violations
}

warnings := [_line(violation, result) |
	some result in _decision.results
	result.outcome != "pass"
	result.blocking == false
	some violation in result.violations
]

_line(violation, result) := sprintf("[%s] %s %s: %s: %s (write: %s; rule: docs/rules/%s.md)", [
	result.rule,
	input.request.kind.kind,
	_name,
	violation.details.property,
	violation.msg,
	violation.details.expected,
	result.rule,
])

_name := concat("/", [part |
	some part in [object.get(input.request, "namespace", ""), _object_name]
	part != ""
])

default _object_name := "(generated name)"

_object_name := input.request.name if input.request.name != ""

_object_name := sprintf("%s*", [_object.metadata.generateName]) if {
	object.get(input.request, "name", "") == ""
	_object.metadata.generateName
}

_understood if {
	input.kind == "AdmissionReview"
	input.apiVersion == "admission.k8s.io/v1"
	input.request.uid != ""
	is_object(_object)
	is_string(input.request.kind.kind)
}

_object := input.request.object if input.request.operation != "DELETE"

_object := input.request.oldObject if input.request.operation == "DELETE"

_decision := decided if {
	run := {"gate": "A", "phase": "apply", "environment": data.environment, "resources": [resource]}
	decided := data.main.decision with input as run
}

# The resource view of a request, as `headgate.plan` builds it from the same review.
resource := {
	"id": sprintf("%s/%s/%s", [_group_version, input.request.kind.kind, _name]),
	"provider": "kubernetes",
	"type": sprintf("kubernetes:%s:%s", [_group_version, input.request.kind.kind]),
	"name": _object_name,
	"kind": input.request.kind.kind,
	"group": object.get(input.request.kind, "group", ""),
	"namespace": object.get(input.request, "namespace", ""),
	"subresource": object.get(input.request, "subResource", ""),
	"operation": _operation,
	"opaque": [],
	"properties": _object,
}

_group_version := concat("/", [part |
	some part in [object.get(input.request.kind, "group", ""), input.request.kind.version]
	part != ""
])

_operation := "delete" if input.request.operation == "DELETE"

_operation := "connect" if input.request.operation == "CONNECT"

_operation := "create" if input.request.operation == "CREATE"

_operation := "update" if {
	input.request.operation == "UPDATE"
	not _leaving
}

# What is being deleted only loses its finalizers: a rule that came later must not keep it alive.
_operation := "delete" if {
	input.request.operation == "UPDATE"
	_leaving
}

_what_runs(whole) := object.remove(whole, ["metadata", "status"])

_leaving if {
	input.request.object.metadata.deletionTimestamp
	_what_runs(input.request.object) == _what_runs(input.request.oldObject)
}

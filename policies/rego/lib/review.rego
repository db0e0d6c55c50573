# METADATA
# title: What a cluster asks
# description: |
#   The resource view of a request of the API server, as `headgate.plan` builds it from the same review, and how a violation
#   is told to whoever made the request. Input: {"request": …}. Read by gate A, and by what is generated for Gatekeeper.
#   Judges nothing.
# scope: package
package lib.review

# What a person reads of a violation.
line(rule, violation) := sprintf("[%s] %s %s: %s%s (write: %s; rule: docs/rules/%s.md)", [
	rule,
	input.request.kind.kind,
	_name,
	_place(violation.details.property),
	violation.msg,
	violation.details.expected,
	rule,
])

_place(property) := sprintf("%s: ", [property]) if property != ""

# About the request as a whole.
_place("") := ""

_name := concat("/", [part |
	some part in [object.get(input.request, "namespace", ""), _object_name]
	part != ""
])

default _object_name := "(generated name)"

_object_name := input.request.name if input.request.name != ""

_object_name := sprintf("%s*", [asked.metadata.generateName]) if {
	object.get(input.request, "name", "") == ""
	asked.metadata.generateName
}

asked := input.request.object if input.request.operation != "DELETE"

asked := input.request.oldObject if input.request.operation == "DELETE"

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
	"properties": asked,
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

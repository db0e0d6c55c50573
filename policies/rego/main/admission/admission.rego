# METADATA
# title: Gate A, admission
# description: |
#   Answers an AdmissionReview. Allowed only when the decision was made without error and nothing in it blocks; whatever
#   is undefined or can't be understood is denied, with the cause in the message.
# scope: package
package main.admission

import data.lib.admitted
import data.lib.images
import data.lib.reference
import data.lib.review
import data.main.recording

response := {
	"apiVersion": "admission.k8s.io/v1",
	"kind": "AdmissionReview",
	"response": object.union(
		{"uid": uid, "allowed": allowed, "warnings": array.concat(warnings, _recording_warnings)},
		object.union(_status, _annotations),
	),
}

default uid := ""

uid := input.request.uid

default allowed := false

allowed if {
	_understood
	count(_decision.errors) == 0
	not _blocked
	recording.holds
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

_messages := [recording.cause] if {
	count(denials) == 0
	_only_unrecorded
}

_messages := ["headgate could not judge this request: it denies what it can't read", concat("; ", _errors)] if {
	count(denials) == 0
	not _only_blocked
	not _only_unrecorded
}

_only_unrecorded if {
	_understood
	count(_decision.errors) == 0
	not _blocked
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

denials contains review.line(result.rule, violation) if {
	some result in _decision.results
	result.outcome != "pass"
	not result.blocking == false
	some violation in result.violations
}

warnings := [review.line(result.rule, violation) |
	some result in _decision.results
	result.outcome != "pass"
	result.blocking == false
	some violation in result.violations
]

# Of what is let through all the same.
_recording_warnings := [recording.cause | allowed]

# Into the API server's audit, which another hand keeps: what was decided is told there too, whatever becomes of this
# process and of the decisions that it holds. The decision log drops by it what it has no room for.
_annotations := {"auditAnnotations": object.union_n([
	{"decision": uid, "verdict": _verdict, "rules": concat(",", sort(_minding))},
	{"policy": revision | some revision in [data.system.bundles.rules.manifest.revision]},
	{"unrecorded": state | some state in [recording.state]; recording.cause},
])}

_verdict := "allow" if allowed

_verdict := "deny" if not allowed

_minding contains result.rule if {
	some result in _decision.results
	result.outcome != "pass"
}

_understood if {
	input.kind == "AdmissionReview"
	input.apiVersion == "admission.k8s.io/v1"
	input.request.uid != ""
	is_object(review.asked)
	is_string(input.request.kind.kind)
}

_decision := decided if {
	run := {
		"gate": "A", "phase": "apply", "environment": data.environment,
		"resources": [review.resource], "facts": _facts,
	}

	# Whether all that is loaded is whole was looked at before this gate was asked at all: `system.health`.
	decided := data.main.found with input as run
}

# What the signed facts beside the rules say of the models that this request asks for, and no more: all that they hold
# would be read anew for every request.
default _facts := {}

_facts := object.union(_heard, {"models": _known, "admitted": admitted.references}) if _are_of_here

_heard := {name: data.facts[name] | some name in ["registry", "at", "until"]}

_known := {key: data.facts.models[key] |
	some mention in images.readable with input as {"resource": review.resource}
	parts := reference.parse(trim_prefix(mention.value, "oci://"))
	key := sprintf("%s@%s", [parts.repository, parts.digest])
}

# What another environment's registry says counts for nothing here, whoever has signed it.
_are_of_here if data.facts.registry in object.union(data.parameters.base, data.parameters[data.environment]).registries.images

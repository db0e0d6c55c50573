"""What a new rule starts from: one that works, for each scope. `@…@` is filled in by `scaffold`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Template:
    """The files of a rule, samples by file name."""

    rule: str
    test: str
    allowed: Mapping[str, str]
    disallowed: Mapping[str, str]


_DEPLOYMENT = """\
# A Deployment {what}
apiVersion: apps/v1
kind: Deployment
metadata: {{name: scorer, namespace: team-fraud}}
spec: {{{spec}}}
"""

_PAIR = """\
# {what}
resources:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {{name: scorer, namespace: team-fraud}}
    spec: {{}}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {{name: {second}, namespace: team-fraud}}
    spec: {{}}
"""

OBJECT = Template(
    rule="""\
# METADATA
# scope: package
# title: A Deployment is not paused (write here what holds, in one line)
# description: |
#   Write here why: what goes wrong where the rule does not hold, in a sentence or two, for somebody who has never
#   heard of it.
# custom:
#   id: @ID@
#   severity: medium
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:Deployment
#   controls:
#     - ISO/IEC 27001:2022 A.8.9
#   remediation: |
#     Write here what to do: which property of what gets which value, and which component brings it.
#   fix: write here which settings of a stack mend it, by property, or why none does
#   since: @SINCE@
#   deferrable: true
package rules.@CATEGORY@.@NAME@

import data.lib.finding
import data.lib.view

applies if input.resource.kind == "Deployment"

# A value that is unknown or secret is none of the good ones: `finding` tells it as undetermined.
violation contains finding.at(path, value, "the Deployment is paused", "paused: false") if {
	applies
	path := ["spec", "paused"]
	value := view.value(path)
	not value in {false, null}
}
""",
    test="""\
package rules.@CATEGORY@.@NAME@_test

import data.rules.@CATEGORY@.@NAME@

_violations(kind, paused, opaque) := {violation |
	some violation in @NAME@.violation with input as {"resource": {
		"kind": kind,
		"properties": {"spec": {"paused": paused}},
		"opaque": opaque,
	}}
}

test_what_is_not_paused_is_let_through if {
	_violations("Deployment", false, []) == set()
	_violations("Deployment", null, []) == set()
}

test_another_kind_is_not_judged if {
	_violations("Service", true, []) == set()
}

test_what_is_paused_is_refused_with_what_to_write if {
	_violations("Deployment", true, []) == {{
		"msg": "the Deployment is paused",
		"details": {"property": "spec.paused", "path": ["spec", "paused"], "found": true, "expected": "paused: false"},
	}}
}

test_what_is_unknown_or_secret_is_undetermined if {
	every why in ["unknown", "secret"] {
		opaque := [{"path": ["spec", "paused"], "why": why}]
		{violation.details.undetermined | some violation in _violations("Deployment", null, opaque)} == {true}
	}
}
""",
    allowed={"running.yaml": _DEPLOYMENT.format(what="that runs", spec="paused: false")},
    disallowed={"paused.yaml": _DEPLOYMENT.format(what="that is paused", spec="paused: true")},
)

RELATION = Template(
    rule="""\
# METADATA
# scope: package
# title: No Deployment is asked for twice (write here what holds, in one line)
# description: |
#   Write here why: what goes wrong where the rule does not hold, in a sentence or two, for somebody who has never
#   heard of it.
# schemas:
#   - input: schema.relation_input
# custom:
#   id: @ID@
#   severity: medium
#   gates: [P, U]
#   scope: relation
#   controls:
#     - ISO/IEC 27001:2022 A.8.9
#   remediation: |
#     Write here what to do: which property of what gets which value, and which component brings it.
#   fix: write here which settings of a stack mend it, by property, or why none does
#   since: @SINCE@
#   deferrable: true
package rules.@CATEGORY@.@NAME@

import data.lib.finding
import data.lib.stack

applies contains index if some index in stack.of_kinds({"Deployment"})

violation contains finding.on(index, ["metadata", "name"], name, wrong, "a name of its own") if {
	some index in applies
	name := stack.name_of(input.resources[index])
	count(_by_name[_key(input.resources[index])]) > 1
	wrong := sprintf("Deployment %q is asked for more than once", [name])
}

# An index, so that a run of 10,000 resources is walked once and not once for each.
_by_name[key] contains index if {
	some index in applies
	key := _key(input.resources[index])
}

_key(resource) := array.concat(stack.place(resource), [stack.name_of(resource)])
""",
    test="""\
package rules.@CATEGORY@.@NAME@_test

import data.rules.@CATEGORY@.@NAME@

_deployment(name) := {
	"provider": "kubernetes", "type": "k", "kind": "Deployment", "name": name, "operation": "create", "namespace": "n",
	"connection": "c", "properties": {"metadata": {"name": name}},
}

_found(resources) := {[violation.details.resource, violation.msg] |
	some violation in @NAME@.violation with input as {"resources": resources}
}

test_each_name_once_is_let_through if {
	_found([_deployment("a"), _deployment("b")]) == set()
	@NAME@.applies == {0, 1} with input as {"resources": [_deployment("a"), _deployment("b")]}
}

test_the_same_name_in_another_place_is_let_through if {
	every patch in [{"namespace": "m"}, {"connection": "d"}, {"operation": "delete"}] {
		_found([_deployment("a"), object.union(_deployment("a"), patch)]) == set()
	}
}

test_a_name_twice_is_refused if {
	_found([_deployment("a"), _deployment("a")]) == {
		[0, `Deployment "a" is asked for more than once`],
		[1, `Deployment "a" is asked for more than once`],
	}
}
""",
    allowed={"two_names.yaml": _PAIR.format(what="Two Deployments, two names", second="scorer-batch")},
    disallowed={"one_name.yaml": _PAIR.format(what="Two Deployments, one name", second="scorer")},
)

"""What stands between Gatekeeper's question and a rule: Rego, in which `@…@` is filled in by `gatekeeper`."""

ENTRY = """\
# Written by `headgate policy gatekeeper` from @FILE@ and its libraries: change it there.
package headgate

import data.lib.parameters
import data.lib.review
import data.lib.@PACKAGE@

# Its audit asks about what is there without saying what is done to it: judged as if it were created now.
_request := object.union(input.review, {"operation": "CREATE"}) if object.get(input.review, "operation", "") == ""

_request := input.review if object.get(input.review, "operation", "") != ""

_resource := resource if {
  resource := review.resource with input as {"request": _request}
}

_is_understood if is_object(_resource.properties)

_has_parameters if json.match_schema(input.parameters, parameters.schema)[0]

violation contains {"msg": "[@ID@] this request can't be read: it is denied", "details": {}} if not _is_understood

violation contains {"msg": msg, "details": {}} if {
  not _has_parameters
  msg := "[@ID@] the constraint's parameters do not fit the rule: nothing is let through"
}

violation contains {"msg": _said(found), "details": object.get(found, "details", {})} if {
  _resource.operation in @OPERATIONS@
  asked := {"gate": "A", "phase": "apply", "parameters": input.parameters, "resource": _resource}
  some found in @NAME@.violation with input as asked
}

default _said(_) := "[@ID@] denied by a violation that can't be put into words"

_said(found) := line if {
  line := review.line("@ID@", found) with input as {"request": _request}
}
"""

# METADATA
# scope: package
# title: Nothing on a protected stack is named or decided at the update
# description: |
#   A name that the engine makes up differs from plan to plan, so no two plans are the same and no approval lives through
#   one. And who approves has to see which image, model or exposure comes: none of them may be unknown. (A role that the
#   same plan makes has no id yet; the plan's digest holds which resource it is.)
# custom:
#   id: HG-AP-007
#   severity: high
#   gates: [P, U]
#   scope: object
#   controls:
#     - ISO/IEC 27001:2022 A.5.3
#     - ISO/IEC 27001:2022 A.8.32
#   remediation: |
#     Give the resource its name (`metadata.name`, `resourceGroupName`, …) from components/names.py. Take an image, a model or
#     an exposure from the stack's settings, not from another resource's output.
#   fix: names and references come from the program, not from a setting
#   since: 2025-01-01
#   deferrable: false
package rules.approval.explicit_names

import data.lib.approval
import data.lib.finding
import data.lib.images
import data.lib.view

applies if _asked

_asked if {
	approval.is_protected
	input.resource.provider in {"kubernetes", "azure-native"}
}

violation contains finding.at(["metadata", "name"], null, "the engine makes the name up", "a name") if {
	_asked
	input.resource.provider == "kubernetes"
	_made_up
}

_made_up if view.value(["metadata", "annotations", "pulumi.com/autonamed"]) == "true"

_made_up if {
	is_object(view.value(["metadata"]))
	not view.opaque(view.value(["metadata"]))
	is_null(view.value(["metadata", "name"]))
}

# What the engine makes up is the logical name and eight digits that no two plans share.
violation contains finding.at([field], name, "the engine made the name up", "a name") if {
	_asked
	input.resource.provider == "azure-native"
	some field, name in input.resource.properties
	endswith(lower(field), "name")
	is_string(name)
	startswith(name, input.resource.name)
	regex.match(`^[0-9a-f]{7,8}$`, substring(name, count(input.resource.name), -1))
}

violation contains finding.at(mention.path, {"$unknown": true}, "", "a value that is known when the plan is made") if {
	_asked
	some mention in images.unreadable
	mention.why == "unknown"
}

violation contains finding.at(path, view.value(path), "", "a value that is known when the plan is made") if {
	_asked
	some path in _decisive
	view.opaque(view.value(path)) == "unknown"
}

_decisive := [["spec", "type"], ["spec", "externalIPs"]] if {
	input.resource.provider == "kubernetes"
	input.resource.kind == "Service"
}

_decisive := [["publicNetworkAccess"], ["properties", "publicNetworkAccess"]] if {
	input.resource.provider == "azure-native"
}

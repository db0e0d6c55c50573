# METADATA
# scope: package
# title: Data stays in the regions that its class allows
# description: |
#   Where data, replicas, backups and logs are stored decides which law applies to them. A resource that says its
#   region has to be in one of those of its data class; a resource that has no class is held to the strictest.
# custom:
#   id: HG-RS-001
#   severity: critical
#   gates: [P, U]
#   scope: object
#   controls:
#     - ISO/IEC 27001:2022 A.5.31
#     - ISO/IEC 27001:2022 A.5.33
#     - ISO/IEC 27001:2022 A.5.34
#   remediation: |
#     Move the resource to a region of `residency.regions` in `policies/parameters/`, or correct its tag `data-class`
#     if the data is not what it says.
#   fix: where the data goes instead, or whether its class is right, is a decision
#   since: 2025-01-01
#   deferrable: false
package rules.residency.regions

import data.lib.finding
import data.lib.view

applies if input.resource.properties.location

applies if input.resource.properties.regionDetails

violation contains finding.at(path, value, wrong, expected) if {
	some path in _places
	value := view.value(path)
	not _is_allowed(value)
	wrong := sprintf("data of the class %q may not be in %v", [_class, value])
	expected := concat(" or ", _regions)
}

_places contains ["location"] if input.resource.properties.location

_places contains ["regionDetails", index, "location"] if some index, _ in input.resource.properties.regionDetails

# What belongs to no region holds no data; an edge is for HG-RS-002.
_is_allowed(value) if {
	is_string(value)
	replace(lower(value), " ", "") in (_regions | {"global"})
}

default _class := "restricted"

_class := input.resource.properties.tags["data-class"] if is_string(input.resource.properties.tags["data-class"])

_regions := {region | some region in object.get(input.parameters.residency.regions, _class, [])}

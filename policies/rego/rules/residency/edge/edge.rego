# METADATA
# scope: package
# title: Restricted data passes no edge that ends its TLS anywhere
# description: |
#   A global edge decrypts a request at whichever point of presence is nearest to the caller, which may be abroad.
#   Restricted data goes straight to its region: an edge that answers DNS alone (Traffic Manager) leads there.
# custom:
#   id: HG-RS-002
#   severity: high
#   gates: [P, U]
#   scope: object
#   types:
#     - azure-native:cdn:Profile
#     - azure-native:frontdoor:FrontDoor
#   controls:
#     - ISO/IEC 27001:2022 A.5.31
#     - ISO/IEC 27001:2022 A.5.34
#     - ISO/IEC 27001:2022 A.8.24
#   remediation: |
#     Take Traffic Manager as the edge (`edge: {kind: traffic-manager}` in the platform's stack, the default for
#     restricted data), or serve data of another class.
#   fix: |
#     another edge is another address for every caller: when it changes is a decision
#   since: 2025-01-01
#   deferrable: false
package rules.residency.edge

import data.lib.finding

applies if input.resource.properties.tags["data-class"]

violation contains finding.at(["tags", "data-class"], class, wrong, expected) if {
	class := input.resource.properties.tags["data-class"]
	not _may_pass(class)
	wrong := sprintf("an edge that ends TLS at any of its places stands before data of the class %v", [class])
	expected := "an edge that answers DNS alone: Traffic Manager"
}

_may_pass(class) if class in input.parameters.residency.edge_classes

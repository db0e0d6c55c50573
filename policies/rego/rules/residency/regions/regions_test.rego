package rules.residency.regions_test

import data.rules.residency.regions

_found(properties) := {[violation.details.property, violation.msg] |
	some violation in regions.violation with input as {
		"resource": {"properties": properties, "opaque": []},
		"parameters": {"residency": {"regions": {"restricted": ["uaenorth"], "internal": ["uaenorth", "westeurope"]}}},
	}
}

test_a_region_of_the_class_is_let_through if {
	_found({"location": "UAE North"}) == set()
	_found({"location": "Global"}) == set()
	_found({"location": "westeurope", "tags": {"data-class": "internal"}}) == set()
}

test_another_region_is_refused_and_no_class_is_the_strictest if {
	_found({"location": "westeurope"}) == {["location", `data of the class "restricted" may not be in westeurope`]}
	_found({"location": "eastus", "tags": {"data-class": "internal"}}) == {
		["location", `data of the class "internal" may not be in eastus`],
	}
	_found({"location": "uaenorth", "tags": {"data-class": "secret"}}) == {
		["location", `data of the class "secret" may not be in uaenorth`],
	}
}

test_every_region_of_a_registry_counts if {
	properties := {"regionDetails": [{"location": "uaenorth"}, {"location": "westeurope"}]}
	{property | some [property, _] in _found(properties)} == {"regionDetails[1].location"}
	regions.applies with input as {"resource": {"properties": properties}}
	regions.applies with input as {"resource": {"properties": {"location": "uaenorth"}}}
}

test_a_region_that_is_unknown_is_undetermined if {
	{violation.details.undetermined |
		some violation in regions.violation with input as {
			"resource": {
				"properties": {"location": {"$unknown": true}},
				"opaque": [{"path": ["location"], "why": "unknown"}],
			},
			"parameters": {"residency": {"regions": {}}},
		}
	} == {true}
}

package lib.finding_test

import data.lib.finding

test_what_is_wrong_is_said_with_its_place_and_what_to_write if {
	found := finding.at(["spec", "min"], 1, "too few", "2")
	found == {
		"msg": "too few",
		"details": {"property": "spec.min", "path": ["spec", "min"], "found": 1, "expected": "2"},
	}
}

test_a_value_that_follows_from_the_rule_is_told_to_who_writes_it if {
	found := finding.fixable(finding.on(3, ["min"], 1, "too few", "2"), 2)
	found == {
		"msg": "too few",
		"details": {"property": "min", "path": ["min"], "found": 1, "expected": "2", "fix": 2, "resource": 3},
	}
}

test_what_is_undetermined_has_no_value_to_write if {
	found := finding.at(["min"], {"$unknown": true}, "too few", "2")
	finding.fixable(found, 2) == found
}

test_what_is_not_there_is_found_as_nothing if {
	found := finding.at(["a"], null, "no a", "b")
	found.details.found == "nothing"
}

test_a_value_that_is_unknown_or_secret_is_undetermined if {
	every why in ["unknown", "secret"] {
		found := finding.on(3, ["a"], {sprintf("$%s", [why]): true}, "wrong", "b")
		found == {
			"msg": sprintf("a can't be judged: the value is %s", [why]),
			"details": {"property": "a", "path": ["a"], "found": why, "expected": "b", "undetermined": true, "resource": 3},
		}
	}
}

package lib.view_test

import data.lib.view

test_markers_are_opaque_and_text_is_not if {
	view.opaque({"$unknown": true}) == "unknown"
	view.opaque({"$secret": true}) == "secret"
	every value in ["text", 1, null, {}, [], {"secret": {"name": "x"}}, {"$unknown": false}] {
		not view.opaque(value)
	}
}

test_a_path_is_written_as_a_person_writes_it if {
	view.property(["spec", "containers", 0, "image"]) == "spec.containers[0].image"
	view.property(["metadata", "labels", "headgate.dev/team"]) == `metadata.labels["headgate.dev/team"]`
	view.property([]) == ""
}

test_a_value_is_what_stands_there_nothing_or_what_hides_it if {
	[value | some path in [["a", "b"], ["a", "c"], ["d", "e"], ["d"]]; value := view.value(path)] == [
		1, null, {"$secret": true}, {"$secret": true},
	] with input as {"resource": {
		"properties": {"a": {"b": 1}, "d": {"$secret": true}},
		"opaque": [{"path": ["d"], "why": "secret"}],
	}}
}

test_a_field_that_is_not_there_is_nothing if {
	view.at({"a": {"b": 1}}, ["a", "b"]) == 1
	view.at({"a": {"b": 1}}, ["a", "c"]) == null
	view.at("text", ["a"]) == null
}

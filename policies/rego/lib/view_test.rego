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

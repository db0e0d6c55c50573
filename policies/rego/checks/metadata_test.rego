package checks.metadata_test

import data.checks.metadata

_good := {
	"scope": "package",
	"title": "Images are named by digest",
	"description": "A tag can be moved to other content after it was approved. A digest names the content itself.",
	"custom": {
		"id": "HG-SC-002", "severity": "high", "gates": ["P", "A"], "scope": "object",
		"controls": ["ISO/IEC 27001:2022 A.8.9"], "remediation": "Name the content by its digest, as printed.",
		"fix": "a digest is known to the registry alone", "since": "2025-01-01T00:00:00Z", "deferrable": false,
	},
}

_at(name, annotations) := {
	"annotations": annotations,
	"path": [{"value": "data"}, {"value": "rules"}, {"value": "supply_chain"}, {"value": name}],
}

_found(annotations) := found if {
	found := metadata.violation with input as {
		"annotations": [_at("digest", annotations)],
		"samples": {"supply_chain/digest": {"allowed": 1, "disallowed": 1}},
	}
}

test_a_rule_that_says_everything_is_good if _found(_good) == set()

test_types_are_written_as_the_index_reads_them if {
	every types in [["kubernetes:Pod", "azure-native:storage:StorageAccount"], ["kubernetes:*"]] {
		_found(object.union(_good, {"custom": {"types": types}})) == set()
	}
	every wrong in [{"types": []}, {"types": ["Pod"]}, {"types": ["kubernetes:Pod"], "scope": "relation"}] {
		count(_found(object.union(_good, {"custom": wrong}))) == 1
	}
}

test_a_fix_is_settings_by_property_or_why_there_is_none if {
	every fix in [{"spec.min[*]": ["models.*.steps.0.min"]}, "an approval is a person's signature"] {
		_found(object.union(_good, {"custom": {"fix": fix}})) == set()
	}
	every wrong in [{}, {"": ["a"]}, {"a": []}, {"a": ["Models[0]"]}, {"a": "b"}, "no", 3] {
		count(_found(object.union(_good, {"custom": {"fix": wrong}}))) == 1
	}
}

test_each_field_is_asked_for if {
	wrong := {
		"title": "x", "description": "short", "id": "HG-AU-001", "severity": "bad", "gates": ["X"], "scope": "all",
		"controls": [], "remediation": "", "since": 2025, "deferrable": "no",
	}
	every name, value in wrong {
		count(_found(_replaced(name, value))) == 1
	}
}

_replaced(name, value) := object.union(_good, {name: value}) if name in {"title", "description"}

_replaced(name, value) := object.union(_good, {"custom": {name: value}}) if not name in {"title", "description"}

test_what_is_missing_altogether_is_told if {
	count(_found({"scope": "package"})) == 11
	_found(object.union(_good, {"custom": {"extra": 1}})) == {"supply_chain/digest: custom: no field that nobody reads"}
}

test_ids_samples_and_rules_are_counted if {
	metadata.violation == {"there is no rule"} with input as {"annotations": []}
	metadata.violation == {
		"supply_chain/a: id HG-SC-002 is that of another rule too",
		"supply_chain/b: id HG-SC-002 is that of another rule too",
		"supply_chain/a: no disallowed sample",
		"supply_chain/b: no allowed sample",
		"supply_chain/b: no disallowed sample",
	} with input as {
		"annotations": [_at("a", _good), _at("b", _good)],
		"samples": {"supply_chain/a": {"allowed": 1, "disallowed": 0}},
	}
}

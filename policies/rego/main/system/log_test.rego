package system.log_test

import data.system.log

test_contents_environment_and_annotations_are_taken_out if {
	log.mask == {
		"/input/request/object/data",
		"/input/request/oldObject/stringData",
		"/input/request/object/metadata/annotations",
		"/input/request/object/spec/containers/0/env",
		"/input/request/object/spec/containers/0/args",
		"/input/request/object/spec/a~1b~0c/command",
		"/input/request/object/spec/containers/0/livenessProbe/httpGet/httpHeaders",
		"/input/request/object/spec/data/env",
		"/input/request/object/spec/template/metadata/annotations",
		"/input/request/object/spec/volumes/0/csi/volumeAttributes",
	} with input as {"input": {"request": {
		"object": {
			"data": {"key": "secret", "env": "secret"},
			"metadata": {"annotations": {"a": "secret"}, "name": "kept"},
			"spec": {
				"containers": [{
					"image": "kept", "env": [{"value": "secret"}], "args": ["secret"],
					"livenessProbe": {"httpGet": {"httpHeaders": [{"value": "secret"}]}},
				}],
				"data": {"env": "secret"},
				"template": {"metadata": {"annotations": {"a": "secret"}}},
				"volumes": [{"csi": {"volumeAttributes": {"a": "secret"}}}],
				"a/b~c": {"command": ["secret"]},
			},
		},
		"oldObject": {"stringData": {"key": "secret"}},
	}}}
}

test_what_a_full_gate_refuses_takes_no_room_from_what_it_let_through if {
	log.drop with input as _response(false, "full")
	not log.drop with input as _response(true, "full")
	not log.drop with input as _response(false, "behind")
	not log.drop with input as {"result": {"response": {"allowed": false}}}
}

_response(allowed, state) := {"result": {"response": {
	"allowed": allowed,
	"auditAnnotations": {"unrecorded": state},
}}}

# Whoever is no API server may send anything.
test_what_is_no_object_is_looked_through_as_well if {
	log.mask == {"/input/request/object/0/env"} with input as {"input": {"request": {"object": [{"env": "secret"}]}}}
	log.mask == set() with input as {"input": {"request": {"object": "env", "oldObject": {"spec": {"a": "b"}}}}}
}

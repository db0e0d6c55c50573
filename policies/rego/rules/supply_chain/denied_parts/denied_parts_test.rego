package rules.supply_chain.denied_parts_test

import data.rules.supply_chain.denied_parts

_digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

_bad := "sha256:bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0bad0"

_now := time.parse_rfc3339_ns("2026-06-01T00:00:00Z")

_parameters := {"supply_chain": {
	"denied_images": ["*/python:2.*", "runtimes/old", "docker.io/library/node:*", _bad],
	"denied_packages": ["pkg:pypi/torchtriton*", "Base/Llama@*"],
	"bom_days": 365,
}}

_pod(spec, facts, parameters) := {
	"facts": facts, "parameters": parameters,
	"resource": {
		"id": "x", "provider": "kubernetes", "type": "kubernetes:core/v1:Pod", "name": "x", "kind": "Pod",
		"group": "", "operation": "create", "opaque": [], "properties": {"spec": spec},
	},
}

_image(image) := _pod({"containers": [{"image": image}]}, {}, _parameters)

_found(given) := {found.msg | some found in denied_parts.violation with input as given with time.now_ns as _now}

test_what_is_on_no_list_is_let_through if {
	every image in [
		sprintf("r.azurecr.io/runtimes/oip@%s", [_digest]), "r.azurecr.io/runtimes/python:3.12", "r.azurecr.io/runtimes/older",
		"r.azurecr.io/runtimes/pythons:2.7", "oci://r.azurecr.io/runtimes/oip:1",
	] {
		_found(_image(image)) == set()
		denied_parts.applies with input as _image(image)
	}
	not denied_parts.applies with input as _pod({"containers": []}, {}, _parameters)
}

test_an_image_on_the_list_is_refused_under_each_of_its_names if {
	every image, denied in {
		"r.azurecr.io/mirror/python:2.7": "*/python:2.*",
		sprintf("r.azurecr.io/mirror/python:2.7@%s", [_digest]): "*/python:2.*",
		"oci://r.azurecr.io/mirror/python:2.7": "*/python:2.*",
		"r.azurecr.io/runtimes/old": "runtimes/old",
		sprintf("elsewhere.example.com/runtimes/old:9@%s", [_digest]): "runtimes/old",
		"python:2.7": "*/python:2.*",
		"node:24": "docker.io/library/node:*",
		"library/node:24": "docker.io/library/node:*",
		"docker.io/node:24": "docker.io/library/node:*",
		sprintf("r.azurecr.io/runtimes/new@%s", [_bad]): _bad,
	} {
		_found(_image(image)) == {sprintf("image %q is on the deny list: %s", [image, denied])}
	}
}

test_what_can_t_be_compared_is_refused if {
	every image in ["R.azurecr.io/mirror/python:2.7", " r.azurecr.io/mirror/python:2.7", "r.azurecr.io/mirror/python:2.7?x", ""] {
		_found(_image(image)) == {sprintf("image %q can't be compared with the deny list", [image])}
	}
	every image in [7, null, ["r.azurecr.io/mirror/python:2.7"]] {
		_found(_image(image)) == {"what image is can't be compared with the deny list"}
	}
}

test_an_image_that_is_not_known_is_undetermined if {
	given := json.patch(_image({"$unknown": true}), [{
		"op": "replace", "path": "/resource/opaque",
		"value": [{"path": ["spec", "containers", 0, "image"], "why": "unknown"}],
	}])
	{found.details.undetermined | some found in denied_parts.violation with input as given} == {true}
}

test_with_no_list_nothing_is_compared if {
	none := json.patch(_parameters, [{"op": "replace", "path": "/supply_chain/denied_images", "value": []}])
	every image in ["R/a", 7, "r.azurecr.io/mirror/python:2.7"] {
		_found(_pod({"containers": [{"image": image}]}, {}, none)) == set()
	}
}

_model(change) := _pod(
	{"volumes": [{"image": {"reference": sprintf("r.azurecr.io/models/fraud/score@%s", [_digest])}}]},
	{
		"until": "2199-01-01T00:00:00Z",
		"models": {sprintf("models/fraud/score@%s", [_digest]): json.patch(
			{
				"name": "fraud/score", "version": "1.0.0", "digest": _digest, "stage": "production", "revoked": false,
				"signers": ["trainer"], "faults": [], "missed": [], "deployed": [],
				"attested": {"bom": "2026-01-01T00:00:00.123456Z"}, "ingredients": ["pkg:pypi/torch@2.4.0", "torch@2.4.0"],
			},
			change,
		)},
	},
	_parameters,
)

test_a_model_that_is_made_of_what_is_allowed_passes if {
	_found(_model([])) == set()
	_found(_model([{"op": "replace", "path": "ingredients", "value": []}])) == set()
	_found(_model([{"op": "replace", "path": "attested/bom", "value": "2026-06-01T00:59:59Z"}])) == set()
}

test_a_model_that_is_made_of_what_is_denied_is_refused if {
	every name, denied in {
		"pkg:pypi/torchtriton@2.0.0": "pkg:pypi/torchtriton*",
		"pkg:PyPI/TorchTriton": "pkg:pypi/torchtriton*",
		"base/llama@sha256:1": "Base/Llama@*",
	} {
		_found(_model([{"op": "add", "path": "ingredients/-", "value": name}])) == {sprintf(
			"model fraud/score 1.0.0 is made of %s, which is on the deny list: %s",
			[name, denied],
		)}
	}
}

test_a_bill_that_is_too_old_or_from_the_future_is_none if {
	every at in ["2025-05-31T23:59:59Z", "1970-01-01T00:00:00Z", "2026-06-01T01:00:01Z", "2026-06-01T00:30:00-12:00", "2199-01-01T00:00:00Z"] {
		_found(_model([{"op": "replace", "path": "attested/bom", "value": at}])) == {sprintf(
			"model fraud/score 1.0.0 has a bill of materials of %s",
			[substring(at, 0, 10)],
		)}
	}
}

test_a_bill_that_can_t_be_read_is_none if {
	_found(_model([{"op": "remove", "path": "ingredients"}])) == {
		"model fraud/score 1.0.0 has a bill of materials that can't be read",
	}
}

test_a_model_without_a_bill_is_another_rule_s_matter if {
	_found(_model([{"op": "remove", "path": "ingredients"}, {"op": "remove", "path": "attested/bom"}])) == set()
}

package rules.supply_chain.digest_test

import data.rules.supply_chain.digest

_digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

_input(image) := {
	"resource": {
		"id": "x", "provider": "kubernetes", "type": "kubernetes:core/v1:Pod", "name": "x", "kind": "Pod",
		"group": "", "operation": "create", "opaque": [],
		"properties": {"spec": {"containers": [{"image": image}]}},
	},
	"parameters": {"registries": {"images": ["r.azurecr.io"], "models": ["reg"]}},
}

_expected(image) := expected if {
	some found in digest.violation with input as _input(image)
	expected := found.details.expected
}

test_a_digest_is_let_through_with_a_tag_or_without if {
	every form in ["r.azurecr.io/a@%s", "r.azurecr.io/a:1@%s", "a@%s", "oci://r.azurecr.io/a@%s"] {
		digest.violation == set() with input as _input(sprintf(form, [_digest]))
	}
	digest.applies with input as _input("a")
}

test_a_tag_is_refused_with_what_to_write_instead if {
	digest.violation == {{
		"msg": `image "r.azurecr.io/a:1" is not named by digest`,
		"details": {
			"property": "spec.containers[0].image",
			"path": ["spec", "containers", 0, "image"],
			"found": "r.azurecr.io/a:1",
			"expected": "r.azurecr.io/a@sha256:<64 hex digits>",
		},
	}} with input as _input("r.azurecr.io/a:1")
}

test_a_digest_that_is_cut_short_is_told if {
	digest.violation == {{
		"msg": `image "r.azurecr.io/a@sha256:abc" is not named by digest: the digest is cut short: 3 of 64 characters`,
		"details": {
			"property": "spec.containers[0].image",
			"path": ["spec", "containers", 0, "image"],
			"found": "r.azurecr.io/a@sha256:abc",
			"expected": "r.azurecr.io/a@sha256:<64 hex digits>",
		},
	}} with input as _input("r.azurecr.io/a@sha256:abc")
}

test_what_to_write_names_an_allowed_registry if _expected("nginx:1") == "r.azurecr.io/nginx@sha256:<64 hex digits>"

test_what_to_write_is_given_for_what_has_no_parts if {
	every text in ["not a reference", "oci://azureml://registries/reg/models/m/versions/3"] {
		_expected(text) == "<login server>/<repository>@sha256:<64 hex digits>"
	}
}

test_what_to_write_is_given_where_no_registry_is_allowed if {
	some found in digest.violation with input as object.union(
		_input("nginx:1"),
		{"parameters": {"registries": {"images": []}}},
	)
	found.details.expected == "<login server>/nginx@sha256:<64 hex digits>"
}

test_a_numbered_model_version_is_refused if {
	expected := "azureml://registries/reg/models/m/versions/sha256-<64 hex digits>"
	_expected("azureml://registries/reg/models/m/versions/3") == expected
}

test_an_image_that_is_not_known_yet_is_undetermined if {
	some found in digest.violation with input as _input({"$secret": true})
	found == {
		"msg": "the digest of spec.containers[0].image can't be told: the value is secret",
		"details": {
			"property": "spec.containers[0].image",
			"path": ["spec", "containers", 0, "image"],
			"found": "secret",
			"expected": "a reference that is known when the plan is made, and not secret",
			"undetermined": true,
		},
	}
}

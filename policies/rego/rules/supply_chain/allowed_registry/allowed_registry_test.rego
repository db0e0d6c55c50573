package rules.supply_chain.allowed_registry_test

import data.rules.supply_chain.allowed_registry

_digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

_input(image) := {
	"resource": {
		"id": "x", "provider": "kubernetes", "type": "kubernetes:core/v1:Pod", "name": "x", "kind": "Pod",
		"group": "", "operation": "create", "opaque": [],
		"properties": {"spec": {"containers": [{"image": image}]}},
	},
	"parameters": {"registries": {"images": ["r.azurecr.io", "s.azurecr.io"], "models": ["reg"]}},
}

test_an_image_of_an_allowed_registry_is_let_through if {
	every image in ["r.azurecr.io/a:1", sprintf("s.azurecr.io/b/c@%s", [_digest]), "oci://r.azurecr.io/a"] {
		allowed_registry.violation == set() with input as _input(image)
	}
	allowed_registry.applies with input as _input("r.azurecr.io/a:1")
}

test_an_image_from_elsewhere_is_named_with_what_is_allowed if {
	allowed_registry.violation == {{
		"msg": `image "nginx" is not from an allowed registry`,
		"details": {
			"property": "spec.containers[0].image",
			"path": ["spec", "containers", 0, "image"],
			"found": "nginx",
			"expected": "a reference that begins with r.azurecr.io/ or s.azurecr.io/",
		},
	}} with input as _input("nginx")
}

test_a_digest_that_is_cut_short_is_told_as_that if {
	allowed_registry.violation == {{
		"msg": `image "r.azurecr.io/a@sha256:abc" can't be read: the digest is cut short: 3 of 64 characters`,
		"details": {
			"property": "spec.containers[0].image",
			"path": ["spec", "containers", 0, "image"],
			"found": "r.azurecr.io/a@sha256:abc",
			"expected": "the whole digest: r.azurecr.io/a@sha256:<64 hex digits>",
		},
	}} with input as _input("r.azurecr.io/a@sha256:abc")
	{found.msg | some found in allowed_registry.violation} == {`image "evil.io/a@sha256:abc" is not from an allowed registry`} with input as _input("evil.io/a@sha256:abc")
}

test_an_image_that_is_not_known_yet_is_undetermined if {
	allowed_registry.violation == {{
		"msg": "the registry of spec.containers[0].image can't be told: the value is unknown",
		"details": {
			"property": "spec.containers[0].image",
			"path": ["spec", "containers", 0, "image"],
			"found": "unknown",
			"expected": "a reference that is known when the plan is made, and not secret",
			"undetermined": true,
		},
	}} with input as _input({"$unknown": true})
}

test_a_malformed_image_is_a_failure_and_not_merely_undetermined if {
	some found in allowed_registry.violation with input as _input(7)
	found.details.undetermined == false
}

test_a_model_of_an_allowed_registry_is_let_through if {
	given := object.union(_input(""), {"resource": {
		"provider": "azure-native",
		"type": "azure-native:machinelearningservices:OnlineDeployment",
		"properties": {"model": "azureml://registries/reg/models/m/versions/3", "spec": null},
	}})
	allowed_registry.violation == set() with input as given
	count(allowed_registry.violation) == 1 with input as object.union(
		given,
		{"parameters": {"registries": {"models": ["other"]}}},
	)
}

test_an_empty_list_allows_nothing if {
	count(allowed_registry.violation) == 1 with input as object.union(
		_input("r.azurecr.io/a"),
		{"parameters": {"registries": {"images": []}}},
	)
}

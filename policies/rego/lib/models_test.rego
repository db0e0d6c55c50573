package lib.models_test

import data.lib.models

_digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

_here := sprintf("r.azurecr.io/models/fraud/score@%s", [_digest])

_fact := {"name": "fraud/score", "version": "1.0.0", "digest": _digest}

_facts := {"until": "2199-01-01T00:00:00Z", "models": {sprintf("models/fraud/score@%s", [_digest]): _fact}}

_pod(reference, facts) := {
	"facts": facts,
	"resource": {
		"id": "x", "provider": "kubernetes", "type": "kubernetes:core/v1:Pod", "name": "x", "kind": "Pod",
		"group": "", "operation": "create", "opaque": [],
		"properties": {"spec": {
			"containers": [{"image": sprintf("r.azurecr.io/runtimes/oip@%s", [_digest])}],
			"volumes": [{"image": {"reference": reference}}],
		}},
	},
}

_endpoint(reference) := {
	"facts": _facts,
	"resource": {
		"id": "x", "provider": "azure-native", "type": "azure-native:machinelearningservices:OnlineDeployment", "name": "x",
		"operation": "create", "opaque": [], "properties": {"onlineDeploymentProperties": {"model": reference}},
	},
}

_messages(given) := {found.msg | some found in models.unknown with input as given}

test_a_model_is_known_by_repository_and_digest if {
	given := _pod(_here, _facts)
	[[known.path, known.fact] | some known in models.known with input as given] == [[
		["spec", "volumes", 0, "image", "reference"],
		_fact,
	]]
	_messages(given) == set()
	models.any with input as given
}

test_the_scheme_of_kserve_names_the_same if count(models.known) == 1 with input as _pod(sprintf("oci://%s", [_here]), _facts)

test_a_runtime_is_no_model if {
	given := object.union(_pod(_here, _facts), {"resource": {"properties": {"spec": {"volumes": []}}}})
	not models.any with input as given
}

test_a_container_of_a_model_is_one if {
	given := {"resource": {"properties": {"spec": {"containers": [{"image": _here}], "volumes": []}}}}
	count(models.known) == 1 with input as object.union(_pod(_here, _facts), given)
}

test_what_is_mounted_from_elsewhere_is_a_model_that_is_not_known if {
	_messages(_pod(sprintf("r.azurecr.io/runtimes/score@%s", [_digest]), _facts)) == {sprintf(
		"nothing is known of model r.azurecr.io/runtimes/score@%s: it is not in the registry, by this repository and digest",
		[_digest],
	)}
}

test_a_tag_names_nothing_that_is_known if {
	_messages(_pod("r.azurecr.io/models/fraud/score:1.0.0", _facts)) == {concat("", [
		"nothing is known of model r.azurecr.io/models/fraud/score:1.0.0: ",
		"it is not in the registry, by this repository and digest",
	])}
}

test_who_was_not_told_leaves_it_open if {
	some found in models.unknown with input as _pod(_here, {})
	found.details.undetermined == true
	contains(found.msg, "nobody could be asked")
}

test_where_it_is_asked_for_who_was_not_told_refuses if {
	asks := {"parameters": {"models": {"asks_registry": true}}}
	some found in models.unknown with input as object.union(_pod(_here, {}), asks)
	not found.details.undetermined
	contains(found.msg, "nobody could be asked, since this gate was told neither of a registry")
}

test_who_was_not_told_is_told_what_to_set if {
	parameters := {"parameters": {"models": {"asks_registry": true}, "registries": {"images": ["r.azurecr.io"]}}}
	expected := {[gate, expected] |
		some gate in ["P", "A"]
		some found in models.unknown with input as object.union(_pod(_here, {}), object.union(parameters, {"gate": gate}))
		expected := found.details.expected
	}
	expected == {
		["P", concat(" ", [
			"nothing: have the gate told. --registry r.azurecr.io (HEADGATE_REGISTRY);",
			"where it can't be reached --facts FILE|REFERENCE (HEADGATE_FACTS) and --facts-key FILE (HEADGATE_FACTS_KEY),",
			"of who runs `headgate policy facts`",
		])],
		["A", "a model that is in the registry, by the digest that `headgate model list` prints"],
	}
	some unnamed in models.unknown with input as object.union(_pod(_here, {}), {"gate": "U"})
	contains(unnamed.details.expected, "--registry LOGIN_SERVER (")
}

_judging(images) := {"parameters": {"registries": {"images": images}}}

test_an_edition_of_another_environment_counts_for_nothing if {
	edition := object.union(_facts, {"serial": 7, "registry": "r.azurecr.io"})
	count(models.known) == 1 with input as object.union(_pod(_here, edition), _judging(["r.azurecr.io"]))
	some found in models.unknown with input as object.union(_pod(_here, edition), _judging(["other.azurecr.io"]))
	endswith(found.msg, "what was told is of registry r.azurecr.io, which is none of this environment's")
}

test_an_answer_that_does_not_say_until_when_is_none if {
	some found in models.unknown with input as _pod(_here, object.remove(_facts, ["until"]))
	endswith(found.msg, "what the registry said counted until nobody said when")
}

test_a_registry_that_does_not_answer_is_certain if {
	some found in models.unknown with input as _pod(_here, {"unavailable": "it burns"})
	not found.details.undetermined
	endswith(found.msg, "the registry can't be asked: it burns")
}

test_an_answer_counts_until_its_time if {
	some found in models.unknown with input as _pod(_here, object.union(_facts, {"until": "2020-01-01T00:00:00Z"}))
	not found.details.undetermined
	endswith(found.msg, "what the registry said counted until 2020-01-01T00:00:00Z")
}

test_an_answer_without_a_time_counts_for_nothing if {
	every until in ["", "soon"] {
		models.known == [] with input as _pod(_here, object.union(_facts, {"until": until}))
	}
}

test_what_is_unknown_or_secret_is_undetermined if {
	every marker in [{"$unknown": true}, {"$secret": true}] {
		some found in models.unknown with input as _pod(marker, _facts)
		found.details.undetermined == true
	}
}

test_volumes_that_are_not_known_yet_are_undetermined if {
	hidden := {"resource": {
		"properties": {"spec": {"volumes": {"$unknown": true}}},
		"opaque": [{"path": ["spec", "volumes"], "why": "unknown"}],
	}}
	some found in models.unknown with input as object.union(_pod(_here, _facts), hidden)
	found.details.undetermined == true
}

test_what_can_not_be_read_is_not_known if {
	_messages(_pod(7, _facts)) == {"nothing is known of model that can't be read: it is not in the registry, by this repository and digest"}
}

test_an_azure_registry_names_it_without_its_team if {
	version := replace(_digest, ":", "-")
	given := _endpoint(sprintf("azureml://registries/reg/models/score/versions/%s", [version]))
	[known.fact | some known in models.known with input as given] == [_fact]
	other := _endpoint(sprintf("azureml://registries/reg/models/other/versions/%s", [version]))
	count(models.unknown) == 1 with input as other
}

test_a_finding_names_the_version if {
	some known in models.known with input as _pod(_here, _facts)
	models.found(known, "is wrong", "a right one") == {
		"msg": "model fraud/score 1.0.0 is wrong",
		"details": {
			"property": "spec.volumes[0].image.reference",
			"path": ["spec", "volumes", 0, "image", "reference"],
			"found": _here,
			"expected": "a right one",
		},
	}
}

_admitted(facts) := _pod(_here, object.union(facts, {"admitted": [_here]}))

test_what_runs_already_is_judged_by_what_was_heard_last_and_marked if {
	given := _admitted(object.union(_facts, {"until": "2020-01-01T00:00:00Z"}))
	some known in models.known with input as given
	known.fact == _fact
	_messages(given) == set()
	found := models.found(known, "is wrong", "a right one") with input as given
	found.details.admitted == true
	stopped := models.stopped(known, "is wrong", "a right one") with input as given
	not stopped.details.admitted
}

test_what_runs_already_and_is_not_known_is_marked_too if {
	some found in models.unknown with input as _admitted({"models": {}, "until": "2199-01-01T00:00:00Z"})
	found.details.admitted == true
	some new in models.unknown with input as _pod(_here, {"models": {}, "until": "2199-01-01T00:00:00Z", "admitted": []})
	not new.details.admitted
}

package rules.serving.language_models_test

import data.rules.serving.language_models

_annotation(name) := sprintf("headgate.dev/%s", [name])

_promised := {
	_annotation("time-to-first-token-ms"): "800",
	_annotation("tokens-per-minute"): "20000",
	_annotation("tokens-per-month"): "50000000",
	_annotation("safety-suite"): "assistant-safety",
	_annotation("safety-evaluation"): sprintf("sha256:%s", [concat("", [digit | some _ in numbers.range(1, 64); digit := "a"])]),
	_annotation("content-logging"): "masked",
	_annotation("content-days"): "30",
}

_run(kind, metadata, container, opaque) := {
	"parameters": {"serving": {"language_models": {"content_days": 30, "runtimes": ["vllm*"]}}},
	"resource": {
		"provider": "kubernetes", "kind": kind, "group": "apps", "opaque": opaque,
		"properties": {"metadata": metadata, "spec": {"template": {"spec": {"containers": [container]}}}},
	},
}

_with(annotations) := _run("Deployment", {"annotations": annotations}, {}, [])

_found(run) := {violation.details.path[2] | some violation in language_models.violation with input as run}

test_one_with_all_of_it_is_let_through if {
	_found(_with(_promised)) == set()
	language_models.applies with input as _with(_promised)
	_found(_with(object.union(_promised, {
		_annotation("content-logging"): "none",
		_annotation("content-days"): "0",
	}))) == set()
}

test_each_that_is_missing_or_unreadable_is_refused if {
	some name in ["tokens-per-minute", "tokens-per-month", "safety-suite", "safety-evaluation", "content-logging"]
	every value in ["", "0", "-5", "yes?", "sha256:abc", 5, null] {
		_found(_with(object.union(_promised, {_annotation(name): value}))) == {_annotation(name)}
	}
}

test_contents_that_are_kept_too_long_are_refused_with_what_to_write if {
	every days in ["31", "0", "", "for ever", 30, null] {
		_found(_with(object.union(_promised, {_annotation("content-days"): days}))) == {_annotation("content-days")}
	}
	language_models.violation == {{
		"msg": "prompts and answers are kept longer than the environment allows, or for ever",
		"details": {
			"property": `metadata.annotations["headgate.dev/content-days"]`,
			"path": ["metadata", "annotations", _annotation("content-days")],
			"found": "31",
			"expected": "content_logging: {days: …} of 30 at most",
		},
	}} with input as _with(object.union(_promised, {_annotation("content-days"): "31"}))
}

test_one_is_known_by_how_it_is_started_and_by_its_program if {
	every container in [
		{"args": ["--model=/model", "--openai-path=/openai/a/v1"]},
		{"command": ["serve", "--openai-path=/openai/a/v1"]},
		{"image": "ghcr.io/vllm-project/vllm-openai:v1"},
	] {
		count(_found(_run("Deployment", {}, container, []))) == 5
	}
}

test_another_program_is_not_judged if {
	every container in [
		{"image": "hgplatformprod.azurecr.io/runtimes/oip-server@sha256:abc"},
		{"image": "hgplatformprod.azurecr.io/vllm/oip-server"},
		{"image": 5, "args": [5, "--path=--openai-path"]},
		{"args": "--openai-path"},
	] {
		_found(_run("Deployment", {}, container, [])) == set()
	}
}

test_what_a_controller_brings_is_judged_as_that_which_owns_it if {
	owned := {"annotations": {_annotation("tokens-per-minute"): "5"}, "ownerReferences": [{"controller": true}]}
	_found(_run("ReplicaSet", owned, {}, [])) == set()
	count(_found(_run("Deployment", owned, {}, []))) == 4
}

test_what_is_not_known_yet_is_undetermined if {
	late := _run("Deployment", {"annotations": _promised}, {}, [{
		"path": ["metadata", "annotations", _annotation("tokens-per-month")],
		"why": "unknown",
	}])
	{violation.details.undetermined | some violation in language_models.violation with input as late} == {true}
}

_environment(properties) := {
	"parameters": {"serving": {"language_models": {"content_days": 30, "runtimes": ["vllm*"]}}},
	"resource": {
		"provider": "azure", "kind": "EnvironmentVersion", "group": "machinelearningservices", "opaque": [],
		"type": "azure-native:machinelearningservices:EnvironmentVersion",
		"properties": {"properties": properties},
	},
}

_served_image := "hg.azurecr.io/runtimes/vllm-server:v1"

test_the_machine_learning_service_bounds_none if {
	run := _environment({"image": _served_image, "inferenceConfig": {"scoringRoute": {"path": "/v2", "port": 8080}}})
	language_models.applies with input as run
	language_models.violation == {{
		"msg": "nothing bounds what a language model on the machine-learning service may use",
		"details": {
			"property": "properties.image",
			"path": ["properties", "image"],
			"found": _served_image,
			"expected": "`language_models` of the team's stack in place of `managed.online`",
		},
	}} with input as run
}

test_what_answers_nobody_there_is_not_judged if {
	every properties in [
		{"image": _served_image},
		{"image": "hg.azurecr.io/runtimes/oip-server:v1", "inferenceConfig": {}},
		{"image": {"$unknown": true}, "inferenceConfig": {}},
		{"build": {"contextUri": "https://example.com"}, "inferenceConfig": {}},
	] {
		language_models.violation == set() with input as _environment(properties)
		not language_models.applies with input as _environment(properties)
	}
}

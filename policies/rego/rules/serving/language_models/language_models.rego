# METADATA
# scope: package
# title: A language model was tested for safety, is bounded, and says what is kept of its contents
# description: |
#   A language model or an agent says whatever it is led to say, costs by the token, and hears what people would tell nobody
#   else. So before one answers anybody it was evaluated for safety, what it may use in a minute and in a month is bounded,
#   and it is decided what is kept of prompts and answers, and for how long. What serves language models is known by its
#   promises, by how its runtime is started, and by the names of such runtimes. Azure Machine Learning bounds no tokens, so
#   nothing that is known for a language model's runtime answers there.
# custom:
#   id: HG-SV-009
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:DaemonSet
#     - kubernetes:Deployment
#     - kubernetes:InferenceService
#     - kubernetes:Pod
#     - kubernetes:ReplicaSet
#     - kubernetes:ReplicationController
#     - kubernetes:Rollout
#     - kubernetes:StatefulSet
#     - azure-native:machinelearningservices:EnvironmentVersion
#   controls:
#     - ISO/IEC 27001:2022 A.5.33
#     - ISO/IEC 27001:2022 A.8.6
#     - ISO/IEC 27001:2022 A.8.15
#     - ISO/IEC 27001:2022 A.8.29
#   remediation: |
#     Write it under `language_models` of the team's stack, with `safety`, `spending` and `content_logging` (`{contents: none}`,
#     or `masked` or `whole` with `days`), also in place of `managed.online`. How long contents may be kept, and which images serve language models, is
#     `serving.language_models` in `policies/parameters/`.
#   fix: what a model was tested for, may cost and may keep is decided by those who answer for it
#   since: 2025-01-01
#   deferrable: true
package rules.serving.language_models

import data.lib.finding
import data.lib.images
import data.lib.pods
import data.lib.reference
import data.lib.view

applies if _in_a_cluster

applies if count(_on_the_service) > 0

_in_a_cluster if {
	input.resource.provider == "kubernetes"
	not pods.owned
	_answers_in_words
}

# What was promised, what it was tested for, and what may be kept: each with its form and what to write in the stack.
_asked := {
	"headgate.dev/safety-suite": [
		`^[a-z][a-z0-9-]{0,39}$`,
		"the language model was not evaluated for safety",
		"safety: {suite: …, evaluation: sha256:…}",
	],
	"headgate.dev/safety-evaluation": [
		`^sha256:[a-f0-9]{64}$`,
		"the language model's safety evaluation can't be found",
		"safety: {suite: …, evaluation: sha256:…}",
	],
	"headgate.dev/tokens-per-minute": [
		`^[1-9][0-9]{0,13}$`,
		"nothing bounds what the language model may use in a minute",
		"spending: {tokens_per_minute: …}",
	],
	"headgate.dev/tokens-per-month": [
		`^[1-9][0-9]{0,13}$`,
		"nothing bounds what the language model may use in a month",
		"spending: {tokens_per_month: …}",
	],
	"headgate.dev/content-logging": [
		`^(none|masked|whole)$`,
		"it is not decided what is kept of prompts and answers",
		"content_logging: {contents: none}, or masked or whole with days",
	],
}

violation contains finding.at(_path(name), value, wrong, expected) if {
	_in_a_cluster
	some name, [form, wrong, expected] in _asked
	value := view.value(_path(name))
	not _has_form(value, form)
}

violation contains finding.at(path, value, wrong, expected) if {
	_in_a_cluster
	_annotation("headgate.dev/content-logging") in {"masked", "whole"}
	path := _path("headgate.dev/content-days")
	value := view.value(path)
	not _is_within(value, input.parameters.serving.language_models.content_days)
	wrong := "prompts and answers are kept longer than the environment allows, or for ever"
	expected := sprintf("content_logging: {days: …} of %d at most", [input.parameters.serving.language_models.content_days])
}

violation contains finding.at(path, image, wrong, expected) if {
	some [path, image] in _on_the_service
	wrong := "nothing bounds what a language model on the machine-learning service may use"
	expected := "`language_models` of the team's stack in place of `managed.online`"
}

# An environment in which requests are answered is known by where it is asked; other work of such a program answers nobody.
_on_the_service contains [mention.path, mention.value] if {
	input.resource.provider != "kubernetes"
	some mention in images.readable
	mention.kind == "image"
	around := array.slice(mention.path, 0, count(mention.path) - 1)
	view.at(object.get(input.resource.properties, around, {}), ["inferenceConfig"]) != null
	_serves_language_models(mention.value)
}

# Three ways to know one: what it promises, how it is started, which program it is.
_answers_in_words if {
	some name in ["time-to-first-token-ms", "tokens-per-second", "tokens-per-minute", "tokens-per-month"]
	view.value(_path(sprintf("headgate.dev/%s", [name]))) != null
}

_answers_in_words if {
	some container in pods.containers
	some list in ["args", "command"]
	some argument in view.at(container.spec, [list])
	is_string(argument)
	startswith(argument, "--openai-path")
}

_answers_in_words if {
	some container in pods.containers
	image := view.at(container.spec, ["image"])
	is_string(image)
	_serves_language_models(image)
}

_serves_language_models(image) if {
	program := regex.replace(reference.parse(image).repository, `^.*/`, "")
	some pattern in input.parameters.serving.language_models.runtimes
	glob.match(pattern, null, program)
}

_path(name) := ["metadata", "annotations", name]

_annotation(name) := view.value(_path(name))

_has_form(value, form) if {
	is_string(value)
	regex.match(form, value)
}

_is_within(value, days) if {
	_has_form(value, `^[1-9][0-9]{0,3}$`)
	to_number(value) <= days
}

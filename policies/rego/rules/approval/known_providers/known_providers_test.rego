package rules.approval.known_providers_test

import data.rules.approval.known_providers

_run(type, properties, opaque) := {
	"gate": "U", "phase": "apply", "facts": {}, "environment": "prod",
	"parameters": {"approval": {
		"providers": ["kubernetes", "pulumi", "headgate"],
		"stacks": {"labs-prod": {"providers": ["random"]}},
	}},
	"resource": {
		"id": sprintf("urn:pulumi:fraud-prod::headgate::%s::scores", [type]),
		"provider": split(type, ":")[0], "type": type, "name": "scores", "properties": properties, "opaque": opaque,
	},
}

_found(type, properties) := {violation.msg |
	some violation in known_providers.violation with input as _run(type, properties, [])
}

test_what_the_environment_lists_is_let_through if {
	every type in ["kubernetes:core/v1:ConfigMap", "pulumi:pulumi:Stack", "headgate:index:Tenancy", "pulumi:providers:kubernetes"] {
		_found(type, {}) == set()
		known_providers.applies with input as _run(type, {}, [])
	}
}

test_what_no_rule_knows_is_refused if {
	_found("aws:s3/bucket:Bucket", {}) == {`it is made by "aws", which no rule knows`}
	_found("command:local:Command", {}) == {`it is made by "command", which no rule knows`}
	_found("Kubernetes:core/v1:ConfigMap", {}) == {`it is made by "Kubernetes", which no rule knows`}
	_found("pulumi-python:dynamic:Resource", {}) == {`it is made by "pulumi-python", which no rule knows`}
	_found("pulumi:providers:docker", {}) == {`it is made by "docker", which no rule knows`}
}

test_it_is_said_what_may_be_written_instead if {
	some violation in known_providers.violation with input as _run("aws:s3/bucket:Bucket", {}, [])
	violation.details == {
		"property": "", "path": [], "found": "aws", "expected": "one of headgate, kubernetes, pulumi",
	}
}

test_a_listed_name_over_another_program_is_refused if {
	type := "pulumi:providers:kubernetes"
	_found(type, {"__internal": {"name": "kubernetes"}}) == set()
	_found(type, {"__internal": {"pluginDownloadURL": "https://evil.example.com"}}) == {known_providers._elsewhere.pluginDownloadURL}
	_found(type, {"__internal": {"name": "terraform-provider", "parameterization": "eyJ4IjoxfQ=="}}) == {
		known_providers._elsewhere.name,
		known_providers._elsewhere.parameterization,
	}
	_found("kubernetes:core/v1:ConfigMap", {"__internal": {"pluginDownloadURL": "x"}}) == set()
}

test_what_is_hidden_can_not_be_judged if {
	hidden := {"__internal": {"$secret": true}}
	run := _run("pulumi:providers:kubernetes", hidden, [{"path": ["__internal"], "why": "secret"}])
	found := {violation.details.undetermined | some violation in known_providers.violation with input as run}
	found == {true}
}

test_a_stack_may_be_given_a_list_of_its_own if {
	resource := {"id": "urn:pulumi:labs-prod::headgate::random:index:Pet::scores"}
	run := object.union(_run("random:index:Pet", {}, []), {"resource": resource})
	set() == {violation | some violation in known_providers.violation with input as run}
}

test_an_object_of_a_manifest_has_no_provider if {
	run := object.union(_run("kubernetes:core/v1:ConfigMap", {}, []), {"resource": {"id": "v1/ConfigMap/a", "provider": "x"}})
	not known_providers.applies with input as run
	set() == {violation | some violation in known_providers.violation with input as run}
}

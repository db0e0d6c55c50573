package rules.identity.plain_secrets_test

import data.rules.identity.plain_secrets

_found(resource) := {[violation.details.property, violation.msg] |
	some violation in plain_secrets.violation with input as {
		"gate": "P",
		"resource": object.union({"provider": "kubernetes", "type": "k", "group": "", "opaque": []}, resource),
	}
}

_at(resource) := {property | some [property, _] in _found(resource)}

_pod(env) := {"kind": "Pod", "properties": {"spec": {"containers": [{"name": "server", "env": env}]}}}

_config(data_) := {"kind": "ConfigMap", "properties": {"data": data_}}

test_what_could_hold_a_secret_is_judged if {
	every resource in [
		{"kind": "Secret", "properties": {}},
		_config({}),
		object.union(_pod([]), {"group": "", "provider": "kubernetes"}),
		{"provider": "azure-native", "type": "t", "properties": {"tags": {}}},
	] {
		plain_secrets.applies with input as {"resource": resource}
	}
}

test_references_switches_and_files_are_let_through if {
	_found(_pod([
		{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
		{"name": "DB_PASSWORD", "value": "$(FROM_VAULT)"},
		{"name": "TOKEN", "value": "/var/run/secrets/token"},
		{"name": "USE_SECRET", "value": "true"},
		{"name": "MAX_TOKEN", "value": "4096"},
		{"name": "PASSWORD", "value": ""},
		{"name": "API_KEY", "value": {"$secret": true}},
		{"name": 7, "value": "password"},
		{"name": "MODEL", "value": "fraud-score"},
	])) == set()
}

test_a_value_that_is_named_as_a_secret_is_refused_and_not_told_on if {
	plain_secrets.violation == {{
		"msg": `"DB_PASSWORD" is named as a secret, and stands here in plain text`,
		"details": {
			"property": "spec.containers[0].env[0].value",
			"path": ["spec", "containers", 0, "env", 0, "value"],
			"found": "a text that is not shown here",
			"expected": "a reference to a vault's secret, or Output.secret",
		},
	}} with input as {"gate": "A", "resource": _pod([{"name": "DB_PASSWORD", "value": "hunter2"}])}
}

test_names_count_wherever_texts_are_kept_by_name if {
	_at(_config({"api-key": "abc", "colour": "red"})) == {"data.api-key"}
	_at({"provider": "azure-native", "properties": {"tags": {"adminPassword": "abc"}}}) == {"tags.adminPassword"}
}

test_each_form_of_a_secret_is_refused_under_any_name if {
	every value in [
		"-----BEGIN RSA PRIVATE KEY-----\nMIIE",
		concat("", ["AKIA", "ABCDEFGHIJKLMNOP"]),
		"DefaultEndpointsProtocol=https;AccountName=a;AccountKey=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
		"https://a.blob.core.windows.net/c?sv=1&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		concat("", ["ghp", "_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]),
		concat(".", ["eyJhbGciOiJSUzI1NiJ9", "eyJzdWIiOiIxMjM0In0", "c2lnbmF0dXJl"]),
		"postgres://fraud:hunter2@db.example.com/fraud",
	] {
		_at(_config({"a.conf": value})) == {`data["a.conf"]`}
	}
}

test_addresses_without_a_password_are_let_through if {
	_found(_config({
		"a": "https://models.example.com:443/v2",
		"b": "postgres://fraud:$(PASSWORD)@db.example.com/fraud",
		"c": "hgplatformprod.azurecr.io/runtimes/opa@sha256:9c917c",
	})) == set()
}

test_a_secret_in_a_program_is_refused_and_in_a_cluster_is_where_it_belongs if {
	secret := {"kind": "Secret", "properties": {"stringData": {"a": "b", "c": {"$secret": true}, "d": ""}}}
	_found(secret) == {["stringData.a", "the content of a Secret stands here in plain text"]}
	plain_secrets.violation == set() with input as {"gate": "A", "resource": secret}
}

test_what_stands_between_a_name_and_its_value_hides_nothing if {
	entry := {"name": "DB_PASSWORD", "secure": false, "value": "hunter2"}
	resource := {"provider": "azure-native", "type": "azure-native:containerinstance:ContainerGroup", "properties": {"environmentVariables": [entry]}}
	found := plain_secrets.violation with input as {"gate": "P", "resource": resource}
	{each.details.property | some each in found} == {"environmentVariables[0].value"}
}

package rules.network.default_deny_test

import data.rules.network.default_deny

_namespace(name) := {
	"provider": "kubernetes", "type": "x", "kind": "Namespace", "name": name, "operation": "create", "connection": "c",
	"parent": "p", "properties": {"metadata": {"name": name}},
}

_policy(namespace, spec) := {
	"provider": "kubernetes", "type": "x", "kind": "NetworkPolicy", "name": "d", "operation": "create", "connection": "c",
	"parent": "p", "namespace": namespace, "properties": {"spec": spec},
}

_deny := {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}

_found(resources) := {violation.details.resource |
	some violation in default_deny.violation with input as {"resources": resources}
}

test_a_namespace_with_default_deny_is_let_through if {
	_found([_namespace("a"), _policy("a", _deny)]) == set()
	_found([_namespace("kube-system")]) == set()
}

test_a_policy_whose_namespace_is_unknown_counts_in_its_component if {
	_found([_namespace("a"), _policy("", _deny)]) == set()
	_found([_namespace("a"), object.union(_policy("", _deny), {"parent": "q"})]) == {0}
}

test_a_namespace_without_it_is_refused if {
	_found([_namespace("a")]) == {0}
	_found([_namespace("a"), _policy("b", _deny)]) == {0}
	every patch in [{"ingress": [{}]}, {"policyTypes": ["Ingress"]}, {"podSelector": {"matchLabels": {"a": "b"}}}] {
		_found([_namespace("a"), _policy("a", object.union(_deny, patch))]) == {0}
	}
}

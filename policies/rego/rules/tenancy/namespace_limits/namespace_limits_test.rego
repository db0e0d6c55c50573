package rules.tenancy.namespace_limits_test

import data.rules.tenancy.namespace_limits

_object(kind, properties) := {
	"provider": "kubernetes", "type": "x", "kind": kind, "name": "x", "operation": "create", "connection": "c", "parent": "p",
	"namespace": "a", "properties": properties,
}

_namespace(name) := object.union(_object("Namespace", {"metadata": {"name": name}}), {"namespace": ""})

_hard := {"requests.cpu": 1, "limits.memory": 1, "pods": 1, "requests.nvidia.com/gpu": 0}

_quota(spec) := _object("ResourceQuota", {"spec": object.union({"hard": _hard}, spec)})

_amounts := {"cpu": 1, "memory": 1}

_limits(limit) := _object("LimitRange", {"spec": {"limits": [object.union(
	{"type": "Container", "default": _amounts, "defaultRequest": _amounts},
	limit,
)]}})

_messages(resources) := {violation.msg |
	some violation in namespace_limits.violation with input as {
		"resources": resources,
		"parameters": {"tenancy": {"platform_namespaces": ["gate"]}},
	}
}

_applies(resources) := found if {
	found := namespace_limits.applies with input as {
		"resources": resources,
		"parameters": {"tenancy": {"platform_namespaces": ["gate"]}},
	}
}

test_a_namespace_with_both_is_let_through if {
	_messages([_namespace("a"), _quota({}), _limits({})]) == set()
	_applies([_namespace("a")]) == {0}
}

test_namespaces_of_kubernetes_and_of_the_platform_need_none if {
	_applies([_namespace("gate"), _namespace("kube-system")]) == set()
}

test_before_the_first_deployment_what_stands_in_one_component_counts if {
	late := {"namespace": ""}
	_messages([_namespace("a"), object.union(_quota({}), late), object.union(_limits({}), late)]) == set()
	elsewhere := {"namespace": "", "parent": "q"}
	count(_messages([_namespace("a"), object.union(_quota({}), elsewhere), _limits({})])) == 4
}

test_what_is_missing_is_said_by_its_name if {
	_messages([_namespace("a")]) == {
		`namespace "a" has no quota for CPUs`,
		`namespace "a" has no quota for memory`,
		`namespace "a" has no quota for pods`,
		`namespace "a" has no quota for GPUs`,
		"namespace \"a\" has no limits: a container that asks for nothing is given no `default`",
		"namespace \"a\" has no limits: a container that asks for nothing is given no `defaultRequest`",
	}
}

test_a_quota_for_some_pods_or_of_another_place_does_not_count if {
	every patch in [{"scopes": ["BestEffort"]}, {"scopeSelector": {"matchExpressions": []}}] {
		count(_messages([_namespace("a"), _quota(patch), _limits({})])) == 4
	}
	every patch in [{"namespace": "b"}, {"connection": "d"}, {"operation": "delete"}] {
		count(_messages([_namespace("a"), object.union(_quota({}), patch), _limits({})])) == 4
	}
}

test_limits_of_pods_or_of_half_the_amounts_do_not_count if {
	count(_messages([_namespace("a"), _quota({}), _limits({"type": "Pod"})])) == 2
	half := _object("LimitRange", {"spec": {"limits": [{"type": "Container", "default": {"cpu": 1}, "defaultRequest": _amounts}]}})
	count(_messages([_namespace("a"), _quota({}), half])) == 1
}

test_what_is_not_known_yet_is_undetermined if {
	unknown := {"$unknown": true}
	_messages([
		_namespace("a"),
		_object("ResourceQuota", {"spec": {"hard": unknown}}),
		_object("LimitRange", {"spec": {"limits": unknown}}),
	]) == {
		"spec.hard can't be judged: the value is unknown",
		"spec.limits can't be judged: the value is unknown",
	}
}

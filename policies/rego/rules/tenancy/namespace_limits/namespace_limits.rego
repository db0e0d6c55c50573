# METADATA
# scope: package
# title: Every namespace has a quota and limits
# description: |
#   Without a quota one team takes the CPUs, the memory, the GPUs and the pod addresses of all others, by accident as easily
#   as on purpose. Without defaults for containers, one that asks for nothing is not counted until it has taken everything.
# schemas:
#   - input: schema.relation_input
# custom:
#   id: HG-TN-002
#   severity: medium
#   gates: [P, U]
#   scope: relation
#   controls:
#     - ISO/IEC 27001:2022 A.8.6
#     - ISO/IEC 27001:2022 A.8.22
#   remediation: |
#     Make the namespace with TeamTenancy, or add to it a ResourceQuota without scopes that names CPUs, memory, pods and
#     `requests.nvidia.com/gpu` under `hard`, and a LimitRange with `default` and `defaultRequest` for containers. Namespaces
#     of the platform itself are `tenancy.platform_namespaces` in `policies/parameters/`.
#   fix: the components make quota and limits with the namespace
#   since: 2025-01-01
#   deferrable: true
package rules.tenancy.namespace_limits

import data.lib.finding
import data.lib.stack
import data.lib.view

applies contains index if {
	some index in stack.of_kinds({"Namespace"})
	not _is_of_the_platform(stack.name_of(input.resources[index]))
}

violation contains finding.on(index, ["metadata", "name"], name, wrong, expected) if {
	some index in applies
	namespace := input.resources[index]
	name := stack.name_of(namespace)
	some what, wanted in _quota
	not _is_limited(namespace, wanted)
	wrong := sprintf("namespace %q has no quota for %s", [name, what])
	expected := sprintf("a ResourceQuota of it, without scopes, with `hard: {%s: …}`", [sort(wanted)[0]])
}

violation contains finding.on(index, ["metadata", "name"], name, wrong, expected) if {
	some index in applies
	namespace := input.resources[index]
	name := stack.name_of(namespace)
	some field in ["default", "defaultRequest"]
	not _is_defaulted(namespace, field)
	wrong := sprintf("namespace %q has no limits: a container that asks for nothing is given no `%s`", [name, field])
	expected := sprintf("a LimitRange of it with `type: Container` and `%s: {cpu: …, memory: …}`", [field])
}

# What is limited may only be known at the update, which asks again.
violation contains finding.on(index, ["spec", field], value, "", sprintf("`%s` that is known", [field])) if {
	some kind, field in {"ResourceQuota": "hard", "LimitRange": "limits"}
	some index in stack.of_kinds({kind})
	value := object.get(input.resources[index].properties, ["spec", field], null)
	view.opaque(value)
}

# What a quota has to say, by any of its names.
_quota := {
	"CPUs": {"requests.cpu", "cpu", "limits.cpu"},
	"memory": {"requests.memory", "memory", "limits.memory"},
	"pods": {"pods", "count/pods"},
	"GPUs": {"requests.nvidia.com/gpu", "nvidia.com/gpu"},
}

_is_limited(namespace, wanted) if {
	some key in _keys_of(namespace)
	some name in _hard_of[key]
	name in wanted
}

_is_defaulted(namespace, field) if {
	some key in _keys_of(namespace)
	{"cpu", "memory"} - _defaults_of[array.concat(key, [field])] == set()
}

# A namespace by its name; before the first deployment, when objects may not know theirs, by the component that it is in.
_keys_of(namespace) := [
	["name", object.get(namespace, "connection", ""), stack.name_of(namespace)],
	["parent", object.get(namespace, "connection", ""), object.get(namespace, "parent", null)],
]

_key_of(resource) := ["name", object.get(resource, "connection", ""), resource.namespace] if {
	object.get(resource, "namespace", "") != ""
}

_key_of(resource) := ["parent", object.get(resource, "connection", ""), resource.parent] if {
	object.get(resource, "namespace", "") == ""
}

# What is limited for all pods of a namespace: a quota with scopes is one for some of them.
_hard[key] contains name if {
	some index in stack.of_kinds({"ResourceQuota"})
	quota := input.resources[index]
	spec := quota.properties.spec
	view.at(spec, ["scopes"]) in {null, []}
	view.at(spec, ["scopeSelector"]) == null
	key := _key_of(quota)
	some name in _named(spec.hard)
}

_hard_of := {key: found | some key, found in _hard}

_defaults_of := {key: found | some key, found in _defaults}

_named(hard) := {name | some name, _ in hard} if not view.opaque(hard)

_named(hard) := {name | some wanted in _quota; some name in wanted} if view.opaque(hard)

_defaults[key] contains name if {
	some index in stack.of_kinds({"LimitRange"})
	limits := input.resources[index]
	some field in ["default", "defaultRequest"]
	some name in _defaulted(limits.properties.spec.limits, field)
	key := array.concat(_key_of(limits), [field])
}

_defaulted(limits, field) := {name | some limit in limits; limit.type == "Container"; some name, _ in limit[field]} if {
	not view.opaque(limits)
}

_defaulted(limits, _) := {"cpu", "memory"} if view.opaque(limits)

_is_of_the_platform(name) if name in input.parameters.tenancy.platform_namespaces

_is_of_the_platform(name) if startswith(name, "kube-")

# METADATA
# scope: package
# title: Every namespace denies traffic that nothing allows
# description: |
#   Without a policy that selects every pod, a pod that is broken into may talk to all others, and to the internet.
#   With one, each flow that is needed is written down.
# schemas:
#   - input: schema.relation_input
# custom:
#   id: HG-NW-002
#   severity: high
#   gates: [P, U]
#   scope: relation
#   controls:
#     - ISO/IEC 27001:2022 A.8.20
#     - ISO/IEC 27001:2022 A.8.22
#   remediation: |
#     Add a NetworkPolicy with `podSelector: {}` and `policyTypes: [Ingress, Egress]` and no rules to the namespace.
#     TeamTenancy brings it.
#   fix: the components make the policy with the namespace
#   since: 2025-01-01
#   deferrable: true
package rules.network.default_deny

import data.lib.finding
import data.lib.stack

applies contains index if {
	some index in stack.of_kinds({"Namespace"})
	not _is_kubernetes_own(input.resources[index])
}

violation contains finding.on(index, ["metadata", "name"], stack.name_of(namespace), wrong, expected) if {
	some index in applies
	namespace := input.resources[index]
	not _is_denied(namespace)
	wrong := sprintf("namespace %q has no network policy that denies what nothing allows", [stack.name_of(namespace)])
	expected := "a NetworkPolicy of it with podSelector {} and policyTypes [Ingress, Egress]"
}

_is_denied(namespace) if [object.get(namespace, "connection", ""), stack.name_of(namespace)] in _denied

# Before the first deployment a policy's namespace may be unknown: what stands in one component belongs together.
_is_denied(namespace) if [object.get(namespace, "connection", ""), object.get(namespace, "parent", null)] in _denied_nearby

_denied contains stack.place(policy) if some policy in _policies

_denied_nearby contains [object.get(policy, "connection", ""), policy.parent] if {
	some policy in _policies
	object.get(policy, "namespace", "") == ""
}

_policies contains policy if {
	some index in stack.of_kinds({"NetworkPolicy"})
	policy := input.resources[index]
	spec := policy.properties.spec
	spec.podSelector == {}
	every direction in ["Ingress", "Egress"] {
		direction in spec.policyTypes
		object.get(spec, lower(direction), []) == []
	}
}

_is_kubernetes_own(namespace) if startswith(stack.name_of(namespace), "kube-")

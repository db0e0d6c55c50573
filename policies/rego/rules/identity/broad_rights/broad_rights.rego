# METADATA
# scope: package
# title: Nobody has rights on everything, or rights that lead past the gates
# description: |
#   A wildcard gives rights on what does not exist yet, and cluster-admin or Owner gives the right to give rights.
#   Whoever takes over such an identity has the platform. Some rights are wider than they look: to bind, escalate or
#   impersonate, to take tokens, to open a session in what runs (exec, attach, port-forward, proxy, debug), which changes
#   it after it was judged, and to change admission itself.
# custom:
#   id: HG-ID-001
#   severity: critical
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:ClusterRole
#     - kubernetes:Role
#     - kubernetes:ClusterRoleBinding
#     - kubernetes:RoleBinding
#     - azure-native:authorization:RoleAssignment
#     - azure-native:authorization:RoleDefinition
#   controls:
#     - ISO/IEC 27001:2022 A.5.15
#     - ISO/IEC 27001:2022 A.8.2
#     - ISO/IEC 27001:2022 A.8.3
#   remediation: |
#     Name verbs, resources and API groups; bind a role of its own instead of `cluster-admin`, `admin` or `edit`; in Azure
#     assign a role that does what is needed, at the resource or its group. What has to be done inside of a pod is done by
#     a new image; who has to change one webhook configuration gets it by `resourceNames`.
#   fix: which rights are needed is known to people alone
#   since: 2025-01-01
#   deferrable: false
package rules.identity.broad_rights

import data.lib.finding
import data.lib.view

applies if input.resource.kind in {"ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding"}

applies if input.resource.provider == "azure-native"

violation contains finding.at(path, "*", wrong, sprintf("the %s that are needed, by name", [field])) if {
	input.resource.kind in {"ClusterRole", "Role"}
	some index, right in view.value(["rules"])
	some field in ["verbs", "resources", "apiGroups"]
	"*" in view.at(right, [field])
	path := ["rules", index, field]
	wrong := sprintf("the role has rights on all %s", [field])
}

# What leads further than it says.
violation contains finding.at(path, verb, wrong, "the verbs that are needed") if {
	input.resource.kind in {"ClusterRole", "Role"}
	some index, right in view.value(["rules"])
	path := ["rules", index, "verbs"]
	some verb in view.at(right, ["verbs"])
	wrong := _leading[verb]
}

violation contains finding.at(path, resource, wrong, "the resources that are needed") if {
	input.resource.kind in {"ClusterRole", "Role"}
	some index, right in view.value(["rules"])
	path := ["rules", index, "resources"]
	some resource in view.at(right, ["resources"])
	wrong := _leads(right, resource)
}

_leading := {
	"bind": "whoever holds the role may give away rights that are not their own",
	"escalate": "whoever holds the role may make it wider than their own rights",
	"impersonate": "whoever holds the role may act under another's name",
}

_leads(_, resource) := "a session in what runs changes it after it was judged" if {
	is_string(resource)
	split(resource, "/")[1] in {"exec", "attach", "portforward", "proxy", "ephemeralcontainers"}
}

_leads(_, "serviceaccounts/token") := "whoever holds the role may take the token of any service account"

_leads(right, resource) := "whoever changes admission takes the gate away" if {
	resource in _admission
	count({verb | some verb in view.at(right, ["verbs"])} - {"get", "list", "watch"}) > 0
	view.at(right, ["resourceNames"]) in {[], null}
}

_admission := {
	"mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
	"validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
}

violation contains finding.at(path, name, "the binding gives rights on the whole cluster", "a role of its own") if {
	input.resource.kind in {"ClusterRoleBinding", "RoleBinding"}
	path := ["roleRef", "name"]
	name := view.value(path)
	name in {"cluster-admin", "system:masters"}
}

# Kubernetes' own roles for people: both let into pods, and one gives rights.
violation contains finding.at(path, name, "the binding gives sessions in what runs, and every secret", "a role of its own") if {
	input.resource.kind in {"ClusterRoleBinding", "RoleBinding"}
	view.value(["roleRef", "kind"]) == "ClusterRole"
	path := ["roleRef", "name"]
	name := view.value(path)
	name in {"admin", "edit"}
}

# What is unknown at the preview is known at the update; what is secret there is not.
violation contains finding.at(place.path, view.value(place.path), "", "rights that can be read") if {
	input.resource.kind in {"ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding"}
	some place in input.resource.opaque
	place.path[0] in {"aggregationRule", "roleRef", "rules"}
	_is_never_known(place.why)
}

_is_never_known("secret")

_is_never_known("unknown") if input.phase == "apply"

violation contains finding.at(path, "*", "the role definition allows every action", "the actions that are needed") if {
	some index, permission in view.value(["permissions"])
	some field in ["actions", "dataActions"]
	"*" in view.at(permission, [field])
	path := ["permissions", index, field]
}

violation contains finding.at(path, role, "the role may do, or give, everything", "a role that does what is needed") if {
	path := ["roleDefinitionId"]
	role := view.value(path)
	is_string(role)
	lower(split(role, "/")[count(split(role, "/")) - 1]) in _owners
}

violation contains finding.at(path, scope, "the role is assigned for a whole subscription", expected) if {
	path := ["scope"]
	input.resource.properties.roleDefinitionId
	scope := view.value(path)
	is_string(scope)
	regex.match(`(?i)^/?(subscriptions/[^/]+|providers/microsoft\.management/managementgroups/[^/]+)?/?$`, scope)
	expected := "the resource, or its group"
}

# Owner, Contributor, User Access Administrator, Role Based Access Control Administrator.
_owners := {
	"8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
	"b24988ac-6180-42a0-ab88-20f7382dd24c",
	"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
	"f58310d9-a9f6-439a-9e8d-f62e7b41a168",
}

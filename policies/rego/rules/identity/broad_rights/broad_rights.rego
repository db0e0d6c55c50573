# METADATA
# scope: package
# title: Nobody has rights on everything, or rights that lead past the gates
# description: |
#   A wildcard gives rights on what does not exist yet, and cluster-admin or Owner gives the right to give rights.
#   Whoever takes over such an identity has the platform. Some rights are wider than they look: to bind, escalate or
#   impersonate, to take tokens, to approve certificates, to open a session in what runs (exec, attach, port-forward,
#   proxy, debug), which changes it after it was judged, to change admission itself or what answers for an API group, to
#   read every secret, whether the role is bound yet or not, and to add to what Kubernetes' roles for people give.
#   Kubernetes' own roles are its own components' alone, and what is given to everybody is given to nobody by name.
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
#     - azure-native:authorization:RoleAssignmentScheduleRequest
#     - azure-native:authorization:RoleEligibilityScheduleRequest
#     - azure-native:authorization:RoleDefinition
#   controls:
#     - ISO/IEC 27001:2022 A.5.15
#     - ISO/IEC 27001:2022 A.8.2
#     - ISO/IEC 27001:2022 A.8.3
#   remediation: |
#     Name verbs, resources and API groups; bind a role of its own instead of `cluster-admin`, `admin` or `edit`; in Azure
#     assign a role that does what is needed, at the resource or its group. What has to be done inside of a pod is done by
#     a new image; who has to read a secret, or change one webhook configuration, gets it by `resourceNames`.
#     A role of the platform that has to read all secrets is named in `identity.secret_readers` of the parameters.
#   fix: which rights are needed is known to people alone
#   since: 2025-01-01
#   deferrable: false
package rules.identity.broad_rights

import data.lib.finding
import data.lib.view

# Pulumi's patches of an object are judged as the object.
_kind := trim_suffix(object.get(input.resource, "kind", ""), "Patch")

applies if _kind in {"ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding"}

applies if input.resource.provider == "azure-native"

violation contains finding.at(path, value, wrong, sprintf("the %s that are needed, by name", [field])) if {
	_kind in {"ClusterRole", "Role"}
	some index, right in view.value(["rules"])
	some field in ["verbs", "resources", "apiGroups", "nonResourceURLs"]
	some value in view.at(right, [field])
	_is_wild(value)
	path := ["rules", index, field]
	wrong := sprintf("the role has rights on all %s", [field])
}

# `pods/*` and `*/*` are read as nothing by today's API servers; who writes them means everything.
_is_wild(value) if value in {"*", "/*"}

_is_wild(value) if {
	is_string(value)
	regex.match(`^[^/]+/\*$`, value)
}

# A role that takes in others has whatever they will ever have.
violation contains finding.at(path, selector, wrong, "matchLabels with a label of its own") if {
	_kind == "ClusterRole"
	some index, selector in view.value(["aggregationRule", "clusterRoleSelectors"])
	not _is_narrow(selector)
	path := ["aggregationRule", "clusterRoleSelectors", index]
	wrong := "the role takes in every role, or those of Kubernetes' own administrators"
}

# Kubernetes gives to all who hold `admin`, `edit` or `view` what a role with such a label gives.
violation contains finding.at(path, value, wrong, "a role of its own, bound to who needs it") if {
	_kind == "ClusterRole"
	some name, value in view.value(["metadata", "labels"])
	is_string(name)
	startswith(name, _taken_in)
	value != "false"
	path := ["metadata", "labels", name]
	wrong := sprintf("everybody who holds Kubernetes' role %q gets these rights", [trim_prefix(name, _taken_in)])
}

_taken_in := "rbac.authorization.k8s.io/aggregate-to-"

_is_narrow(selector) if {
	labels := view.at(selector, ["matchLabels"])
	some name, _ in labels
	is_string(name)
	every each in ["aggregate-to-admin", "aggregate-to-edit", "bootstrapping"] {
		not endswith(name, each)
	}
}

# What leads further than it says.
violation contains finding.at(path, verb, wrong, "the verbs that are needed") if {
	_kind in {"ClusterRole", "Role"}
	some index, right in view.value(["rules"])
	path := ["rules", index, "verbs"]
	some verb in view.at(right, ["verbs"])
	wrong := _leads_by(verb)
}

violation contains finding.at(path, resource, wrong, "the resources that are needed") if {
	_kind in {"ClusterRole", "Role"}
	some index, right in view.value(["rules"])
	path := ["rules", index, "resources"]
	some resource in view.at(right, ["resources"])
	wrong := _leads(right, resource)
}

_leads_by(verb) := _leading[verb]

# The narrower forms of it, such as `impersonate:user-info`.
_leads_by(verb) := _leading.impersonate if {
	is_string(verb)
	startswith(verb, "impersonate:")
}

_leads_by(verb) := _leading.impersonate if {
	is_string(verb)
	startswith(verb, "impersonate-on:")
}

_leading := {
	"approve": "whoever holds the role may approve certificates, and so become anybody",
	"bind": "whoever holds the role may give away rights that are not their own",
	"escalate": "whoever holds the role may make it wider than their own rights",
	"impersonate": "whoever holds the role may act under another's name",
	"sign": "whoever holds the role may sign certificates, and so become anybody",
}

_leads(_, resource) := "a session in what runs changes it after it was judged" if {
	is_string(resource)
	split(resource, "/")[1] in {"exec", "attach", "portforward", "proxy", "ephemeralcontainers"}
}

_leads(_, "serviceaccounts/token") := "whoever holds the role may take the token of any service account"

_leads(right, "certificatesigningrequests/approval") := _leading.approve if _writes(right)

_leads(right, "certificatesigningrequests/status") := _leading.sign if _writes(right)

_leads(right, resource) := "whoever changes admission takes the gate away" if {
	resource in _admission
	_writes(right)
	_is_for_all(right)
}

_leads(right, "apiservices") := "whoever registers an API answers for it in place of the API server" if {
	_writes(right)
	_is_for_all(right)
}

_leads(right, "secrets") := "whoever holds the role reads every secret, and every token and password in one" if {
	some group in view.at(right, ["apiGroups"])
	group in {"", "*"}
	some verb in view.at(right, ["verbs"])
	verb in {"get", "list", "watch"}
	_is_for_all(right)
	not _may_read_secrets
}

# What the platform's own programs keep in their namespace; no team has a right there.
_may_read_secrets if {
	_kind == "Role"
	namespace := view.value(["metadata", "namespace"])
	some own in [input.parameters.tenancy.platform_namespaces, input.parameters.audit.gate.exempt]
	namespace in own
}

# Where the namespace is yet to come, the update judges it.
_may_read_secrets if {
	_kind == "Role"
	view.opaque(view.value(["metadata", "namespace"])) == "unknown"
	input.phase == "preview"
}

_may_read_secrets if {
	_kind == "ClusterRole"
	view.value(["metadata", "name"]) in input.parameters.identity.secret_readers
}

# A list, and what is made, has no name: who may it under the empty one may it for all.
_is_for_all(right) if view.at(right, ["resourceNames"]) in {[], null}

_is_for_all(right) if "" in view.at(right, ["resourceNames"])

_writes(right) if count({verb | some verb in view.at(right, ["verbs"])} - {"get", "list", "watch"}) > 0

_admission := {
	"mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
	"validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
}

violation contains finding.at(path, name, "the binding gives rights on the whole cluster", "a role of its own") if {
	_kind in {"ClusterRoleBinding", "RoleBinding"}
	path := ["roleRef", "name"]
	name := view.value(path)
	name in {"cluster-admin", "system:masters"}
}

# Kubernetes' own roles for people: both let into pods, and one gives rights.
violation contains finding.at(path, name, "the binding gives sessions in what runs, and every secret", "a role of its own") if {
	_kind in {"ClusterRoleBinding", "RoleBinding"}
	view.value(["roleRef", "kind"]) == "ClusterRole"
	path := ["roleRef", "name"]
	name := view.value(path)
	name in {"admin", "edit"}
}

# The other roles that Kubernetes brings are its own components': some give tokens, sessions and every secret.
violation contains finding.at(path, name, wrong, "a role of its own") if {
	_kind in {"ClusterRoleBinding", "RoleBinding"}
	view.value(["roleRef", "kind"]) == "ClusterRole"
	path := ["roleRef", "name"]
	name := view.value(path)
	is_string(name)
	startswith(name, "system:")
	not name in _for_others
	not _is_kubernetes_own
	wrong := "the binding gives somebody the rights of a component of Kubernetes"
}

_for_others := _for_everybody | {"system:aggregate-to-view", "system:auth-delegator", "system:monitoring", "system:node-proxier"}

# What Kubernetes itself gives to everybody.
_for_everybody := {
	"system:basic-user", "system:discovery", "system:public-info-viewer", "system:service-account-issuer-discovery",
}

# To nobody, as Kubernetes itself binds `system:node`, is no right.
_is_kubernetes_own if view.value(["subjects"]) in {null, []}

_is_kubernetes_own if {
	subjects := view.value(["subjects"])
	is_array(subjects)
	every subject in subjects {
		_is_component(subject)
	}
}

_is_component(subject) if {
	subject.kind == "ServiceAccount"
	subject.namespace == "kube-system"
}

_is_component(subject) if {
	subject.kind == "User"
	subject.name in {"system:kube-controller-manager", "system:kube-proxy", "system:kube-scheduler"}
}

_is_component(subject) if {
	subject.kind == "Group"
	regex.match(`^system:(nodes|bootstrappers(:.+)?|serviceaccounts:kube-system)$`, subject.name)
}

_is_component(subject) if {
	view.value(["roleRef", "name"]) == "system:node"
	subject.kind == "User"
	subject.name in input.parameters.identity.kubelets
}

violation contains finding.at(path, subject.name, "everybody is given the rights", "who needs them, by name") if {
	_kind in {"ClusterRoleBinding", "RoleBinding"}
	not view.value(["roleRef", "name"]) in _for_everybody
	some index, subject in view.value(["subjects"])
	subject.name in {"system:anonymous", "system:authenticated", "system:serviceaccounts", "system:unauthenticated"}
	path := ["subjects", index, "name"]
}

# What is unknown at the preview is known at the update; what is secret there is not.
violation contains finding.at(place.path, view.value(place.path), "", "rights that can be read") if {
	_kind in {"ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding"}
	some place in input.resource.opaque
	_gives(place.path)
	_is_never_known(place.why)
}

_gives(path) if path[0] in {"aggregationRule", "roleRef", "rules", "subjects"}

# By its labels a role is taken in by others.
_gives(path) if {
	_kind == "ClusterRole"
	path in [["metadata"], ["metadata", "labels"]]
}

_is_never_known("secret")

_is_never_known("unknown") if input.phase == "apply"

violation contains finding.at(path, action, "the role definition allows every action", "the actions that are needed") if {
	some index, permission in view.value(["permissions"])
	some field in ["actions", "dataActions"]
	some action in view.at(permission, [field])
	is_string(action)
	regex.match(`(?i)^\*(/\*|/write|/delete|/action)*$`, action)
	path := ["permissions", index, field]
}

# Who may give rights has them all.
violation contains finding.at(path, action, "who holds the role may give rights", "the actions that are needed") if {
	some index, permission in view.value(["permissions"])
	some action in view.at(permission, ["actions"])
	is_string(action)
	regex.match(`(?i)^microsoft\.authorization/(\*|roleassignments/(\*|write)|roledefinitions/(\*|write)|elevateaccess/action)`, action)
	path := ["permissions", index, "actions"]
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

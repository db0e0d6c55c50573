# METADATA
# scope: package
# title: A team stays in its namespace, and its identities have no rights elsewhere
# description: |
#   What a team runs is limited, closed off and paid for by its namespace: an object of a team anywhere else is none of it.
#   And an identity of one team with rights in the namespace of another, or on the whole cluster, makes one of the two.
# custom:
#   id: HG-TN-001
#   severity: high
#   gates: [P, U, A]
#   scope: object
#   types:
#     - kubernetes:*
#     - azure-native:authorization:RoleAssignment
#     - azure-native:managedidentity:FederatedIdentityCredential
#   controls:
#     - ISO/IEC 27001:2022 A.5.15
#     - ISO/IEC 27001:2022 A.8.3
#     - ISO/IEC 27001:2022 A.8.22
#   remediation: |
#     Put the object into the namespace of the team that its label `headgate.dev/team` names (`team-<name>`), or correct the
#     label. Bind service accounts in their own namespace alone, by a RoleBinding; in Azure assign a team's roles at
#     `<cluster>/namespaces/<namespace>`. TeamTenancy and TeamAccess do both.
#   fix: what is whose is a decision, and the components keep to it
#   since: 2025-01-01
#   deferrable: true
package rules.tenancy.own_namespace

import data.lib.finding
import data.lib.settings
import data.lib.view

applies if _team

applies if _is_binding

applies if settings.type in {_assignment, _federation}

# Where a team's object is.
violation contains finding.at(path, value, wrong, own) if {
	input.resource.kind != "Namespace"
	own := _namespace_of(_team)
	path := ["metadata", "namespace"]
	value := _namespace
	value != own
	wrong := sprintf("an object of team %q is in %s", [_team, _words(value)])
}

violation contains finding.at(path, value, wrong, own) if {
	input.resource.kind == "Namespace"
	own := _namespace_of(_team)
	path := ["metadata", "name"]
	value := view.value(path)
	value != own
	wrong := sprintf("a namespace of team %q is not the one that is its own", [_team])
}

# A team that can't be read could be anyone.
violation contains finding.at(path, value, "", "the name of the team") if {
	input.resource.provider == "kubernetes"
	path := ["metadata", "labels", "headgate.dev/team"]
	value := view.value(path)
	view.opaque(value)
}

# What the service accounts of a team may do.
violation contains finding.at(path, subject, wrong, expected) if {
	_is_binding
	some index, subject in view.value(["subjects"])
	home := _home(subject)
	_is_a_teams(home)
	not _is_in(home)
	path := ["subjects", index]
	wrong := sprintf("an identity of namespace %q is given rights in %s", [home, _reach])
	expected := sprintf("a RoleBinding in namespace %q", [home])
}

violation contains finding.at(path, subject.name, wrong, "the group of the team's people, or its service account") if {
	input.resource.kind == "RoleBinding"
	_is_a_teams(_namespace)
	some index, subject in view.value(["subjects"])
	subject.name in {"system:authenticated", "system:unauthenticated", "system:serviceaccounts"}
	path := ["subjects", index, "name"]
	wrong := sprintf("everybody is given rights in namespace %q", [_namespace])
}

violation contains finding.at(["subjects"], value, "", "subjects that are known") if {
	_is_binding
	value := view.value(["subjects"])
	view.opaque(value)
}

# Roles on what is in a cluster are assigned for one namespace.
violation contains finding.at(["scope"], scope, wrong, "<cluster>/namespaces/<namespace of the team>") if {
	settings.type == _assignment
	role := view.value(["roleDefinitionId"])
	is_string(role)
	parts := split(lower(role), "/")
	wrong := _in_clusters[parts[count(parts) - 1]]
	scope := view.value(["scope"])
	is_string(scope)
	not regex.match(`(?i)/namespaces/[a-z0-9-]+/?$`, scope)
}

# What is unknown at the preview is known at the update; what is secret there is not.
violation contains finding.at([field], value, "", sprintf("a `%s` that can be read", [field])) if {
	settings.type == _assignment
	some field in ["roleDefinitionId", "scope"]
	value := view.value([field])
	_is_never_known(value)
}

violation contains finding.at(["subject"], subject, wrong, sprintf("system:serviceaccount:team-%s:…", [team])) if {
	settings.type == _federation
	subject := view.value(["subject"])
	is_string(subject)
	home := _home({"kind": "User", "name": subject})
	some field in ["resourceName", "resourceGroupName"]
	holder := view.value([field])
	is_string(holder)
	team := regex.find_all_string_submatch_n(`-team-([a-z0-9-]+)$`, holder, 1)[0][1]
	home != _namespace_of(team)
	wrong := sprintf("a service account of namespace %q may act as the identity of team %q", [home, team])
}

violation contains finding.at([field], value, "", sprintf("a `%s` that can be read", [field])) if {
	settings.type == _federation
	some field in ["subject", "resourceName", "resourceGroupName"]
	value := view.value([field])
	_is_never_known(value)
}

_assignment := "azure-native:authorization:RoleAssignment"

_federation := "azure-native:managedidentity:FederatedIdentityCredential"

# Azure's own roles for what is in a cluster.
_in_clusters := {
	"7f6c6a51-bcf8-42ba-9220-52d62157d7db": "a reader of the cluster sees every team's namespace",
	"a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb": "a writer of the cluster writes into every team's namespace",
	"3498e952-d568-435e-9b2c-8d77e338d7f7": "an admin of the cluster has rights in every team's namespace",
	"b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b": "a cluster admin has rights in every team's namespace",
}

_is_never_known(value) if view.opaque(value) == "secret"

_is_never_known(value) if {
	view.opaque(value)
	input.phase == "apply"
}

_team := team if {
	input.resource.provider == "kubernetes"
	team := view.value(["metadata", "labels", "headgate.dev/team"])
	is_string(team)
	not team in input.parameters.tenancy.platform_teams
}

_namespace_of(team) := sprintf("team-%s", [team])

# What the API server says goes before what the object says.
_namespace := input.resource.namespace if object.get(input.resource, "namespace", "") != ""

_namespace := value if {
	object.get(input.resource, "namespace", "") == ""
	value := view.value(["metadata", "namespace"])
}

_words(value) := sprintf("namespace %q", [value]) if is_string(value)

_words(value) := "no namespace" if not is_string(value)

_is_binding if input.resource.kind in {"RoleBinding", "ClusterRoleBinding"}

# The namespace that a service account is of; the rest are people.
_home(subject) := subject.namespace if subject.kind == "ServiceAccount"

_home(subject) := parts[2] if {
	subject.kind == "User"
	is_string(subject.name)
	parts := split(subject.name, ":")
	array.slice(parts, 0, 2) == ["system", "serviceaccount"]
}

_home(subject) := parts[2] if {
	subject.kind == "Group"
	is_string(subject.name)
	parts := split(subject.name, ":")
	array.slice(parts, 0, 2) == ["system", "serviceaccounts"]
}

_is_a_teams(namespace) if {
	is_string(namespace)
	startswith(namespace, "team-")
}

_is_in(home) if {
	input.resource.kind == "RoleBinding"
	_namespace == home
}

_is_in(_) if {
	input.resource.kind == "RoleBinding"
	view.opaque(_namespace)
}

_reach := "the whole cluster" if input.resource.kind == "ClusterRoleBinding"

_reach := _words(_namespace) if input.resource.kind == "RoleBinding"

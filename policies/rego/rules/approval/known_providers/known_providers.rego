# METADATA
# scope: package
# title: Only providers that the environment names make resources
# description: |
#   Rules read what Azure and Kubernetes are asked for. A bucket of another cloud, a container of a laptop or a command of
#   a shell passes all of them, since none knows it: it is refused, unless its package is on the environment's list. So
#   is a listed name over another program: a plugin from an address of one's own, or another provider's under this name.
# custom:
#   id: HG-AP-008
#   severity: high
#   gates: [P, U]
#   scope: object
#   operations: [create, update, replace, same, read, unknown]
#   controls:
#     - ISO/IEC 27001:2022 A.8.32
#     - ISO/IEC 27001:2022 A.5.19
#   remediation: |
#     Make it of azure-native or kubernetes, by a component of this project. A provider that is really needed gets rules
#     first, and then its package is added to `approval.providers` in `policies/parameters/`, by whoever owns those.
#   fix: what else makes this resource is for whoever writes the program to say
#   since: 2025-01-01
#   deferrable: false
package rules.approval.known_providers

import data.lib.approval
import data.lib.finding
import data.lib.view

# An object of a manifest comes through no provider of Pulumi's.
applies if startswith(input.resource.id, "urn:pulumi:")

# Components too: what one is called says whose it is, and so whose children come.
violation contains finding.at([], _package, sprintf("it is made by %q, which no rule knows", [_package]), _listed) if {
	applies
	not _package in _providers
}

_listed := sprintf("one of %s", [concat(", ", sort(_providers))])

# This one setting alone: the whole policy of a stack would be put together anew for each of its resources.
_providers := object.get(input.parameters.approval, ["stacks", approval.stack, "providers"], input.parameters.approval.providers)

# A provider is a resource of its own, and what it is a provider of says its type.
_package := trim_prefix(input.resource.type, "pulumi:providers:") if _is_provider

_package := input.resource.provider if not _is_provider

_is_provider if startswith(input.resource.type, "pulumi:providers:")

# What the engine keeps for itself among a provider's settings: where its program comes from, and which it is.
violation contains finding.at(["__internal", field], _internal(field), wrong, "the released provider of that name") if {
	applies
	_is_provider
	some field, wrong in _elsewhere
	not is_null(_internal(field))
	_internal(field) != _package
}

_elsewhere := {
	"pluginDownloadURL": "its program comes from an address that the program chose",
	"name": "another provider's program goes by this name",
	"parameterization": "what it does is what the program told another provider to be",
}

_internal(field) := view.value(["__internal", field])

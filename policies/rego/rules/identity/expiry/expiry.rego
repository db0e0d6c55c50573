# METADATA
# scope: package
# title: Keys, secrets and certificates expire, or are renewed by a policy
# description: |
#   A key that is valid for ever is valid for whoever has copied it, too. Keys of a vault are rotated by a policy or end
#   on a date, secrets end on a date, and certificates live for as long as the parameters allow at most. An end that is
#   past, or so far away that nobody will see it, is none.
# custom:
#   id: HG-ID-004
#   severity: medium
#   gates: [P, U]
#   scope: object
#   types:
#     - azure-native:keyvault:Key
#     - azure-native:keyvault:Secret
#     - kubernetes:Certificate
#   controls:
#     - ISO/IEC 27001:2022 A.5.17
#     - ISO/IEC 27001:2022 A.8.24
#   remediation: |
#     Key: `properties: {rotationPolicy: {attributes: {expiryTime: P1Y}, lifetimeActions: [{action: {type: rotate}, trigger:
#     {timeBeforeExpiry: P30D}}]}}`, or `attributes: {expires: …}`. Secret: `properties: {attributes: {expires: …}}`.
#     Certificate: `duration`. How long each may live is `identity` in `policies/parameters/`.
#   fix: for how long a key or certificate lives, and who renews it, is a decision
#   since: 2025-01-01
#   deferrable: true
package rules.identity.expiry

import data.lib.durations
import data.lib.finding
import data.lib.settings
import data.lib.view

applies if settings.type in {_key, _secret}

applies if _is_certificate

_key := "azure-native:keyvault:Key"

_secret := "azure-native:keyvault:Secret"

# Keys.

violation contains finding.at(_end, value, wrong, expected) if {
	settings.type == _key
	not _is_rotated
	not _may_be_rotated
	value := view.value(_end)
	not _ends_within(value, input.parameters.identity.key_days)
	wrong := sprintf("the key has neither a policy that rotates it nor an end, within %d days", [input.parameters.identity.key_days])
	expected := "rotationPolicy with a lifetime action of type rotate and its trigger, or attributes: {expires: …}"
}

# Whether it is rotated is not known yet.
violation contains finding.at(path, view.value(path), "", "a rotationPolicy that is known") if {
	settings.type == _key
	not _is_rotated
	not _ends_within(view.value(_end), input.parameters.identity.key_days)
	some path in _hidden
}

# Secrets.

violation contains finding.at(_end, value, wrong, "attributes: {expires: <seconds since 1970>}") if {
	settings.type == _secret
	value := view.value(_end)
	not _ends_within(value, input.parameters.identity.secret_days)
	wrong := sprintf("the secret has no end within %d days", [input.parameters.identity.secret_days])
}

# Certificates.

violation contains finding.at(["spec", "duration"], value, wrong, expected) if {
	_is_certificate
	value := view.value(["spec", "duration"])
	not _is_short(value)
	wrong := sprintf("the certificate is not known to live for %d days at most", [_certificate_days])
	expected := sprintf("duration: %dh, or less", [_certificate_days * 24])
}

_end := ["properties", "attributes", "expires"]

_ends_within(value, days) if {
	is_number(value)
	now := time.now_ns() / 1000000000
	value > now
	value <= now + (days * 86400)
}

_policy := ["properties", "rotationPolicy"]

_is_rotated if {
	some action in view.value(array.concat(_policy, ["lifetimeActions"]))
	action.action.type in {"rotate", "Rotate"}
	_rotates_in_time(action.trigger)
}

_rotates_in_time(trigger) if _is_within(trigger.timeAfterCreate, input.parameters.identity.key_days)

# Before an end, which has to be one.
_rotates_in_time(trigger) if {
	_is_within(trigger.timeBeforeExpiry, input.parameters.identity.key_days)
	_is_within(view.value(array.concat(_policy, ["attributes", "expiryTime"])), input.parameters.identity.key_days)
}

_is_within(duration, days) if {
	lasts := durations.days(duration)
	lasts > 0
	lasts <= days
}

_may_be_rotated if count(_hidden) > 0

_hidden contains place.path if {
	some place in input.resource.opaque
	array.slice(place.path, 0, 2) == _policy
}

_is_certificate if {
	trim_suffix(input.resource.kind, "Patch") == "Certificate"

	# A group that can't be told may be this one.
	object.get(input.resource, "group", "cert-manager.io") == "cert-manager.io"
}

_certificate_days := input.parameters.identity.certificate_days

# cert-manager's own default is 90 days; it renews at two thirds of whatever it is.
_is_short(null) if _certificate_days >= 90

_is_short(value) if {
	lasts := durations.seconds(value)
	lasts > 0
	lasts <= _certificate_days * 86400
}

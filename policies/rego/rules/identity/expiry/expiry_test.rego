package rules.identity.expiry_test

import data.rules.identity.expiry

_now := 1767225600

_day := 86400

_found_with(resource, opaque, days) := {[violation.details.property, violation.msg] |
	some violation in expiry.violation with input as {
		"resource": object.union({"opaque": opaque, "type": "k"}, resource),
		"parameters": {"identity": {"key_days": 365, "secret_days": 180, "certificate_days": days}},
	}
		with time.now_ns as _now * 1000000000
}

_found(resource, opaque) := _found_with(resource, opaque, 90)

_key(properties) := {"type": "azure-native:keyvault/v20230701:Key", "properties": {"properties": properties}}

_secret(properties) := {"type": "azure-native:keyvault:Secret", "properties": {"properties": properties}}

_certificate(duration) := {
	"kind": "Certificate", "group": "cert-manager.io", "properties": {"spec": {"duration": duration}},
}

_rotated(expiry_time, actions) := {"rotationPolicy": {
	"attributes": {"expiryTime": expiry_time},
	"lifetimeActions": actions,
}}

_rotate(trigger) := {"action": {"type": "rotate"}, "trigger": trigger}

_before(duration) := _rotate({"timeBeforeExpiry": duration})

_no_rotation := {["properties.attributes.expires", "the key has neither a policy that rotates it nor an end, within 365 days"]}

_no_end := {["properties.attributes.expires", "the secret has no end within 180 days"]}

_too_long := {["spec.duration", "the certificate is not known to live for 90 days at most"]}

test_what_ends_or_is_rotated_is_let_through if {
	every resource in [
		_key(_rotated("P1Y", [{"action": {"type": "notify"}}, _before("P30D")])),
		_key(_rotated("P11M5D", [{"action": {"type": "Rotate"}, "trigger": {"timeBeforeExpiry": "P1M"}}])),
		_key(_rotated(null, [_rotate({"timeAfterCreate": "P365D"})])),
		_key({"attributes": {"expires": _now + (365 * _day)}}),
		_secret({"attributes": {"expires": _now + 1}}),
		_secret({"attributes": {"expires": _now + (180 * _day)}}),
		_certificate("2160h"),
		_certificate("2159h60m0s"),
		_certificate("1s"),
		_certificate(null),
	] {
		_found(resource, []) == set()
		expiry.applies with input as {"resource": object.union({"type": "k"}, resource)}
	}
}

test_another_kind_of_certificate_is_not_judged if {
	other := object.union(_certificate("9000h"), {"group": "example.com"})
	_found(other, []) == set()
	not expiry.applies with input as {"resource": object.union({"type": "k"}, other)}
}

test_a_certificate_whose_group_is_not_known_or_that_is_a_patch_is_judged if {
	every other in [
		object.remove(_certificate("9000h"), ["group"]),
		object.union(_certificate("9000h"), {"kind": "CertificatePatch"}),
	] {
		_found(other, []) == _too_long
	}
}

test_a_key_that_nothing_rotates_and_that_does_not_end_is_refused if {
	every properties in [
		{}, "text", {"rotationPolicy": null}, {"rotationPolicy": "rotate"},
		_rotated("P1Y", "rotate"),
		_rotated("P1Y", [{"action": {"type": "notify"}, "trigger": {"timeBeforeExpiry": "P30D"}}]),
		_rotated("P1Y", [{"action": {"type": "rotate"}}]),
		_rotated("P1Y", [{"action": "rotate", "trigger": {"timeBeforeExpiry": "P30D"}}]),
		_rotated("P1Y", [_rotate({})]),
	] {
		_found(_key(properties), []) == _no_rotation
	}
}

test_a_rotation_that_never_comes_is_none if {
	every duration in [
		"P", "P0D", "", "P-1D", "P366D", "P2Y", "P99999999999999999999D", "P1Y99999M", "p30d", "P30D ", "PT1H", "P1W", 30, null,
	] {
		_found(_key(_rotated(duration, [_before("P30D")])), []) == _no_rotation
		_found(_key(_rotated("P1Y", [_before(duration)])), []) == _no_rotation
		_found(_key(_rotated("P1Y", [_rotate({"timeAfterCreate": duration})])), []) == _no_rotation
	}
}

test_an_end_that_is_past_or_out_of_sight_is_none if {
	every end in [0, -1, _now, _now + (366 * _day), 253402300799, 1e300, "1798761600", null, true, [_now + 1]] {
		_found(_key({"attributes": {"expires": end}}), []) == _no_rotation
		_found(_secret({"attributes": {"expires": end}}), []) == _no_end
	}
	_found(_secret({"attributes": {"enabled": false}}), []) == _no_end
	_found(_secret({"attributes": {"exp": _now + _day}}), []) == _no_end
}

test_a_certificate_that_lives_too_long_or_can_t_be_read_is_refused if {
	every duration in [
		"2161h", "2160h1s", "a year", 7, "", "0s", "0h0m0s", "-1h", "1.5h", "2160H", "90d", " 1h", "1h 1m", "1h1h",
		"9999999h9999999m", "99999999999999999999h", "9223372036854775808s", true, [], {},
	] {
		_found(_certificate(duration), []) == _too_long
	}
}

test_cert_manager_s_own_default_counts_where_it_is_short_enough if {
	_found_with(_certificate(null), [], 89) == {[
		"spec.duration",
		"the certificate is not known to live for 89 days at most",
	]}
}

test_what_is_unknown_or_secret_is_undetermined if {
	every why in ["unknown", "secret"] {
		every case in [
			[_secret({}), ["properties", "attributes", "expires"]],
			[_key({}), ["properties", "attributes", "expires"]],
			[_key({}), ["properties", "rotationPolicy"]],
			[_key(_rotated("P1Y", [])), ["properties", "rotationPolicy", "lifetimeActions"]],
			[_certificate(null), ["spec", "duration"]],
		] {
			property := concat(".", case[1])
			_found(case[0], [{"path": case[1], "why": why}]) == {
				[property, sprintf("%s can't be judged: the value is %s", [property, why])],
			}
		}
	}
}

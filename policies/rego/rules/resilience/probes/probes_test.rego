package rules.resilience.probes_test

import data.lib.view
import data.rules.resilience.probes

_violations(type, properties) := {violation |
	some violation in probes.violation with input as {
		"resource": {"type": type, "properties": properties, "opaque": _opaque(properties)},
		"parameters": {"resilience": {"recovery_seconds": 120}},
	}
}

_opaque(properties) := [{"path": path, "why": why} | walk(properties, [path, value]); why := view.opaque(value)]

_found(type, properties) := {violation.details.property | some violation in _violations(type, properties)}

_group := "azure-native:cdn:AFDOriginGroup"

_profile := "azure-native:trafficmanager:Profile"

_endpoint := "azure-native:trafficmanager:Endpoint"

_door(patch) := object.union(
	{
		"healthProbeSettings": {"probeIntervalInSeconds": 30, "probePath": "/ready", "probeProtocol": "Https"},
		"loadBalancingSettings": {"sampleSize": 4, "successfulSamplesRequired": 2},
	},
	patch,
)

_names(patch) := object.union(
	{
		"monitorConfig": {
			"path": "/ready", "protocol": "HTTPS", "intervalInSeconds": 10, "timeoutInSeconds": 9,
			"toleratedNumberOfFailures": 0,
		},
		"dnsConfig": {"ttl": 5},
	},
	patch,
)

test_edges_alone_are_judged if {
	probes.applies with input as {"resource": {"type": _group}}
	not probes.applies with input as {"resource": {"type": "azure-native:cdn:Profile"}}
}

test_probes_within_the_objective_are_let_through if {
	_found(_group, _door({})) == set()
	_found(_profile, _names({})) == set()
	_found(_endpoint, {}) == set()
	_found(_endpoint, {"alwaysServe": "Disabled"}) == set()
}

test_an_edge_that_asks_nobody_is_refused if {
	_found(_group, _door({"healthProbeSettings": null})) == {"healthProbeSettings"}
	_found(_profile, _names({"monitorConfig": {"path": null, "protocol": "TCP"}})) == {"monitorConfig.path"}
	_found(_endpoint, {"alwaysServe": "Enabled"}) == {"alwaysServe"}
}

test_slow_probes_are_refused_with_the_arithmetic if {
	{[violation.msg, violation.details.expected] |
		some violation in _violations(_group, _door({"healthProbeSettings": {"probeIntervalInSeconds": 240}}))
	} == {["a region that is down is noticed after 720 s (3 probes, one each 240 s)", "probeIntervalInSeconds: 40"]}
	{violation.msg |
		some violation in _violations(_profile, _names({"monitorConfig": {"intervalInSeconds": 30, "toleratedNumberOfFailures": 3}}))
	} == {"clients leave a region that is down after 134 s (4 probes, one each 30 s, then 5 s in caches)"}
}

test_defaults_count_where_nothing_is_said if {
	{violation.msg | some violation in _violations(_group, {"healthProbeSettings": {"probePath": "/"}})} == {
		"a region that is down is noticed after 480 s (2 probes, one each 240 s)",
	}
	_found(_profile, {"monitorConfig": {"path": "/"}}) == {"monitorConfig.intervalInSeconds"}
}

test_what_is_unknown_is_undetermined if {
	every case in [
		[_group, {"healthProbeSettings": {"$unknown": true}}, "healthProbeSettings"],
		[_group, _door({"healthProbeSettings": {"probeIntervalInSeconds": {"$unknown": true}}}), "healthProbeSettings.probeIntervalInSeconds"],
		[_profile, _names({"dnsConfig": {"ttl": {"$secret": true}}}), "dnsConfig.ttl"],
		[_endpoint, {"alwaysServe": {"$unknown": true}}, "alwaysServe"],
	] {
		{[violation.details.property, violation.details.undetermined] | some violation in _violations(case[0], case[1])} == {
			[case[2], true],
		}
	}
}

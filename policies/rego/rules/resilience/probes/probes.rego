# METADATA
# scope: package
# title: Failover is driven by probes that are quick enough for the recovery objective
# description: |
#   Traffic leaves a region that is down only once a probe has noticed. How often an edge asks, and how many failures it
#   wants to see, is how long requests fail: with the default interval of Front Door that is twelve minutes.
# custom:
#   id: HG-RE-002
#   severity: high
#   gates: [P, U]
#   scope: object
#   types:
#     - azure-native:cdn:AFDOriginGroup
#     - azure-native:trafficmanager:Profile
#     - azure-native:trafficmanager:Endpoint
#   controls:
#     - ISO/IEC 27001:2022 A.5.30
#     - ISO/IEC 27001:2022 A.8.14
#   remediation: |
#     Front Door: `healthProbeSettings: {probeProtocol: Https, probeRequestType: HEAD, probePath: /v2/health/ready,
#     probeIntervalInSeconds: 30}` or less. Traffic Manager: `monitorConfig` with HTTPS, a path, an interval of 10 and no
#     tolerated failure, and a short `ttl`. The objective is `resilience.recovery_seconds` in `policies/parameters/`.
#   fix:
#     healthProbeSettings.probeIntervalInSeconds: [edge.probe_seconds]
#     monitorConfig.intervalInSeconds: [edge.probe_seconds]
#   since: 2025-01-01
#   deferrable: true
package rules.resilience.probes

import data.lib.finding
import data.lib.settings
import data.lib.view

applies if settings.type in {
	"azure-native:cdn:AFDOriginGroup",
	"azure-native:trafficmanager:Profile",
	"azure-native:trafficmanager:Endpoint",
}

_objective := input.parameters.resilience.recovery_seconds

# Front Door.

violation contains finding.at(path, value, "nothing asks the origins whether they answer", expected) if {
	settings.type == "azure-native:cdn:AFDOriginGroup"
	path := ["healthProbeSettings"]
	value := view.value(path)
	not _is_known(value)
	expected := "healthProbeSettings with a path, HTTPS and an interval"
}

violation contains finding.fixable(finding.at(path, interval, wrong, expected), quick) if {
	settings.type == "azure-native:cdn:AFDOriginGroup"
	path := ["healthProbeSettings", "probeIntervalInSeconds"]
	_is_known(view.value(["healthProbeSettings"]))
	interval := _given(path, 240)
	needed := (_given(["loadBalancingSettings", "sampleSize"], 4) - _given(["loadBalancingSettings", "successfulSamplesRequired"], 3)) + 1
	seconds := interval * needed
	seconds > _objective
	wrong := sprintf("a region that is down is noticed after %d s (%d probes, one each %d s)", [seconds, needed, interval])
	quick := floor(_objective / needed)
	expected := sprintf("probeIntervalInSeconds: %d", [quick])
}

# Traffic Manager.

violation contains finding.at(path, value, "nothing asks the endpoint's application whether it answers", expected) if {
	settings.type == "azure-native:trafficmanager:Profile"
	path := ["monitorConfig", "path"]
	value := view.value(path)
	not _is_path(value)
	expected := "monitorConfig: {protocol: HTTPS, path: /v2/health/ready}"
}

violation contains finding.fixable(finding.at(path, interval, wrong, expected), 10) if {
	settings.type == "azure-native:trafficmanager:Profile"
	path := ["monitorConfig", "intervalInSeconds"]
	interval := _given(path, 30)
	tolerated := _given(["monitorConfig", "toleratedNumberOfFailures"], 3)
	timeout := _given(["monitorConfig", "timeoutInSeconds"], 10)
	ttl := _given(["dnsConfig", "ttl"], 60)
	seconds := ((interval * (tolerated + 1)) + timeout) + ttl
	seconds > _objective
	wrong := sprintf("clients leave a region that is down after %d s (%d probes, one each %d s, then %d s in caches)", [
		seconds,
		tolerated + 1,
		interval,
		ttl,
	])
	expected := "intervalInSeconds: 10, toleratedNumberOfFailures: 0, ttl: 5"
}

violation contains finding.at(path, value, "the endpoint is served whether it answers or not", "alwaysServe: Disabled") if {
	settings.type == "azure-native:trafficmanager:Endpoint"
	path := ["alwaysServe"]
	value := view.value(path)
	not value in {"Disabled", null}
}

# What can't be judged yet.
violation contains finding.at(path, value, "the probes can't be judged", "a number that is known") if {
	some path in object.get(_numbers, settings.type, [])
	value := view.value(path)
	value != null
	not is_number(value)
	_is_known(view.value([path[0]]))
}

_is_known(value) if {
	is_object(value)
	not view.opaque(value)
}

_is_path(value) if {
	is_string(value)
	startswith(value, "/")
}

# Azure's own default, where nothing is said. What is no number has no arithmetic.
_given(path, _) := value if {
	value := view.value(path)
	is_number(value)
}

_given(path, otherwise) := otherwise if view.value(path) == null

_numbers := {
	"azure-native:cdn:AFDOriginGroup": [
		["healthProbeSettings", "probeIntervalInSeconds"],
		["loadBalancingSettings", "sampleSize"],
		["loadBalancingSettings", "successfulSamplesRequired"],
	],
	"azure-native:trafficmanager:Profile": [
		["monitorConfig", "intervalInSeconds"],
		["monitorConfig", "toleratedNumberOfFailures"],
		["monitorConfig", "timeoutInSeconds"],
		["dnsConfig", "ttl"],
	],
}

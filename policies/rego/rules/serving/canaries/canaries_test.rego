package rules.serving.canaries_test

import data.rules.serving.canaries

_rollouts := {"canary": true, "first_percent": 20, "first_seconds": 60, "failures": 3, "measured_seconds": 300}

_late := {"$unknown": true}

_labels := {"headgate.dev/model": "a", "app.kubernetes.io/name": "a"}

_given(kind, group, properties) := {
	"parameters": {"serving": {"rollouts": _rollouts}},
	"resource": {"provider": "kubernetes", "kind": kind, "group": group, "opaque": [], "properties": properties},
}

_canary := {
	"trafficRouting": {"nginx": {"stableIngress": "a"}},
	"steps": [{"setWeight": 10}, {"pause": {"duration": "300s"}}, {"setWeight": 50}, {"pause": {}}],
	"analysis": {"templates": [{"templateName": "a"}], "startingStep": 1},
}

_spec := {
	"strategy": {"canary": _canary}, "progressDeadlineAbort": true,
	"template": {"metadata": {"labels": _labels}, "spec": {"containers": [{"name": "c"}]}},
}

_rollout(spec) := _given("Rollout", "argoproj.io", {"metadata": {"labels": _labels}, "spec": spec})

_with(patch) := _rollout(object.union(object.remove(_spec, ["strategy"]), {"strategy": {"canary": object.union(_canary, patch)}}))

_metric := {
	"name": "success", "interval": "60s", "initialDelay": "1m", "successCondition": "result[0] >= 0.99", "failureLimit": 1,
	"provider": {"prometheus": {"address": "p", "query": "q"}},
}

_template(metric) := _given("AnalysisTemplate", "argoproj.io", {"spec": {"metrics": [metric]}})

_found(run) := {violation.details.property | some violation in canaries.violation with input as run}

_prefix := "spec.strategy.canary"

_undetermined(run) := {violation.details.property |
	some violation in canaries.violation with input as run
	violation.details.undetermined
}

_applies(run) if canaries.applies with input as run

test_a_canary_that_is_measured_is_let_through if {
	every run in [
		_rollout(_spec), _template(_metric),
		_with({"steps": [{"setCanaryScale": {"replicas": 1}}, {"setWeight": 0}, {"setWeight": 20}, {"pause": {"duration": 60}}]}),
		_with({"steps": [{"setWeight": 5}, {"pause": {"duration": "60"}}]}),
		_template(object.union(_metric, {"failureLimit": "3", "interval": 30, "consecutiveErrorLimit": null})),
		_given("ClusterAnalysisTemplate", "argoproj.io", {"spec": {"templates": [{"templateName": "a"}]}}),
	] {
		_found(run) == set()
		_applies(run)
	}
}

test_elsewhere_a_version_may_take_over_at_once if {
	elsewhere := {"parameters": {"serving": {"rollouts": {"canary": false}}}}
	every run in [_rollout({"strategy": {}}), _template({}), _given("Deployment", "apps", {"metadata": {"labels": _labels}})] {
		_found(object.union(run, elsewhere)) == set()
		not _applies(object.union(run, elsewhere))
	}
}

test_what_serves_no_model_is_not_judged if {
	every kind in ["Deployment", "Rollout", "Pod"] {
		not _applies(_given(kind, "apps", {"metadata": {"name": "g"}, "spec": {"template": {"spec": {"containers": []}}}}))
	}
}

test_a_model_that_is_no_rollout_is_refused if {
	every kind in ["Deployment", "DeploymentPatch", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod"] {
		_found(_given(kind, "apps", {"metadata": {"labels": _labels}})) == {"kind"}
	}
	hidden := {"spec": {"template": {"spec": {"containers": [], "volumes": [{"name": "m", "image": {"reference": "r"}}]}}}}
	_found(_given("Deployment", "apps", hidden)) == {"kind"}
}

test_what_a_controller_brings_is_judged_as_its_owner if {
	owned := {"labels": _labels, "ownerReferences": [{"kind": "Rollout", "controller": true}]}
	every kind in ["Pod", "ReplicaSet"] {
		not _applies(_given(kind, "apps", {"metadata": owned}))
	}
	_found(_given("Deployment", "apps", {"metadata": owned})) == {"kind"}
	_found(_given("Pod", "", {"metadata": object.union(owned, {"ownerReferences": [{"kind": "Rollout"}]})})) == {"kind"}
}

test_a_fallback_takes_over_from_nobody if {
	labels := {"headgate.dev/model": "a", "app.kubernetes.io/name": "a-fallback"}
	spec := {"template": {"metadata": {"labels": labels}}}
	not _applies(_given("Deployment", "apps", {"metadata": {"labels": labels}, "spec": spec}))
	own := {"template": {"metadata": {"labels": _labels}}}
	_found(_given("Deployment", "apps", {"metadata": {"labels": labels}, "spec": own})) == {"kind"}
}

test_no_canary_is_refused_with_what_to_write if {
	canaries.violation == {{
		"msg": "a new version takes over without a canary",
		"details": {
			"property": "spec.strategy.canary", "path": ["spec", "strategy", "canary"],
			"found": "nothing", "expected": "canary: {steps: […], analysis: {…}}",
		},
	}} with input as _rollout(object.union(object.remove(_spec, ["strategy"]), {"strategy": {"blueGreen": {}}}))
	_found(_rollout(object.union(object.remove(_spec, ["strategy"]), {"strategy": {"canary": "yes"}}))) == {_prefix}
}

test_steps_that_begin_with_too_much_or_too_shortly_are_refused if {
	every steps in [null, [], "10", [{"setWeight": 0}], [{"pause": {}}], ["setWeight"]] {
		concat("", [_prefix, ".steps"]) in _found(_with({"steps": steps}))
	}
	every weight in [21, 100, -1, 10.5e9, "ten", "{{ weight }}", null, true] {
		_found(_with({"steps": [{"setWeight": weight}, {"pause": {}}]})) == {concat("", [_prefix, ".steps[0].setWeight"])}
	}
	every pause in [
		{"setWeight": 100}, {"pause": null}, {"pause": {"duration": 0}}, {"pause": {"duration": "59s"}}, {"pause": {"duration": "999ms"}},
		{"pause": {"duration": -300}}, {"pause": {"duration": "{{ args.wait }}"}}, {"pause": {"duration": ""}}, {"pause": {"duration": [1]}},
	] {
		_found(_with({"steps": [{"setWeight": 10}, pause]})) == {concat("", [_prefix, ".steps[1]"])}
	}
	_found(_with({"steps": [{"setWeight": 10}]})) == {concat("", [_prefix, ".steps[1]"])}
}

test_what_is_not_measured_is_refused if {
	every templates in [null, [], "a", [{}], [{"templateName": ""}], [{"templateName": "{{ name }}"}], [null]] {
		_found(_with({"analysis": {"templates": templates}})) == {concat("", [_prefix, ".analysis.templates"])}
	}
	_found(_with({"analysis": null})) == {concat("", [_prefix, ".analysis.templates"])}
	every step in [2, 99, -1, "late"] {
		_found(_with({"analysis": {"startingStep": step}})) == {concat("", [_prefix, ".analysis.startingStep"])}
	}
	_found(_with({"analysis": {"dryRun": [{"metricName": ".*"}]}})) == {concat("", [_prefix, ".analysis.dryRun"])}
}

test_nothing_that_divides_requests_is_refused if {
	every routing in [null, {}, "nginx", []] {
		_found(_with({"trafficRouting": null})) == {concat("", [_prefix, ".trafficRouting"])}
		_found(_rollout(json.patch(_spec, [{"op": "replace", "path": "/strategy/canary/trafficRouting", "value": routing}]))) == {
			concat("", [_prefix, ".trafficRouting"]),
		}
	}
}

test_pods_that_do_not_get_ready_are_taken_back if {
	every abort in [null, false, "true"] {
		_found(_rollout(object.union(_spec, {"progressDeadlineAbort": abort}))) == {"spec.progressDeadlineAbort"}
	}
}

test_a_template_that_lets_everything_through_is_refused if {
	every metrics in [null, [], "m", {}] {
		_found(_given("AnalysisTemplate", "argoproj.io", {"spec": {"metrics": metrics}})) == {"spec.metrics"}
	}
	every patch in [{"successCondition": "true"}, {"successCondition": ""}, {"successCondition": null}, {"successCondition": "results"}] {
		_found(_template(object.union(_metric, patch))) == {"spec.metrics[0].successCondition"}
	}
	_found(_template(object.union(object.remove(_metric, ["successCondition"]), {"failureCondition": "result[0] > 1"}))) == set()
	_found(_template(object.remove(_metric, ["provider"]))) == {"spec.metrics[0].provider"}
	every limit in [-1, 4, 1000000, "4", "-1", "{{ args.limit }}", true] {
		_found(_template(object.union(_metric, {"failureLimit": limit}))) == {"spec.metrics[0].failureLimit"}
	}
	every delay in ["301s", "24h", "99999999999999999h", 301, -1, "soon", "{{ args.delay }}", ""] {
		_found(_template(object.union(_metric, {"initialDelay": delay}))) == {"spec.metrics[0].initialDelay"}
	}
	_found(_given("AnalysisTemplate", "argoproj.io", {"spec": {"metrics": [_metric], "dryRun": [{"metricName": "success"}]}})) == {"spec.dryRun"}
}

test_what_is_unknown_is_undetermined if {
	hidden := [{"path": ["spec", "strategy", "canary"], "why": "unknown"}]
	_undetermined(object.union(_rollout(_spec), {"resource": {"opaque": hidden}})) == {_prefix}
	_undetermined(_with({"steps": [{"setWeight": _late}, {"pause": {}}]})) == {concat("", [_prefix, ".steps[0].setWeight"])}
	_undetermined(object.union(_template(_metric), {"resource": {"opaque": [{"path": ["spec", "metrics"], "why": "unknown"}]}})) == {"spec.metrics"}
}

package rules.approval.explicit_names_test

import data.rules.approval.explicit_names

_run(resource, count_) := {
	"gate": "U", "phase": "apply", "facts": {}, "environment": "prod",
	"parameters": {"approval": {"count": count_}},
	"resource": object.union(
		{"id": "urn:pulumi:fraud-prod::headgate::x::scores", "name": "scores", "opaque": []},
		resource,
	),
}

_found(resource) := {violation.msg | some violation in explicit_names.violation with input as _run(resource, 2)}

_kubernetes(kind, properties) := {
	"provider": "kubernetes", "type": sprintf("kubernetes:x:%s", [kind]), "kind": kind, "group": "",
	"properties": properties,
}

_azure(properties) := {"provider": "azure-native", "type": "azure-native:storage:StorageAccount", "properties": properties}

_late(resource, path) := object.union(resource, {"opaque": [{"path": path, "why": "unknown"}]})

test_what_has_a_name_is_let_through if {
	_found(_kubernetes("ConfigMap", {"metadata": {"name": "scores"}})) == set()
	_found(_kubernetes("ConfigMap", {"metadata": {"name": "scores-v2", "annotations": {}}})) == set()
	_found(_azure({"accountName": "scoresdata", "location": "uaenorth", "tier": 1})) == set()
	explicit_names.applies with input as _run(_azure({}), 2)
}

test_a_name_that_the_engine_makes_up_is_refused if {
	kubernetes := {"the engine makes the name up"}
	_found(_kubernetes("ConfigMap", {"metadata": {"name": "scores-1a2b", "annotations": {"pulumi.com/autonamed": "true"}}})) == kubernetes
	_found(_kubernetes("ConfigMap", {"metadata": {"namespace": "a"}})) == kubernetes
	_found(_kubernetes("ConfigMap", {"metadata": {"generateName": "scores-"}})) == kubernetes
	_found(_azure({"accountName": "scores1a2b3c4d"})) == {"the engine made the name up"}
}

test_what_is_not_an_object_with_a_name_is_for_other_rules if {
	_found(_kubernetes("ConfigMap", {})) == set()
	_found(_late(_kubernetes("ConfigMap", {"metadata": {"$unknown": true}}), ["metadata"])) == set()
}

test_image_and_exposure_are_known_when_the_plan_is_made if {
	pod := _kubernetes("Pod", {"metadata": {"name": "a"}, "spec": {"containers": [{"image": {"$unknown": true}}]}})
	_found(_late(pod, ["spec", "containers", 0, "image"])) == {"spec.containers[0].image can't be judged: the value is unknown"}
	service := _kubernetes("Service", {"metadata": {"name": "a"}, "spec": {"type": {"$unknown": true}}})
	_found(_late(service, ["spec", "type"])) == {"spec.type can't be judged: the value is unknown"}
	account := _azure({"publicNetworkAccess": {"$unknown": true}})
	_found(_late(account, ["publicNetworkAccess"])) == {"publicNetworkAccess can't be judged: the value is unknown"}
	_found(_late(_azure({"roleDefinitionId": {"$unknown": true}}), ["roleDefinitionId"])) == set()
}

test_elsewhere_names_may_be_made_up if {
	resource := _azure({"accountName": "scores1a2b3c4d"})
	not explicit_names.applies with input as _run(resource, 0)
	not explicit_names.applies with input as _run(object.union(resource, {"provider": "random"}), 2)
	not explicit_names.applies with input as _run(object.union(resource, {"id": "v1/ConfigMap/a"}), 2)
	set() == {violation | some violation in explicit_names.violation with input as _run(resource, 0)}
}

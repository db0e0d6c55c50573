package rules.serving.model_entry_test

import data.rules.serving.model_entry

_digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

_volume := {"name": "model", "image": {"reference": concat("@", ["r.example.com/models/a", _digest])}}

_mount := {"name": "model", "mountPath": "/models/a"}

_pod := {"volumes": [_volume], "containers": [{"name": "c", "args": ["--model=a", "--model-path=/models/a"]}]}

_given(kind, labels, pod) := {
	"parameters": {"serving": {"initialisers": ["r.example.com/runtimes/verify"]}},
	"resource": {
		"provider": "kubernetes", "kind": kind, "group": "apps", "opaque": [],
		"properties": {"metadata": {"labels": labels}, "spec": {"template": {"spec": pod}}},
	},
}

_model := {"headgate.dev/model": "a"}

_found(patch) := {violation.details.property |
	some violation in model_entry.violation with input as _given("Deployment", _model, object.union(_pod, patch))
}

_told(container) := _found({"containers": [container]})

test_a_model_in_an_image_volume_is_let_through if {
	_found({}) == set()
	model_entry.applies with input as _given("Deployment", _model, _pod)
	every group in ["", "networking.k8s.io"] {
		other := {"provider": "kubernetes", "kind": "X", "group": group, "opaque": [], "properties": {"storageUri": "s3://m"}}
		not model_entry.applies with input as {"resource": other}
	}
}

test_what_serves_no_model_may_have_any_volume_but_fetch_none if {
	pod := {"volumes": [{"persistentVolumeClaim": {}}], "containers": [{"name": "c"}]}
	model_entry.violation == set() with input as _given("Deployment", {}, pod)
	model_entry.violation == set() with input as _given("CronJob", _model, pod)
	owned := {"resource": {"kind": "Pod", "properties": {"metadata": {"ownerReferences": [{"kind": "Job"}]}, "spec": pod}}}
	model_entry.violation == set() with input as object.union(_given("Pod", _model, pod), owned)
	fetching := {"containers": [{"args": ["--model=s3://models/a"]}]}
	count(model_entry.violation) == 1 with input as _given("Deployment", {}, fetching)
}

test_a_model_that_is_named_by_an_address_is_refused if {
	every argument in ["--model=s3://m/a", "--model-uri=https://m/a", "--model=acme/llama-7b", "MODEL_ID=hf://acme/a", "--storage-uri=pvc://a"] {
		_told({"args": [argument]}) == {"spec.template.spec.containers[0].args[0]"}
	}
	_told({"command": ["serve", "--model", "models:/a/1"]}) == {"spec.template.spec.containers[0].command[2]"}
	every name in ["STORAGE_URI", "MODEL_ID", "HF_MODEL_NAME", "model-path"] {
		_told({"env": [{"name": name, "value": "abfss://m@a.dfs.core.windows.net/a"}]}) == {
			"spec.template.spec.containers[0].env[0].value",
		}
	}
	_told({"env": [{"name": "MODEL_ID", "value": {"$secret": true}}]}) == {"spec.template.spec.containers[0].env[0].value"}
}

test_what_is_no_model_or_no_address_is_let_through if {
	every argument in ["--source=abfss://d@a/in", "--model=a", "--model-path=file:///m", "--verbose", "--models-per-pod=3"] {
		_told({"args": [argument]}) == set()
	}
	_told({"env": [{"name": "LOG", "value": "https://l"}, {"name": "MODEL_NAME", "valueFrom": {}}]}) == set()
}

_first(image) := {
	"containers": [{"name": "c", "volumeMounts": [_mount]}],
	"initContainers": [{"name": "i", "image": image, "volumeMounts": [_mount]}],
}

test_what_runs_first_and_writes_the_model_is_refused_unless_it_verifies if {
	_found(_first("docker.io/fetch")) == {"spec.template.spec.initContainers[0].image"}
	_found(_first("r.example.com/runtimes/verify:1")) == {"spec.template.spec.initContainers[0].image"}
	verifying := concat("@", ["r.example.com/runtimes/verify", _digest])
	_found(_first(verifying)) == set()
	_found(object.union(_first(verifying), {"volumes": [{"name": "model", "emptyDir": {}}]})) == set()
	reading := {"name": "model", "mountPath": "/m", "readOnly": true}
	_found(object.union(_first("x"), {"initContainers": [{"name": "i", "image": "x", "volumeMounts": [reading]}]})) == set()
}

test_a_volume_that_others_fill_is_refused if {
	every kind in ["persistentVolumeClaim", "hostPath", "nfs", "csi", "azureFile"] {
		_found({"volumes": [_volume, {"name": "v", kind: {}}]}) == {sprintf("spec.template.spec.volumes[1].%s", [kind])}
	}
	_found({"volumes": [_volume, {"name": "v", "csi": {"driver": "secrets-store.csi.k8s.io"}}]}) == set()
}

test_a_model_that_is_in_no_volume_is_refused if {
	_found({"volumes": [{"name": "scratch", "emptyDir": {}}]}) == {"spec.template.spec.volumes"}
	model_entry.violation == set() with input as _given("ReplicaSet", _model, {"containers": [{"name": "c"}]})
}

test_volumes_that_can_not_be_read_are_refused if {
	_found({"volumes": {"$unknown": true}}) == {"spec.template.spec.volumes"}
}

_inference(uri) := {"resource": {
	"provider": "kubernetes", "kind": "InferenceService", "group": "serving.kserve.io", "opaque": [],
	"properties": {"spec": {"predictor": {"model": {"storageUri": uri}}}},
}}

test_an_inference_service_names_an_image_by_digest if {
	model_entry.violation == set() with input as _inference(concat("@", ["oci://r.example.com/a", _digest]))
	model_entry.applies with input as _inference("x")
	every uri in ["s3://m/a", "oci://r.example.com/a:1", {"$unknown": true}] {
		count(model_entry.violation) == 1 with input as _inference(uri)
	}
}

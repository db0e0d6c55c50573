package lib.admitted_test

import data.lib.admitted

_digest := "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

_old := sprintf("r.azurecr.io/models/fraud/old@%s", [_digest])

_new := sprintf("r.azurecr.io/models/fraud/new@%s", [_digest])

_pod(reference) := {
	"metadata": {
		"name": "score", "annotations": {"note": _new},
		"ownerReferences": [{"kind": "ReplicaSet", "name": "score", "controller": true}],
	},
	"spec": {"containers": [], "volumes": [{"image": {"reference": reference}}]},
}

_request := {
	"uid": "1",
	"kind": {"group": "", "version": "v1", "kind": "Pod"},
	"namespace": "fraud",
	"name": "score",
	"operation": "CREATE",
	"userInfo": {"username": "system:serviceaccount:kube-system:replicaset-controller"},
	"object": _pod(_new),
	"oldObject": null,
}

_found(patch) := references if {
	references := admitted.references with input as {"request": object.union(_request, patch)}
}

test_what_kubernetes_makes_of_a_template_was_judged_with_it if {
	_found({}) == {_new}
	every name in ["job", "statefulset", "daemon-set", "deployment", "cronjob", "replication"] {
		user := sprintf("system:serviceaccount:kube-system:%s-controller", [name])
		_found({"userInfo": {"username": user}}) == {_new}
	}
}

test_anybody_else_asks_for_something_new if {
	every user in [
		"deployer",
		"replicaset-controller",
		"system:serviceaccount:fraud:replicaset-controller",
		"system:serviceaccount:argo-rollouts:argo-rollouts",
	] {
		_found({"userInfo": {"username": user}}) == set()
	}
}

test_what_has_no_owner_was_made_of_no_template if {
	bare := {"metadata": {"name": "score", "ownerReferences": [{"kind": "ReplicaSet", "controller": false}]}}
	_found({"object": object.union(_pod(_new), bare)}) == set()
}

test_what_stands_there_was_judged_when_it_came if {
	user := {"operation": "UPDATE", "userInfo": {"username": "deployer"}}
	_found(object.union(user, {"oldObject": _pod(_old)})) == {_old}

	# What was written where nobody runs it was not: it would be a way in.
	not _new in _found(object.union(user, {"oldObject": _pod(_old)}))
	_found(object.union(user, {"oldObject": null})) == set()
}

package rules.serving.running_sessions_test

import data.rules.serving.running_sessions

_run(namespace, subresource) := {
	"parameters": {"audit": {"gate": {"exempt": ["kube-system", "headgate-gate"]}}},
	"resource": {
		"kind": "PodExecOptions", "namespace": namespace, "subresource": subresource, "operation": "connect",
		"opaque": [], "properties": {"command": ["sh"]},
	},
}

_found(run) := {violation.msg | some violation in running_sessions.violation with input as run}

test_a_session_in_what_runs_is_refused if {
	running_sessions.applies with input as _run("team-fraud", "exec")
	_found(_run("team-fraud", "exec")) == {"a session (exec) in what runs, past what was judged when it came"}
	_found(_run("team-fraud", "")) == {"a session (PodExecOptions) in what runs, past what was judged when it came"}
}

test_a_session_in_a_node_is_one_in_all_that_it_runs if {
	_found(_run("", "proxy")) == {"a session (proxy) in what runs, past what was judged when it came"}
}

test_the_clusters_own_namespaces_are_held_by_rights if {
	not running_sessions.applies with input as _run("kube-system", "exec")
	_found(_run("headgate-gate", "exec")) == set()
}

test_what_is_written_is_no_session if {
	written := object.union(_run("team-fraud", "exec"), {"resource": {"operation": "create"}})
	_found(written) == set()
}

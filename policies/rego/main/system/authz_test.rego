package system.authz_test

import data.system.authz

_token := "token"

_ask(method, path, gate) := allowed if {
	allowed := authz.allow with input as {"method": method, "path": path, "identity": _token}
		with data.gate as gate
		with data.token_sha256 as crypto.sha256(_token)
}

test_a_cluster_may_post_reviews_and_read_health_and_metrics if {
	_ask("POST", [""], "A")
	_ask("POST", [], "A")
	_ask("GET", ["health"], "A")
	_ask("GET", ["health", "ready"], "A")
	_ask("GET", ["metrics"], "A")
}

test_a_cluster_may_do_nothing_else_even_with_a_token if {
	every asked in [
		["PUT", ["v1", "policies", "x"]], ["DELETE", ["v1", "policies", "x"]], ["GET", ["v1", "data"]],
		["PATCH", ["v1", "data"]], ["POST", ["v1", "data", "main", "decision"]], ["POST", ["v1", "query"]],
		["GET", [""]], ["PUT", [""]], ["GET", ["health", "live"]], ["GET", ["health", "ready", "x"]],
	] {
		not _ask(asked[0], asked[1], "A")
	}
}

test_the_token_of_the_run_may_ask_for_the_decision_alone if {
	_ask("POST", ["v1", "data", "main", "decision"], "local")
	_ask("POST", ["v1", "data", "main", "again"], "local")
	not _ask("POST", ["v1", "data", "main", "errors"], "local")
	not _ask("POST", ["v1", "data", "system"], "local")
	not _ask("PUT", ["v1", "policies", "x"], "local")
	not _ask("POST", [""], "local")
}

test_another_token_or_none_may_not if {
	question := {"method": "POST", "path": ["v1", "data", "main", "decision"]}
	every asked in [question, object.union(question, {"identity": "guess"}), object.union(question, {"identity": ""})] {
		not authz.allow with input as asked
			with data.gate as "local"
			with data.token_sha256 as crypto.sha256(_token)
	}
	not authz.allow with input as object.union(question, {"identity": ""})
		with data.gate as "local"
		with data.token_sha256 as ""
}

test_where_nothing_is_configured_nobody_may if {
	not authz.allow with input as {"method": "POST", "path": [""]}
}

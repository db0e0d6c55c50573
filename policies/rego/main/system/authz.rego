# METADATA
# title: Who may ask the gate's OPA what
# description: |
#   The API server can't authenticate itself to a webhook without a kubeconfig of its own, so an admission review may be
#   posted by anyone who reaches the port, and health and metrics be read; everything else, above all changing the rules,
#   needs the token of the run, and where there is none nobody may.
# scope: package
package system.authz

default allow := false

allow if {
	input.method == "POST"
	input.path in [[""], []]
	data.gate == "A"
}

allow if {
	input.method == "GET"
	input.path in [["health"], ["health", "ready"]]
}

allow if {
	input.method == "GET"
	input.path == ["metrics"]
	data.gate == "A"
}

# Our own evaluator's server: one token, asked for a decision only.
allow if {
	data.gate == "local"
	count(data.token_sha256) == 64
	crypto.sha256(input.identity) == data.token_sha256
	input.method == "POST"
	input.path in [["v1", "data", "main", "decision"], ["v1", "data", "main", "again"]]
}

package lib.approval_test

import data.lib.approval

_now := time.parse_rfc3339_ns("2026-03-02T12:00:00Z")

# The same moment as claims have it: in seconds.
seconds := 1772452800

_private := {
	"amina": {
		"kty": "OKP", "crv": "Ed25519",
		"x": "KI8dyFZ37KjX5VWnQ7_6innGjDO38n-5QTFDMVh4nic", "d": "YW1pbmFhbWluYWFtaW5hYW1pbmFhbWluYWFtaW5hYW0",
	},
	"badr": {
		"kty": "OKP", "crv": "Ed25519",
		"x": "nY97khbfkzG23Elsuuje_i0mWpS85XBegOgXFyz0Bsg", "d": "YmFkcmJhZHJiYWRyYmFkcmJhZHJiYWRyYmFkcmJhZHI",
	},
	"cyrus": {
		"kty": "EC", "crv": "P-256",
		"x": "PteijsZI7c5dW34lL2sqr7tEg1EUoks8qo9xD2SZO8I", "y": "VxGjTNySKQgLY58Jl3_rfKkezOFkm_6orYXHKyBq3n4",
		"d": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAq1SpjOsfCtI",
	},
}

_public(name) := json.marshal(object.remove(_private[name], ["d"]))

_entry(name, roles) := {
	"kid": sprintf("%s+1", [name]),
	"jwk": _public(name),
	"name": name,
	"person": name,
	"names": [name, sprintf("%s@example.com", [name])],
	"roles": roles,
}

keys := [
	_entry("amina", ["security"]),
	_entry("badr", ["platform", "on-call"]),
	_entry("cyrus", ["security", "on-call"]),
]

policy := {
	"protects": true, "count": 2, "roles": ["platform", "security"], "each": ["security"], "hours": 72,
	"skew_seconds": 60, "freezes": [], "windows": [], "owners": {"count": 1, "roles": ["platform"]},
	"break_glass": {"count": 2, "roles": ["platform", "on-call", "security"], "hours": 1},
}

_claims := {
	"kind": "approval", "stack": "fraud-prod", "action": "update", "plan": "sha256:1", "tree": "git:1",
	"authors": ["dina@example.com"], "verdict": {"outcome": "pass", "bundle": "sha256:b"}, "role": "security",
	"iat": seconds, "nbf": seconds, "exp": seconds + 3600,
}

# A signature of somebody, with changes to what it says.
signed(name, changes) := signed_as(name, {}, changes)

_alg := {"amina": "EdDSA", "badr": "EdDSA", "cyrus": "ES256"}

signed_as(name, head, changes) := io.jwt.encode_sign(
	object.union({"alg": _alg[name], "kid": sprintf("%s+1", [name]), "typ": "headgate-approval+jwt"}, head),
	object.union(object.union(_claims, {"approver": name}), changes),
	_private[name],
)

amina := signed("amina", {})

badr := signed("badr", {"role": "platform"})

# What a rule sees at the stack's own resource, with signatures; and with changes to what the gate knows.
given(approvals, changes) := {
	"gate": "U", "phase": "apply", "environment": "prod",
	"parameters": {"approval": policy},
	"resource": {
		"id": "urn:pulumi:fraud-prod::headgate::pulumi:pulumi:Stack::headgate-fraud-prod",
		"type": "pulumi:pulumi:Stack", "provider": "pulumi", "name": "headgate-fraud-prod", "properties": {},
	},
	"facts": {"approval": object.union(
		{
			"now": _now, "applies": true, "stack": "fraud-prod", "action": "update", "plan": "sha256:1", "tree": "git:1",
			"authors": ["dina@example.com"], "verdict": {"outcome": "pass", "bundle": "sha256:b"},
			"keys": keys, "approvals": approvals,
		},
		changes,
	)},
}

with_policy(run, changes) := object.union(run, {"parameters": {"approval": changes}})

_problems(approvals, changes) := found if {
	judged := approval.approvals with input as given(approvals, changes)
	found := [object.get(one, "problem", "") | some one in judged]
}

_enough(approvals, changes) if approval.enough with input as given(approvals, changes)

test_two_people_with_their_roles_are_enough if {
	_enough([amina, badr], {})
	_problems([amina, badr], {}) == ["", ""]
	approval.people == {"amina", "badr"} with input as given([amina, badr], {})
	not approval.in_emergency with input as given([amina, badr], {})
}

test_a_key_on_a_curve_of_nist_counts_too if _enough([signed("cyrus", {}), badr], {})

test_one_is_not_enough_nor_are_two_without_the_role_that_has_to_be_there if {
	not _enough([amina], {})
	not _enough([], {})
	platform := object.union(policy, {"roles": ["on-call", "platform"]})
	run := given([badr, signed("cyrus", {"role": "on-call"})], {})
	not approval.enough with input as with_policy(run, platform)
	approval.enough with input as with_policy(run, object.union(platform, {"each": ["on-call", "platform"]}))
}

test_a_stack_may_ask_for_more_or_less_than_its_environment if {
	run := given([amina, badr], {})
	not approval.enough with input as with_policy(run, {"stacks": {"fraud-prod": {"count": 3}}})
	approval.enough with input as with_policy(run, {"stacks": {"other-prod": {"count": 3}}})
	not approval.is_protected with input as with_policy(run, {"stacks": {"fraud-prod": {"count": 0}}})
}

test_only_the_plan_of_a_protected_stack_is_asked_about if {
	run := given([], {})
	approval.asked with input as run
	not approval.asked with input as object.remove(run, ["facts"])
	not approval.asked with input as object.union(run, {"resource": {"type": "kubernetes:core/v1:Pod"}})
	not approval.asked with input as object.union(run, {"resource": {"id": "v1/Pod/a"}})
	not approval.asked with input as with_policy(run, {"count": 0})
}

_destroying(name, changes) := signed(name, object.union({"action": "destroy"}, changes))

test_an_approval_of_one_action_is_none_of_another if {
	of_destroy := [_destroying("amina", {}), _destroying("badr", {"role": "platform"})]
	_enough(of_destroy, {"action": "destroy"})
	not _enough([amina, badr], {"action": "destroy"})
	every action in ["update", "refresh", "import"] {
		not _enough(of_destroy, {"action": action})
	}
}

test_a_destroy_is_attacked_in_vain if {
	other := _destroying("badr", {"role": "platform"})
	every changes in [{"stack": "fraud-dev"}, {"plan": "sha256:0"}, {"tree": "git:0"}, {"exp": seconds}, {"nbf": seconds + 61}] {
		not _enough([_destroying("amina", changes), other], {"action": "destroy"})
	}
	not _enough([_destroying("amina", {}), _destroying("amina", {"exp": seconds + 7200})], {"action": "destroy"})
	not _enough([_destroying("amina", {}), other], {"action": "destroy", "authors": ["dina@example.com", "badr"]})
}

# Each attack, and the words with which it is refused.
_attacks := {
	"fraud-prod::no text": [7, "it is not signed: no JWS of three parts"],
	"no token": ["hello", "it is not signed: no JWS of three parts"],
	"no base64": ["e.e30.AAAA", "it is not signed: no JWS of three parts"],
	"no json": ["_-_-.e30.AAAA", "it is not signed: no JWS of three parts"],
	"no object": ["W10.e30.AAAA", "it is not signed: no JWS of three parts"],
	"no algorithm": ["e30.e30.AAAA", "it is not signed: no JWS of three parts"],
	"an algorithm that is no text": [_forged({"alg": 1, "kid": "amina+1"}), "it is not signed: no JWS of three parts"],
	"algorithm none": [_forged({"alg": "none", "kid": "amina+1", "typ": "x"}), "it is not signed: algorithm none"],
	"algorithm None": [_forged({"alg": "None", "kid": "amina+1", "typ": "x"}), "it is not signed: algorithm None"],
	"HS256 with the public key": [
		io.jwt.encode_sign(
			{"alg": "HS256", "kid": "amina+1", "typ": "x"}, object.union(_claims, {"approver": "amina"}),
			{"kty": "oct", "k": _private.amina.x},
		),
		"algorithm HS256 is not taken: whoever has the public key could have made it",
	],
	"a head with more": [
		signed_as("amina", {"jwk": {"kty": "OKP"}}, {}),
		"its head says more or less than algorithm, key and type",
	],
	"another type": [
		signed_as("amina", {"typ": "JWT"}, {}),
		"it is of type JWT, and an approval is of type headgate-approval+jwt",
	],
	"a type that is no text": [
		_forged({"alg": "EdDSA", "kid": "amina+1", "typ": 5}),
		"it is of type 5, and an approval is of type headgate-approval+jwt",
	],
	"an unknown key": [
		signed_as("amina", {"kid": "eve+1"}, {}),
		"the key eve+1 is in no entry of policies/approvers.yaml",
	],
	"another algorithm than the key's": [
		_forged({"alg": "ES256", "kid": "amina+1", "typ": "headgate-approval+jwt"}),
		"the key of amina signs with EdDSA, not with ES256",
	],
	"the key of another": [
		signed_as("badr", {"kid": "amina+1"}, {"approver": "amina"}),
		"the signature of amina does not fit what it says: it was changed after it was signed",
	],
	"an edited claim": [
		_edited,
		"the signature of amina does not fit what it says: it was changed after it was signed",
	],
	"no signature": [
		_forged({"alg": "EdDSA", "kid": "amina+1", "typ": "headgate-approval+jwt"}),
		"the signature of amina does not fit what it says: it was changed after it was signed",
	],
	"half of the claims": [signed("amina", {"plan": null}), "it does not say all that an approval says"],
	"times that are no numbers": [signed("amina", {"exp": "never"}), "it does not say all that an approval says"],
	"times beyond counting": [
		signed("amina", {"iat": 1000000000000000000, "nbf": 1000000000000000000, "exp": 1000000000000000001}),
		"it does not say all that an approval says",
	],
	"times before 1970": [signed("amina", {"exp": -10000000000}), "it does not say all that an approval says"],
	"parts of seconds": [signed("amina", {"iat": seconds + 61.5}), "it does not say all that an approval says"],
	"authors that are no texts": [signed("amina", {"authors": [1]}), "it does not say all that an approval says"],
	"an incident that is no text": [
		signed("badr", {"role": "on-call", "kind": "break-glass", "incident": ["INC-1"]}),
		"badr names no incident",
	],
	"another kind": [signed("amina", {"kind": "wish"}), "it does not say all that an approval says"],
	"the name of another": [signed("amina", {"approver": "badr"}), "amina signed in the name of badr"],
	"a clock ahead": [
		signed("amina", {"iat": seconds + 61, "nbf": seconds + 61}),
		"amina signed it at 2026-03-02T12:01:01Z, which is still to come: look at the clocks",
	],
	"not yet valid": [
		signed("amina", {"nbf": seconds + 61}),
		"that of amina counts only from 2026-03-02T12:01:01Z",
	],
	"expired": [signed("amina", {"exp": seconds}), "that of amina expired at 2026-03-02T12:00:00Z"],
	"for ever": [
		signed("amina", {"exp": seconds + 300000}),
		"that of amina would count for longer than 72 hours",
	],
	"replayed on another stack": [
		signed("amina", {"stack": "fraud-staging"}),
		"that of amina is for another stack: fraud-staging",
	],
	"for another action": [signed("amina", {"action": "destroy"}), "that of amina is for another action: destroy"],
	"for another tree": [
		signed("amina", {"tree": "git:0"}),
		"that of amina is for another tree of infra, components, stacks and policies: git:0",
	],
	"for another plan": [signed("amina", {"plan": "sha256:0"}), "that of amina is for another plan: sha256:0"],
	"on another verdict": [
		signed("amina", {"verdict": {"outcome": "fail"}}),
		"amina saw another verdict of the rules",
	],
	"for the change of another author": [
		signed("amina", {"authors": ["eve@example.com"]}),
		"amina did not see that it is also the work of dina@example.com",
	],
	"in a role that is not theirs": [signed("amina", {"role": "platform"}), "amina has no role platform"],
	"in a role that approves nothing": [signed("badr", {"role": "on-call"}), "role on-call approves nothing here"],
}

_unsigned := base64url.encode_no_pad(json.marshal(object.union(_claims, {"approver": "amina"})))

_forged(head) := concat(".", [base64url.encode_no_pad(json.marshal(head)), _unsigned, ""])

# The signature of a true approval under other words.
_edited := concat(".", [split(amina, ".")[0], _unsigned, split(badr, ".")[2]])

test_every_attack_is_refused_in_its_own_words if {
	every name, attack in _attacks {
		[token, words] := attack
		[name, words] == [name, _problems([token], {})[0]]
		not _enough([token, badr], {})
	}
}

test_what_is_refused_takes_nothing_from_what_counts if {
	every attack in _attacks {
		_enough([attack[0], amina, badr], {})
	}
}

test_who_wrote_the_change_does_not_approve_it if {
	every author in ["amina", "Amina@Example.com"] {
		claims := {"authors": [author]}
		_problems([signed("amina", claims), signed("badr", object.union(claims, {"role": "platform"}))], {"authors": [author]}) == [
			"amina wrote the change", "",
		]
	}
}

test_one_person_counts_once_under_all_of_their_keys if {
	second := object.union(_entry("badr", ["platform"]), {"person": "amina"})
	given_keys := {"keys": [keys[0], second]}
	_problems([amina, badr], given_keys) == ["", "it is the second of amina, who counts once"]
	_problems([amina, amina], {}) == ["", "it is the second of amina, who counts once"]
	not _enough([amina, badr], given_keys)
}

_revoked(day) := {"keys": [object.union(keys[0], {"until": day})]}

test_a_revoked_key_counts_until_its_last_day if {
	_problems([amina], _revoked("2026-03-02")) == [""]
	_problems([amina], _revoked("2026-03-01")) == ["the key of amina was good until 2026-03-01"]
}

test_clocks_may_be_a_minute_apart_but_nothing_outlives_its_end if {
	_problems([signed("amina", {"iat": seconds + 60, "nbf": seconds + 60})], {}) == [""]
	_problems([signed("amina", {"exp": seconds + 1})], {}) == [""]

	# Signed long ago to begin now: it has counted long enough.
	_problems([signed("amina", {"iat": seconds - 300000})], {}) == ["that of amina would count for longer than 72 hours"]
}

broken(name, changes) := signed(name, object.union({"kind": "break-glass", "role": "on-call", "incident": "INC-1"}, changes))

emergency := [broken("badr", {}), broken("cyrus", {})]

test_two_on_call_break_the_glass_for_one_incident if {
	_enough(emergency, {})
	approval.emergencies == {"INC-1"} with input as given(emergency, {})
	not _enough([emergency[0]], {})
	not _enough([emergency[0], broken("cyrus", {"incident": "INC-2"})], {})
	not _enough([emergency[0], amina], {})
}

test_break_glass_is_over_after_an_hour_and_needs_an_incident if {
	_problems([broken("badr", {"exp": seconds + 3601})], {}) == ["that of badr would count for longer than 1 hours"]
	_problems([broken("badr", {"iat": seconds - 3601, "nbf": seconds - 3601, "exp": seconds - 1})], {}) == [
		"that of badr expired at 2026-03-02T11:59:59Z",
	]
	_problems([broken("badr", {"incident": ""})], {}) == ["badr names no incident"]
	_problems([signed("amina", {"kind": "break-glass", "role": "security"})], {}) == ["amina names no incident"]
	_problems([broken("badr", {"plan": "sha256:0"})], {}) == ["that of badr is for another plan: sha256:0"]
}

test_the_gate_says_whether_it_is_the_update if {
	approval.applying with input as given([], {})
	not approval.applying with input as given([], {"applies": false})
}

# What a rule asks at a resource that its owners may let go.
_way(approvals, changes) := way if {
	way := approval.owners_way with input as object.union(given(approvals, {}), changes)
}

_by_owners := {"told": "the approval of this plan by 1 in a role of platform"}

test_the_owners_open_the_way_by_approving_this_very_plan if {
	_way([amina, badr], {}) == {"is_open": true}
	_way([badr], {}) == {"is_open": true}
}

test_nobody_else_opens_it if {
	_way([], {}) == _by_owners
	_way([amina], {}) == _by_owners
	_way([signed("badr", {"role": "platform", "plan": "sha256:2"})], {}) == _by_owners
	_way(emergency, {}) == _by_owners
	_way([broken("badr", {"role": "platform"}), broken("amina", {"role": "security"})], {}) == _by_owners
	approval.owners_way == _by_owners with input as object.remove(given([badr], {}), ["facts"])
}

test_there_is_none_where_nobody_is_asked if _way([amina, badr], {"parameters": {"approval": object.union(policy, {"count": 0})}}) == {}

test_a_key_that_was_stolen_counts_for_nothing if {
	stolen := {"keys": [object.union(keys[0], {"revoked": "the laptop was stolen"})]}
	_problems([amina], stolen) == ["the key of amina is revoked: the laptop was stolen"]
}

# A version's next stage is told in its own words.
_of_version := {"of": "version"}

test_an_approval_of_another_model_version_is_told_as_such if {
	told := [_problems([signed("amina", {field: "other"})], _of_version)[0] |
		some field in ["stack", "action", "plan", "tree"]
	]
	told == [
		"that of amina is for another model: other",
		"that of amina is for another step: other",
		"that of amina is for another version: other",
		"that of amina is for another place in the version's history, or other evidence: other",
	]
}

test_who_made_a_version_does_not_approve_it if {
	facts := object.union(_of_version, {"authors": ["amina"]})
	_problems([signed("amina", {"authors": ["amina"]})], facts) == ["amina made the version, or attested something of it"]
}

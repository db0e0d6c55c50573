package lib.pipeline_test

import data.lib.approval
import data.lib.approval_test as plan

# Keys for these tests alone: the issuer's, and somebody else's.
_github := {
	"kty": "RSA",
	"n": concat("", [
		"uuozoknp1lerQy4utzeUy1ppM_E3Y8NZGSuGw2aDv1OJDINKEq1Z5UVC0LS9ttB--8t0o_pBxXIqwLGN-",
		"_J_VhlZsV0-K3kn24cHdN2uaqqyRnrCBQaol1lAIRs-vO5jYVP6r5ik_W8fBgXYgzTBhCLy6z3MtX4MVU-",
		"qKqB5oxll5Cljy0KkLVImmcPdCttuiaoKc3IpVYKP5GcNxmjd5oEQSoRwbfyItdVgTawEsQdBAkP9dZRiYus7_rQisU-",
		"fmA_QFO00rLi9NLR6dNHgatGiltqyLcH7buHhYUkoy4vDjlsuE5EgEJI6NUoU7cZZcCdw09l0smUz7e9pKNvLGQ",
	]),
	"e": "AQAB",
	"d": concat("", [
		"Fv1a4_Vk4ELwsubhgpIAyGFCqsuatTfQA-dFYE_B2RzAcMxOJk1xjuBNt0dfxTZQRA6Sdl-_yrX_2asNDGXXcSLVlBnknWq9swPg",
		"8Cga_Y4otr__EKiwwErPNzM3bHwCt7QhU4s6EdziyzYZWwv4WFUHHVWA0frir_SIOM17oIp3QH0c49N0s1DB2lr5-",
		"6ikPv5yDfGvfzjxvicpi09e2LT1PsLUign3rd7yC4cDrdIRW2nRzwtkplJW-",
		"Uni-9NG6JhCa4IgI8bpNQgsELpZddDlWuaUDG8o0nIPQJM23e_IlcH58z3aDK3-0Wg7faRTlxMrS4EbAG0AN7Tiuyd9QQ",
	]),
	"p": concat("", [
		"9Z6qQXqmPDz2KjRj3xge0DhV83xknlX3j6UUXLfEDHzWZjZYvDkBsgFVzeW_5KJ98EUIBtK_S3uYDncfUR-",
		"KsPG8u1dYFksQd7KBPK_2qF-p5XtAcc5ks3qHYWj7prQ64t8MpTHiiG60o8GprBCIz-F0wHC_XET2YBTQn3BJpvk",
	]),
	"q": concat("", [
		"wtBp_pSIOPFuuenKd_YZaa5aGTky7MtllxU0tHzv4ALs09WuzYPUMG_U7zK7fOq6ePBD2zuFveaOGtv6FsHaD2_UOEtD3_h0XsI4",
		"y8YY_edeGrkzLgYBGdJLweu6MlkJOqPvZwcVlbvTtfWjQVovd_93IyyFBO87LuDTkbR_rSE",
	]),
	"dp": concat("", [
		"kO5pyi9kDeFu4-J8F_U0oWrMlNsOyDsz1Af1puwse63iGPfyjkYZEP8msVLjUzbqly80mEoc5J5uUALMcOLqxJQv6F-",
		"Ws7jhY6_qAHRYWGvyZV2_3ieKVjlzzu_SpkBtCtfQr11rLVQdtQ8eXlB3WirP6Ine8MQkmPdPTvVEEIk",
	]),
	"dq": concat("", [
		"C4og3S2bLBRRBL4uehCfzLzBJYFX3OLnb52X86D67H__20RrCE1owj29lTWiGXIl_Yft3QyXjXocrMae974f1o4_Od5rdNbYvcwv",
		"ZRKk5FVSI68Ysv80DX2Bc0ktTFIt08VmJuoqgyYPElYsh3B6I1eEjRbUAkjRbqNupNDWR0E",
	]),
	"qi": concat("", [
		"azhuL8m63NGF83G6rBr35DLVH4hW3ilck2r32w4GVY8-ZSauAE-",
		"aAn91t36YXJefbhqPlSN75bBPnkLp77zja2voMHiuiBbuT9W-DlZ0ANSDZlV-B9IyvHVmYMcMF2vLCJlBioWwZzPTW4cKlxyKI-",
		"GhEA9IMG8ZgZWhInSbpLY",
	]),
}

_other := {
	"kty": "RSA",
	"n": concat("", [
		"q0ATYo00idVnnJbI-kcGYH10wNPdMBMqETJ8oZ_ZUr_-",
		"VZfKSDfCD_UoZIfBGPQ8o4eaC2nTkiipnWxyyfddmZybC78qBzQxB2NLkPdwNNA4y9_56axWetQBYFkxFwKYQvt_NXQoW5nWZyT-",
		"doZKTedlKeY9tDh0e63I947bArHnwv0As7UgALvb76WPNgq2QU2fxfnihcVBT2wQHrr0wOh5Q0P5cYAeUmZ9KrCa1029YaQB_al8",
		"FoVy1zgqNRPgKGJkXJnsh1DD6dPA3Mfb00ZN1YaqVUmkNSOoVENd-vpsm79FYIAEHKVEO1luU72HCqu9fOTYRnOqOP0ZeAemyQ",
	]),
	"e": "AQAB",
	"d": concat("", [
		"A7XjtaLxnHrvP8lUmXeof7a4LOVqSXxg0PaTFL1t7AkU7a3YSDBNGCNruKHoYS4JklGB2PV2DBitdCfBZPbjJEzsXxjJRFaxKUPR",
		"g1aZK8vHL0OvGo0NYqPtU7UbBzCbM_hXDUVzCmkO6DU4_kByo7V7z6iZdaoze-",
		"qMDDEgNbK0BxGC6V9HniuiSpk4u_l2ZFMWrUuZDF6C7dVJ9X76PVJh-hXL39R-vKkx9F5XCBI6AqZcU-",
		"EZdKe7NupEIZSr7GIaLH6VdA34mhY2tYh2217qV4zwiFEahzWnXVD4YcJ-oDOL6Nae1cND2vtkLKd79uZ75_G8ZPhNtvaY106s8Q",
	]),
	"p": concat("", [
		"34gmlriDJUm1J_4eiBmN5FcNPCAj5wtZdhS36g1zxH-XOGmTuB32bhwuVEvLZefKeIG7cefejklwsKXmjTOk5okZG5SaVMEzoU1a",
		"_h_wr8uHaOJKNY5AJnOYm86AcdBJFxk3E8vJnL3Eu6YlafK2j5p-KmUyrjdb3nCeAcexQB8",
	]),
	"q": concat("", [
		"xB_g37nmFSKb5JPeZ4bRfH_6nrYC_aXEnnUTX_oIf4Zu8inGQcEVH8ctl6RuVDsBF0kgRiBaMUVLlnKspa_NK-kyd-",
		"hQAgZl2cRY4zvoaKJ36kZLlbkKa6vgZiC-SiRntaejk5Wy22cm6YejOQNXnwfk9Lpf5RBozKLRENr4nBc",
	]),
	"dp": concat("", [
		"WoWcevUFxxfuUN_MJXmTyKCoL20knPAvrm39fL8t3ql85895jtozbavj5yc6m24exGZlLl-",
		"j9SMwi5jjoNMFOIbUsCKhzSjga7YT3023_rkBgSwCuWV9_RRa_N3Hjk-3Ca-galfgsaT4ArXp-NndrJH3_ds1hu_MOGyK0FW6Jik",
	]),
	"dq": concat("", [
		"qdEYe1-Rs3c2GKNYjbeUqAKAVPAwgsQIDVQ-JHpw5UrXweMeAU1YJx3lgkokJda5SRpOUaotrj_cBTbh-",
		"szQEFdpFZ4XuMklY3u5o3f58q_KuRWI2OlR9ozqTkPHwJbpHcc7wcx7A7K7ZLXHRNR6B_9j5euCoOqmc5n_AGM5pJ0",
	]),
	"qi": concat("", [
		"2BY1nTo5UwG9kngUDlS5W15KoAqcXKDTfiU4zKJdOJkdF08NtTh9bsREdl7jNa6_uh9YswSWriC2y6je9x4EZFbnYHlfSNUbsLSY",
		"rWqQvEy5jxDgee9YnU38VzioRUINlbOUL2_Jky23Pqk20XprAhROMoKanbH6KzG12jRm25g",
	]),
}

_secrets := {"d", "p", "q", "dp", "dq", "qi"}

_jwk(key) := json.marshal(object.remove(key, _secrets))

_issuer := "https://token.actions.githubusercontent.com"

_checks := {
	"kid": "checks+1", "name": "checks", "person": "checks", "names": ["checks"], "roles": ["checks"],
	"issuer": _issuer, "audience": "headgate.example.com", "minutes": 60,
	"subject": "repo:example/platform:ref:refs/heads/*",
	"claims": {"workflow_ref": "example/platform/.github/workflows/approve.yml@refs/heads/main"},
	"keys": [{"kid": "K1", "jwk": _jwk(_github)}],
}

_said := {
	"iss": _issuer, "sub": "repo:example/platform:ref:refs/heads/main", "event_name": "push",
	"workflow_ref": "example/platform/.github/workflows/approve.yml@refs/heads/main",
	"iat": plan.seconds, "nbf": plan.seconds - 600, "exp": plan.seconds + 300,
}

_approval := {
	"kind": "approval", "stack": "fraud-prod", "action": "update", "plan": "sha256:1", "tree": "git:1",
	"authors": ["dina@example.com"], "verdict": {"outcome": "pass", "bundle": "sha256:b"}, "approver": "checks",
	"role": "checks", "iat": plan.seconds, "nbf": plan.seconds, "exp": plan.seconds + 7200,
}

_encoded(changes) := base64url.encode_no_pad(json.marshal(object.union(_approval, changes)))

_head := {"alg": "RS256", "kid": "K1", "typ": "JWT", "x5t": "t"}

# An approval with a token that was given for it, and changes to head, token and approval.
_given(head, said, changes) := _signed(_github, object.union(_head, head), said, changes)

_signed(key, head, said, changes) := sprintf("%s~%s", [token, _encoded(changes)]) if {
	audience := sprintf("headgate.example.com#sha256:%s", [crypto.sha256(_encoded(changes))])
	token := io.jwt.encode_sign(head, object.union(object.union(_said, {"aud": audience}), said), key)
}

_true := _given({}, {}, {})

# The same with other words behind the token.
_behind(token, changes) := sprintf("%s~%s", [split(token, "~")[0], _encoded(changes)])

# One that nobody signed, whatever it says of itself.
_unsigned(alg) := sprintf("%s.%s.~%s", [
	base64url.encode_no_pad(json.marshal(object.union(_head, {"alg": alg}))),
	split(_true, ".")[1],
	split(_true, "~")[1],
])

_policy := {"roles": ["platform", "security", "checks"], "each": ["security", "checks"]}

_run(approvals, changes) := plan.with_policy(
	plan.given(approvals, object.union({"pipelines": [_checks]}, changes)),
	_policy,
)

_problems(approvals, changes) := found if {
	judged := approval.approvals with input as _run(approvals, changes)
	found := [object.get(one, "problem", "") | some one in judged]
}

_enough(approvals, changes) if approval.enough with input as _run(approvals, changes)

test_a_pipeline_approves_in_its_role_and_counts_as_nobody if {
	_problems([_true], {}) == [""]
	_enough([plan.amina, plan.badr, _true], {})
	not _enough([plan.amina, plan.badr], {})
	not _enough([plan.amina, _true], {})
	approval.people == {"amina", "badr"} with input as _run([plan.amina, _true, plan.badr], {})
}

test_where_no_pipeline_is_known_none_counts if {
	found := approval.approvals with input as plan.given([_true], {})
	[one.problem | some one in found] == ["the pipeline checks is in no entry of policies/approvers.yaml"]
}

_malformed := "it is not signed: no token of three parts with an approval behind it"

# Each attack, and the words with which it is refused.
_attacks := {
	"no token": ["hello~e30", _malformed],
	"two approvals": [concat("~", [_true, "e30"]), _malformed],
	"an approval that is no object": [sprintf("%s~W10", [split(_true, "~")[0]]), _malformed],
	"half a byte": [sprintf("%s~e", [split(_true, "~")[0]]), _malformed],
	"a token that is no json": [sprintf("_-_-.e30.AAAA~%s", [split(_true, "~")[1]]), _malformed],
	"an unknown pipeline": [
		_given({}, {}, {"approver": "eve"}),
		"the pipeline eve is in no entry of policies/approvers.yaml",
	],
	"the name of a person": [
		_given({}, {}, {"approver": "amina"}),
		"the pipeline amina is in no entry of policies/approvers.yaml",
	],
	"algorithm none": [_unsigned("none"), "it is not signed: algorithm none"],
	"algorithm nOnE": [_unsigned("nOnE"), "it is not signed: algorithm nOnE"],
	"HS256 with the public key": [
		_signed(
			{"kty": "oct", "k": base64url.encode_no_pad(_jwk(_github))},
			object.union(_head, {"alg": "HS256"}), {}, {},
		),
		"algorithm HS256 is not taken: whoever has the public key could have made it",
	],
	"another algorithm of the same key": [
		_given({"alg": "RS512"}, {}, {}),
		sprintf("%s signs with RS256, not with RS512", [_issuer]),
	],
	"an algorithm that is no text": [_unsigned(1), sprintf("%s signs with RS256, not with 1", [_issuer])],
	"a type that is no text": [
		concat(".", [base64url.encode_no_pad(json.marshal(object.union(_head, {"typ": 5}))), split(_true, ".")[1], split(_true, ".")[2]]),
		"its type is no text",
	],
	"a key in the head": [
		_given({"jwk": {"kty": "RSA"}}, {}, {}),
		"its head says more than algorithm, key and type",
	],
	"an address of keys in the head": [
		_given({"jku": "https://eve.example.com"}, {}, {}),
		"its head says more than algorithm, key and type",
	],
	"an unknown key": [
		_given({"kid": "K9"}, {}, {}),
		sprintf("the key K9 is none of %s that policies/approvers.yaml pins", [_issuer]),
	],
	"no key": [
		_signed(_github, object.remove(_head, ["kid"]), {}, {}),
		sprintf("the key  is none of %s that policies/approvers.yaml pins", [_issuer]),
	],
	"the key of another": [
		_signed(_other, _head, {}, {}),
		sprintf("the signature of %s does not fit the token: it was changed", [_issuer]),
	],
	"no signature": [
		_unsigned("RS256"),
		sprintf("the signature of %s does not fit the token: it was changed", [_issuer]),
	],
	"another issuer": [
		_given({}, {"iss": "https://token.eve.example.com"}, {}),
		sprintf("its issuer is https://token.eve.example.com, not %s", [_issuer]),
	],
	"no issuer": [_given({}, {"iss": 1}, {}), sprintf("its issuer is , not %s", [_issuer])],
	"a token for another service": [
		_given({}, {"aud": "sts.amazonaws.com"}, {}),
		"the token was given for another service: audience sts.amazonaws.com",
	],
	"a service of a longer name": [
		_given({}, {"aud": "headgate.example.com.eve.com#sha256:0"}, {}),
		"the token was given for another service: audience headgate.example.com.eve.com#sha256:0",
	],
	"several services": [
		_given({}, {"aud": ["headgate.example.com"]}, {}),
		`the token was given for another service: audience ["headgate.example.com"]`,
	],
	"an approval that was edited": [
		_behind(_true, {"role": "security"}),
		"the token of checks was given for another approval than the one behind it",
	],
	"a token on another approval": [
		_behind(_given({}, {}, {"plan": "sha256:0"}), {}),
		"the token of checks was given for another approval than the one behind it",
	],
	"another repository": [
		_given({}, {"sub": "repo:eve/platform:ref:refs/heads/main"}, {}),
		concat("", [
			"subject repo:eve/platform:ref:refs/heads/main is not pipeline checks, ",
			"which is repo:example/platform:ref:refs/heads/*",
		]),
	],
	"a repository of a longer name": [
		_given({}, {"sub": "repo:example/platform-eve:ref:refs/heads/main"}, {}),
		concat("", [
			"subject repo:example/platform-eve:ref:refs/heads/main is not pipeline checks, ",
			"which is repo:example/platform:ref:refs/heads/*",
		]),
	],
	"a branch of more words than the pattern": [
		_given({}, {"sub": "repo:example/platform:ref:refs/heads/eve/main"}, {}),
		concat("", [
			"subject repo:example/platform:ref:refs/heads/eve/main is not pipeline checks, ",
			"which is repo:example/platform:ref:refs/heads/*",
		]),
	],
	"another workflow": [
		_given({}, {"workflow_ref": "example/platform/.github/workflows/eve.yml@refs/heads/main"}, {}),
		concat("", [
			"workflow_ref of the token is example/platform/.github/workflows/eve.yml@refs/heads/main, and of pipeline checks ",
			"it is example/platform/.github/workflows/approve.yml@refs/heads/main",
		]),
	],
	"no workflow": [
		_given({}, {"workflow_ref": null}, {}),
		concat("", [
			"workflow_ref of the token is , and of pipeline checks ",
			"it is example/platform/.github/workflows/approve.yml@refs/heads/main",
		]),
	],
	"a run for a pull request": [
		_given({}, {"event_name": "pull_request_target"}, {}),
		"it ran for a pull request: whoever opens one could have made it",
	],
	"times that are no numbers": [
		_given({}, {"exp": "never"}, {}),
		"the token does not say when it was issued, begins and ends",
	],
	"times beyond counting": [
		_given({}, {"nbf": 1000000000000000000}, {}),
		"the token does not say when it was issued, begins and ends",
	],
	"an approval of a time beyond counting": [
		_given({}, {}, {"iat": 1000000000000000000}),
		"the token does not say when it was issued, begins and ends",
	],
	"an approval without a time": [
		_given({}, {}, {"iat": null}),
		"the token does not say when it was issued, begins and ends",
	],
	"a clock ahead": [
		_given({}, {"iat": plan.seconds + 61}, {}),
		"the token was issued at 2026-03-02T12:01:01Z, which is still to come: look at the clocks",
	],
	"not yet valid": [
		_given({}, {"nbf": plan.seconds + 61}, {}),
		"the token counts only from 2026-03-02T12:01:01Z",
	],
	"expired before it was used": [
		_given({}, {"iat": plan.seconds - 400, "exp": plan.seconds - 61}, {}),
		"checks approved after its token had expired at 2026-03-02T11:58:59Z",
	],
	"an approval from before the token": [
		_given({}, {"nbf": plan.seconds - 60}, {"iat": plan.seconds - 121}),
		"checks approved before its token began at 2026-03-02T11:59:00Z",
	],
	"expired": [
		_given({}, {"iat": plan.seconds - 3600, "nbf": plan.seconds - 4200}, {}),
		"the token of checks was issued at 2026-03-02T11:00:00Z, and counts for 60 minutes",
	],
	"break-glass": [
		_given({}, {}, {"kind": "break-glass", "incident": "INC-1"}),
		"checks is a pipeline: people break the glass",
	],
	# What everybody's approval is asked, a pipeline's is too.
	"half an approval": [_given({}, {}, {"plan": null}), "it does not say all that an approval says"],
	"replayed on another stack": [
		_given({}, {}, {"stack": "fraud-staging"}),
		"that of checks is for another stack: fraud-staging",
	],
	"for another plan": [_given({}, {}, {"plan": "sha256:0"}), "that of checks is for another plan: sha256:0"],
	"an approval that expired": [
		_given({}, {}, {"exp": plan.seconds}),
		"that of checks expired at 2026-03-02T12:00:00Z",
	],
	"in a role of people": [_given({}, {}, {"role": "security"}), "checks has no role security"],
}

test_every_attack_is_refused_in_its_own_words if {
	every name, attack in _attacks {
		[token, words] := attack
		[name, words] == [name, _problems([token], {})[0]]
	}
}

test_what_is_refused_counts_for_nothing_and_takes_nothing_from_what_counts if {
	every name in ["no token", "algorithm none", "an approval that was edited", "expired"] {
		token := _attacks[name][0]
		not _enough([token, plan.amina, plan.badr], {})
		_enough([token, plan.amina, plan.badr, _true], {})
	}
}

test_a_pull_request_is_told_by_the_subject_too if {
	anything := object.union(_checks, {"subject": "repo:example/platform:*", "claims": {}})
	_problems([_given({}, {"sub": "repo:example/platform:pull_request"}, {})], {"pipelines": [anything]}) == [
		"it ran for a pull request: whoever opens one could have made it",
	]
}

_revoked(day) := {"pipelines": [object.union(_checks, {"keys": [object.union(_checks.keys[0], {"until": day})]})]}

test_a_revoked_key_counts_until_its_last_day if {
	_problems([_true], _revoked("2026-03-02")) == [""]
	_problems([_true], _revoked("2026-03-01")) == [sprintf("the key K1 of %s was good until 2026-03-01", [_issuer])]
}

test_clocks_may_be_a_minute_apart if {
	_problems([_given({}, {"iat": plan.seconds + 60, "nbf": plan.seconds + 60}, {})], {}) == [""]
	_problems([_given({}, {"iat": plan.seconds - 400, "exp": plan.seconds - 60}, {})], {}) == [""]
	_problems([_given({}, {"iat": plan.seconds - 3599, "nbf": plan.seconds - 4200}, {})], {}) == [""]
}

test_a_pipeline_approves_once if {
	second := _given({}, {"iat": plan.seconds - 1}, {})
	_problems([_true, second], {}) == ["", "it is the second of checks, who counts once"]
}

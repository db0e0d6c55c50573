# METADATA
# title: Approvals of a plan, or of a model version's next stage
# description: |
#   Which of the signatures that a gate was given count for what is at hand, and why the others do not. Signatures are
#   verified here and nowhere else. What the gate knows comes as `input.facts.approval`: the time, the plan's digest, the
#   tree, the authors, the verdict of the other rules, the signatures, and keys and pipelines of `policies/approvers.yaml`.
#   Judges nothing: rules ask.
# scope: package
# schemas:
#   - input: schema.rule_input
package lib.approval

import data.lib.pipeline

facts := input.facts.approval

stack := split(trim_prefix(input.resource.id, "urn:pulumi:"), "::")[0]

# What this stack asks for: its environment's policy, and over that its own.
policy := object.union(
	object.remove(input.parameters.approval, ["stacks"]),
	object.get(input.parameters.approval, ["stacks", stack], {}),
)

is_protected if {
	startswith(input.resource.id, "urn:pulumi:")
	policy.count > 0
}

# The stack's own resource comes before all others: what is refused there is refused before anything is touched.
is_root if input.resource.type == "pulumi:pulumi:Stack"

# The plan of a protected stack is judged once there is one. A pull request has none yet.
asked if {
	is_root
	is_protected
	facts.plan
}

default applying := false

# Whether this is the update itself, or the check right before it.
applying if facts.applies == true

default enough := false

enough if {
	count(people) >= policy.count
	every role in policy.each {
		role in {one.role | some one in _counting}
	}
}

enough if in_emergency

# Who approved, once each. A pipeline has a role, and is nobody: whoever starts it would count twice.
people := {one.person | some one in _counting; not one.is_pipeline}

# The way for what only its owners let go: open, or what it takes, or none.
default owners_way := {}

owners_way := {"is_open": true} if _is_owned

owners_way := {"told": told_way} if {
	is_protected
	not _is_owned
	told_way := sprintf("the approval of this plan by %d in a role of %s", [policy.owners.count, concat(", ", policy.owners.roles)])
}

# They are among who approved this very plan. No emergency stands in for them.
_is_owned if {
	is_protected
	facts.plan
	count({one.person | some one in _counting; not one.is_pipeline; one.role in policy.owners.roles}) >= policy.owners.count
}

_counting := [one | some one in approvals; one.kind == "approval"; not one.problem]

# Break-glass lifts count, roles and windows: never the plan's digest, and never a rule.
in_emergency if count(emergencies) > 0

emergencies contains incident if {
	some incident in {one.incident | some one in breaking}
	who := {one.person | some one in breaking; one.incident == incident}
	count(who) >= policy.break_glass.count
}

breaking := [one | some one in approvals; one.kind == "break-glass"; not one.problem]

# Every signature in the order in which the gate gave it: its kind, who it is by, and a problem if it has one.
approvals := [approval |
	some index, token in facts.approvals
	approval := object.union(_read(token), _problem_of(index, token))
]

_read(token) := {
	"kind": object.get(claims(token), "kind", "approval"),
	"person": person_of(token),
	"role": object.get(claims(token), "role", ""),
	"incident": object.get(claims(token), "incident", ""),
	"is_pipeline": _is_by_pipeline(token),
}

default _is_by_pipeline(_) := false

_is_by_pipeline(token) if pipeline.is_by_pipeline(token)

default person_of(_) := ""

person_of(token) := _key(token).person

_problem_of(index, token) := {"problem": problem} if problem := _problem(index, token)

_problem_of(index, token) := {} if not _problem(index, token)

_problem(_, token) := fault(token)

# The same person twice, whatever the keys: the first signature of each kind counts.
_problem(index, token) := sprintf("it is the second of %s, who counts once", [_key(token).person]) if {
	not fault(token)
	some earlier in array.slice(facts.approvals, 0, index)
	not fault(earlier)
	person_of(earlier) == person_of(token)
	claims(earlier).kind == claims(token).kind
}

# The first thing that is wrong with a signature, looked at by itself.
fault(token) := problem if problem := _not_theirs(token)

else := problem if problem := _unsaid(token)

else := problem if problem := _out_of_time(token)

else := problem if problem := _elsewhere(token)

else := problem if problem := _unentitled(token)

_not_theirs(token) := problem if {
	pipeline.is_by_pipeline(token)
	problem := pipeline.fault(token)
}

_not_theirs(token) := problem if {
	not pipeline.is_by_pipeline(token)
	problem := _unsigned(token)
}

_unsigned(token) := "it is not signed: no JWS of three parts" if not is_token(token)

else := problem if problem := _unverified(token)

is_token(token) if {
	is_string(token)
	regex.match(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$`, token)
	parts := split(token, ".")
	every part in parts {
		count(part) % 4 != 1
	}
	every part in array.slice(parts, 0, 2) {
		text := base64url.decode(part)
		json.is_valid(text)
		is_object(json.unmarshal(text))
	}
	head := json.unmarshal(base64url.decode(parts[0]))
	is_string(head.alg)
	is_string(head.kid)
}

default header(_) := {}

header(token) := json.unmarshal(base64url.decode(split(token, ".")[0])) if is_token(token)

default claims(_) := {}

claims(token) := json.unmarshal(base64url.decode(split(token, ".")[1])) if is_token(token)

claims(token) := pipeline.claims(token) if pipeline.is_token(token)

# What the same key signs for something else is no approval.
_type := "headgate-approval+jwt"

_algorithms := {"OKP": "EdDSA", "EC": "ES256"}

_key(token) := key if {
	some key in facts.keys
	key.kid == header(token).kid
}

_key(token) := pipeline.entry(token) if pipeline.is_token(token)

_unverified(token) := sprintf("it is not signed: algorithm %v", [header(token).alg]) if lower(header(token).alg) == "none"

else := sprintf("algorithm %v is not taken: whoever has the public key could have made it", [header(token).alg]) if {
	startswith(upper(header(token).alg), "HS")
}

else := "its head says more or less than algorithm, key and type" if {
	object.keys(header(token)) != {"alg", "kid", "typ"}
}

else := sprintf("it is of type %v, and an approval is of type %s", [header(token).typ, _type]) if header(token).typ != _type

else := sprintf("the key %v is in no entry of policies/approvers.yaml", [header(token).kid]) if not _key(token)

else := sprintf("the key of %s signs with %s, not with %v", [_key(token).name, _algorithm(token), header(token).alg]) if {
	header(token).alg != _algorithm(token)
}

else := sprintf("the signature of %s does not fit what it says: it was changed after it was signed", [_key(token).name]) if {
	not _verified(token)
}

else := sprintf("the key of %s is revoked: %s", [_key(token).name, _key(token).revoked]) if _key(token).revoked

else := sprintf("the key of %s was good until %s", [_key(token).name, _key(token).until]) if {
	facts.now >= time.add_date(time.parse_ns("2006-01-02", _key(token).until), 0, 0, 1)
}

_algorithm(token) := _algorithms[json.unmarshal(_key(token).jwk).kty]

_verified(token) if {
	_algorithm(token) == "EdDSA"
	io.jwt.verify_eddsa(token, _key(token).jwk)
}

_verified(token) if {
	_algorithm(token) == "ES256"
	io.jwt.verify_es256(token, _key(token).jwk)
}

_texts := {"stack", "action", "plan", "tree", "approver", "role"}

_unsaid(token) := "it does not say all that an approval says" if not _says_all(token)

else := sprintf("%s signed in the name of %s", [_key(token).name, claims(token).approver]) if {
	claims(token).approver != _key(token).name
}

_says_all(token) if {
	said := claims(token)
	every name in _texts {
		is_string(said[name])
	}
	every name in {"iat", "nbf", "exp"} {
		is_time(said[name])
	}
	said.kind in {"approval", "break-glass"}
	is_array(said.authors)
	every author in said.authors {
		is_string(author)
	}
	is_object(said.verdict)
}

# Seconds since 1970, as far as OPA can count them in nanoseconds: built-ins that fail judge nobody.
is_time(value) if {
	is_number(value)
	value >= 0
	value < 9000000000
	floor(value) == value
}

_second := 1000000000

_skew := policy.skew_seconds * _second

_hour := 3600

_out_of_time(token) := sprintf("%s signed it at %s, which is still to come: look at the clocks", [who, told(claims(token).iat)]) if {
	claims(token).iat * _second > facts.now + _skew
	who := _key(token).name
}

else := sprintf("that of %s counts only from %s", [_key(token).name, told(claims(token).nbf)]) if {
	claims(token).nbf * _second > facts.now + _skew
}

else := sprintf("that of %s expired at %s", [_key(token).name, told(claims(token).exp)]) if {
	claims(token).exp * _second <= facts.now
}

else := sprintf("that of %s would count for longer than %v hours", [_key(token).name, _hours(token)]) if {
	claims(token).exp - min([claims(token).nbf, claims(token).iat]) > _hours(token) * _hour
}

_hours(token) := policy.hours if claims(token).kind == "approval"

_hours(token) := policy.break_glass.hours if claims(token).kind == "break-glass"

told(seconds) := time.format([seconds * _second, "UTC", "2006-01-02T15:04:05Z07:00"])

# Which stack it is says its resource, whatever the gate was told.
_at_hand := object.union(facts, {"stack": stack})

# What is bound to what is approved, and what a replay elsewhere would not have: of a step of a model version, or a plan.
_bound := [
	["stack", "model"],
	["action", "step"],
	["plan", "version"],
	["tree", "place in the version's history, or other evidence"],
] if {
	_is_of_a_version
} else := [
	["stack", "stack"],
	["action", "action"],
	["tree", "tree of infra, components, stacks and policies"],
	["plan", "plan"],
]

_is_of_a_version if facts.of == "version"

_authored := "%s made the version, or attested something of it" if _is_of_a_version

else := "%s wrote the change"

_elsewhere(token) := sprintf("that of %s is for another %s: %s", [_key(token).name, named, claims(token)[field]]) if {
	[field, named] := [pair | some pair in _bound; claims(token)[pair[0]] != _at_hand[pair[0]]][0]
}

else := sprintf("%s saw another verdict of the rules", [_key(token).name]) if claims(token).verdict != facts.verdict

else := sprintf("%s did not see that it is also the work of %s", [_key(token).name, concat(", ", more)]) if {
	more := {lower(author) | some author in facts.authors} - {lower(author) | some author in claims(token).authors}
	count(more) > 0
}

_unentitled(token) := sprintf(_authored, [_key(token).person]) if {
	count({lower(name) | some name in _key(token).names} & {lower(author) | some author in facts.authors}) > 0
}

else := sprintf("%s has no role %s", [_key(token).name, claims(token).role]) if not claims(token).role in _key(token).roles

else := sprintf("role %s approves nothing here", [claims(token).role]) if not claims(token).role in _roles(token)

else := sprintf("%s names no incident", [_key(token).name]) if {
	claims(token).kind == "break-glass"
	not _names_incident(token)
}

_names_incident(token) if {
	is_string(claims(token).incident)
	regex.match(`^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$`, claims(token).incident)
}

_roles(token) := policy.roles if claims(token).kind == "approval"

_roles(token) := policy.break_glass.roles if claims(token).kind == "break-glass"

# The form of what rules say of the plan as a whole: it stands at the stack's own resource.
finding(msg, found, expected) := {"msg": msg, "details": details} if {
	details := {"property": "", "path": [], "found": found, "expected": expected}
}

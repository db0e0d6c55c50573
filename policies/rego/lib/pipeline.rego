# METADATA
# title: Approvals by pipelines
# description: |
#   What is wrong with the token that CI got for an approval. A pipeline has no key: its issuer (GitHub Actions) signs a
#   token for its run, whose audience holds the digest of the very approval, so that it is a signature of nothing else.
#   The form is `TOKEN~APPROVAL`: the token, a tilde, and the approval's claims in base64url. Issuers, their keys and
#   which run is which pipeline come with `input.facts.approval`, from `policies/approvers.yaml`; nothing is fetched.
#   Which plan the approval is for, `lib.approval` looks at, as for everybody.
# scope: package
# schemas:
#   - input: schema.rule_input
package lib.pipeline

import data.lib.approval

is_by_pipeline(token) if {
	is_string(token)
	contains(token, "~")
}

is_token(token) if {
	is_by_pipeline(token)
	regex.match(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*~[A-Za-z0-9_-]+$`, token)
	every part in regex.split(`[.~]`, token) {
		count(part) % 4 != 1
	}
	every part in [_part(token, 0), _part(token, 1), _disclosed(token)] {
		text := base64url.decode(part)
		json.is_valid(text)
		is_object(json.unmarshal(text))
	}
}

# What is approved, as the pipeline says it.
claims(token) := json.unmarshal(base64url.decode(_disclosed(token)))

# The entry of the pipeline that it says it is of.
entry(token) := found if {
	some found in approval.facts.pipelines
	found.name == claims(token).approver
}

# The first thing that is wrong with a token, looked at by itself.
fault(token) := "it is not signed: no token of three parts with an approval behind it" if not is_token(token)

else := sprintf("the pipeline %v is in no entry of policies/approvers.yaml", [_named(token)]) if {
	not entry(token)
}

else := problem if problem := _unverified(token)

else := problem if problem := _of_another(token)

else := problem if problem := _out_of_time(token)

else := sprintf("%s is a pipeline: people break the glass", [entry(token).name]) if {
	claims(token).kind == "break-glass"
}

_named(token) := object.get(claims(token), "approver", "")

_part(token, number) := split(split(token, "~")[0], ".")[number]

_disclosed(token) := split(token, "~")[1]

_head(token) := json.unmarshal(base64url.decode(_part(token, 0)))

_said(token) := json.unmarshal(base64url.decode(_part(token, 1)))

_algorithm(token) := object.get(_head(token), "alg", "")

_kid(token) := object.get(_head(token), "kid", "")

_key(token) := key if {
	some key in entry(token).keys
	key.kid == _kid(token)
}

_unverified(token) := sprintf("it is not signed: algorithm %v", [_algorithm(token)]) if {
	lower(sprintf("%v", [_algorithm(token)])) == "none"
}

else := sprintf("algorithm %v is not taken: whoever has the public key could have made it", [_algorithm(token)]) if {
	startswith(upper(sprintf("%v", [_algorithm(token)])), "HS")
}

else := sprintf("%s signs with RS256, not with %v", [entry(token).issuer, _algorithm(token)]) if {
	_algorithm(token) != "RS256"
}

else := "its head says more than algorithm, key and type" if {
	count(object.keys(_head(token)) - {"alg", "kid", "typ", "x5t"}) > 0
}

else := "its type is no text" if not is_string(object.get(_head(token), "typ", ""))

else := sprintf("the key %v is none of %s that policies/approvers.yaml pins", [_kid(token), entry(token).issuer]) if {
	not _key(token)
}

else := sprintf("the signature of %s does not fit the token: it was changed", [entry(token).issuer]) if {
	not io.jwt.verify_rs256(split(token, "~")[0], _key(token).jwk)
}

else := sprintf("the key %v of %s was good until %s", [_kid(token), entry(token).issuer, _key(token).until]) if {
	approval.facts.now >= time.add_date(time.parse_ns("2006-01-02", _key(token).until), 0, 0, 1)
}

_audience(token) := sprintf("%s#sha256:%s", [entry(token).audience, crypto.sha256(_disclosed(token))])

# The token is true: whose is it, and was it given for this?
_of_another(token) := sprintf("its issuer is %v, not %s", [_text(token, "iss"), entry(token).issuer]) if {
	_text(token, "iss") != entry(token).issuer
}

else := sprintf("the token was given for another service: audience %v", [object.get(_said(token), "aud", "")]) if {
	not startswith(_text(token, "aud"), concat("", [entry(token).audience, "#"]))
}

else := sprintf("the token of %s was given for another approval than the one behind it", [entry(token).name]) if {
	_text(token, "aud") != _audience(token)
}

else := sprintf("subject %v is not pipeline %s, which is %s", [subject, entry(token).name, entry(token).subject]) if {
	subject := _text(token, "sub")
	not glob.match(entry(token).subject, [":", "/"], subject)
}

else := sprintf("%s of the token is %v, and of pipeline %s it is %s", [name, found, entry(token).name, wanted]) if {
	[name, found, wanted] := [[name, _text(token, name), wanted] |
		some name, wanted in entry(token).claims
		not glob.match(wanted, [":", "/"], _text(token, name))
	][0]
}

else := "it ran for a pull request: whoever opens one could have made it" if _for_a_pull_request(token)

# A claim that is no text is none.
default _text(_, _) := ""

_text(token, name) := found if {
	found := _said(token)[name]
	is_string(found)
}

_for_a_pull_request(token) if endswith(_text(token, "sub"), ":pull_request")

_for_a_pull_request(token) if startswith(_text(token, "event_name"), "pull_request")

_second := 1000000000

_skew := approval.policy.skew_seconds

# A token lives for minutes, an approval until its plan is applied. So the token has to have been alive when the approval
# was made, which its audience proves, and counts for as long afterwards as the register says.
_out_of_time(token) := "the token does not say when it was issued, begins and ends" if not _says_times(token)

else := sprintf("the token was issued at %s, which is still to come: look at the clocks", [_told(token, "iat")]) if {
	_said(token).iat * _second > approval.facts.now + (_skew * _second)
}

else := sprintf("the token counts only from %s", [_told(token, "nbf")]) if {
	_said(token).nbf * _second > approval.facts.now + (_skew * _second)
}

else := sprintf("%s approved after its token had expired at %s", [entry(token).name, _told(token, "exp")]) if {
	claims(token).iat > _said(token).exp + _skew
}

else := sprintf("%s approved before its token began at %s", [entry(token).name, _told(token, "nbf")]) if {
	claims(token).iat < _said(token).nbf - _skew
}

else := sprintf("the token of %s was issued at %s, and counts for %v minutes", [name, issued, minutes]) if {
	[name, issued, minutes] := [entry(token).name, _told(token, "iat"), entry(token).minutes]
	approval.facts.now >= (_said(token).iat + (minutes * 60)) * _second
}

_says_times(token) if {
	every name in {"iat", "nbf", "exp"} {
		approval.is_time(_said(token)[name])
	}
	approval.is_time(claims(token).iat)
}

_told(token, name) := approval.told(_said(token)[name])

# METADATA
# title: Image references
# description: |
#   Takes an image or model reference apart by the grammar of the OCI distribution, strictly: what the grammar does not
#   allow (upper case in a host, userinfo, `..`, white space, Unicode look-alikes) has no parts at all, so a rule that
#   asks for a part never sees a half-understood reference.
# scope: package
package lib.reference

# The host must be written out: what comes before the first slash is one only with a dot, a port, or as `localhost`.
_host := `((?:[a-z0-9]+(?:[.-][a-z0-9]+)*\.[a-z0-9]+(?:-+[a-z0-9]+)*|localhost|[a-z0-9]+(?:[.-][a-z0-9]+)*:[0-9]{1,5})(?::[0-9]{1,5})?)`

_component := `[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`

_grammar := sprintf(
	`^(?:%s/)?(%s(?:/%s)*)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(sha256:[a-f0-9]{64}))?$`,
	[_host, _component, _component],
)

# Azure Machine Learning has no digests in its references: the mirror names each version by the digest it holds.
_azureml := `^azureml://registries/([A-Za-z0-9][A-Za-z0-9_-]{2,32})/(models|environments)/([A-Za-z0-9][A-Za-z0-9._-]*)/versions/([A-Za-z0-9._-]+)$`

# An OCI reference. `registry` is `docker.io` where none is written, as every container runtime reads it.
parse(text) := parts if {
	found := regex.find_all_string_submatch_n(_grammar, text, 1)[0]
	count(found[0]) <= 512
	not _misread_host(found[1], found[2])
	parts := {"form": "oci", "registry": _registry(found[1]), "repository": found[2], "tag": found[3], "digest": found[4]}
}

# A version in an Azure Machine Learning registry.
parse(text) := parts if {
	found := regex.find_all_string_submatch_n(_azureml, text, 1)[0]
	parts := {"form": "azureml", "registry": found[1], "repository": found[3], "tag": found[4], "digest": _version_digest(found[4])}
}

# A first component that looks like a host but is none by the grammar: runtimes would go to it, not to docker.io.
_misread_host(host, repository) if {
	host == ""
	contains(repository, "/")
	contains(split(repository, "/")[0], ".")
}

_registry(host) := "docker.io" if host == ""

_registry(host) := host if host != ""

_version_digest(version) := replace(version, "sha256-", "sha256:") if regex.match(`^sha256-[a-f0-9]{64}$`, version)

_version_digest(version) := "" if not regex.match(`^sha256-[a-f0-9]{64}$`, version)

# What is wrong with a digest that makes no reference of what is one without it. A reference that is whole has no fault.
fault(text) := words if {
	[whole, digits] := _named_by(text)
	not parse(text)
	parse(whole)
	words := _words(digits)
}

# The reference without its digest.
undigested(text) := _named_by(text)[0]

_named_by(text) := [parts[1], parts[2]] if {
	parts := regex.find_all_string_submatch_n(`^([^@]+)@(?:[A-Za-z0-9]+:)?([^@/]*)$`, text, 1)[0]
}

_words(digits) := sprintf("the digest is cut short: %d of 64 characters", [count(digits)]) if count(digits) < 64

_words(digits) := sprintf("the digest is too long: %d characters, not 64", [count(digits)]) if count(digits) > 64

_words(digits) := "the digest is none: `sha256:` and 64 digits of 0-9 and a-f" if count(digits) == 64

# METADATA
# scope: package
# title: No secret stands in plain text
# description: |
#   What is written into a program, a manifest, a tag or an environment variable is read by everybody who may read the
#   plan, the state, the pod or the log, and stays in their history. Found by form (private keys, tokens, connection
#   strings, passwords in addresses) wherever it stands, and by name in environment variables, tags, ConfigMaps and
#   annotations. A stack's outputs are no inputs: there Pulumi's own marking of secrets counts.
# custom:
#   id: HG-ID-003
#   severity: critical
#   gates: [P, U, A]
#   scope: object
#   controls:
#     - ISO/IEC 27001:2022 A.5.17
#     - ISO/IEC 27001:2022 A.8.12
#     - ISO/IEC 27001:2022 A.8.24
#   remediation: |
#     Take it back first: what was written down is known. Then let the workload use its identity; where there has to be
#     a secret, keep it in the vault and mount it, or hand it over as `pulumi.Output.secret(…)` or `secretKeyRef`.
#   fix: the secret has to be changed, and put into a vault, before its text is taken out
#   since: 2025-01-01
#   deferrable: true
package rules.identity.plain_secrets

import data.lib.finding
import data.lib.pods
import data.lib.view

applies if input.resource.kind in {"ConfigMap", "Secret"}

applies if pods.any

applies if input.resource.properties.tags

violation contains _finding(path, sprintf("%s stands here in plain text", [what])) if {
	_is_suspicious
	some [path, value] in _texts
	some what, form in _forms
	regex.match(form, value)
}

violation contains _finding(path, sprintf("%q is named as a secret, and stands here in plain text", [name])) if {
	_is_suspicious
	some [path, value] in _texts
	name := _name(path)
	regex.match(_named, name)
	not regex.match(_harmless, value)
}

# What it is must not be told on.
_finding(path, wrong) := finding.at(path, "a text that is not shown here", wrong, expected) if {
	expected := "a reference to a vault's secret, or Output.secret"
}

# In a cluster a Secret is where secrets are; in a program or a manifest it is read by all who read that.
violation contains _finding([field, key], "the content of a Secret stands here in plain text") if {
	input.resource.kind == "Secret"
	input.gate != "A"
	some field in ["data", "stringData"]
	some key, value in input.resource.properties[field]
	is_string(value)
	value != ""
}

# A Secret is judged above, and what defines a kind holds no values.
_is_elsewhere if input.resource.kind in {"Secret", "SecretList", "CustomResourceDefinition"}

# One look at the whole tells whether there is anything to look for, since most resources have nothing.
_is_suspicious if {
	not _is_elsewhere
	strings.replace_n(_words, _whole) != _whole
}

# An address with its password.
_is_suspicious if {
	not _is_elsewhere
	contains(_whole, "://")
	contains(_whole, "@")
}

_whole := lower(view.text)

# How forms begin or end, names before a text, and names of entries before whatever comes next in the entry. Looked for
# all at once: a text without any is what it was when they are taken out.
_words := {word: "" | some word in [
	"private key-----", "ls0tls1crudjti", "akia", "accountkey=", "sharedaccesskey=", "sig=",
	"ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "xox", "hf_", "eyj",
	`password":"`, `passwd":"`, `pwd":"`, `secret":"`, `token":"`, `key":"`, `credential":"`, `credentials":"`,
	`string":"`,
	`password","`, `passwd","`, `pwd","`, `secret","`, `token","`,
	`key","`, `credential","`, `credentials","`, `string","`,
]}

_texts := {[path, value] |
	walk(input.resource.properties, [path, value])
	is_string(value)
}

# The name that a value goes by: that of an entry, or the key in a map of texts.
_name(path) := name if {
	path[count(path) - 1] == "value"
	name := object.get(input.resource.properties, array.concat(array.slice(path, 0, count(path) - 1), ["name"]), null)
	is_string(name)
}

_name(path) := name if {
	count(path) > 1
	path[count(path) - 2] in _maps
	name := path[count(path) - 1]
	is_string(name)
}

_maps := {"tags", "data", "annotations", "labels", "environmentVariables", "headers"}

_forms := {
	"a private key": `-----BEGIN ([A-Z]+ )*PRIVATE KEY-----|LS0tLS1CRUdJTiB(SU0EgUFJJVkFURSBLRVkt|QUklWQVRFIEtFWS0|FQyBQUklWQVRFIEtFWS0)`,
	"an access key": `AKIA[0-9A-Z]{16}`,
	"a connection string with its key": `(AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{30,}`,
	"a signed address": `sig=[A-Za-z0-9%/+]{30,}`,
	"a token": `gh[opsur]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22}|xox[abprs]-[A-Za-z0-9-]{10}|hf_[A-Za-z0-9]{30}|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10}`,
	"an address with its password": `[a-z]://[^/\s:@"]+:[^/\s:@"$<{]+@`,
}

_named := `(?i)(^|[a-z0-9_./-])(password|passwd|pwd|secret|token|credentials?|(api|access|private|account|client|encryption)[_.-]?key|connection[_.-]?string)$`

# What a name that ends so may hold: nothing, a switch, a number, a file, or a reference.
_harmless := `(?i)^$|^(true|false|yes|no|on|off|none|null|enabled|disabled|[0-9.]+[a-zA-Z]*)$|^/|^\$[({]|^(https|http|file)://`

# METADATA
# title: What decision logs must not carry
# description: |
#   Whatever may hold a secret is taken out before a decision leaves the process: the contents of Secrets and ConfigMaps,
#   environment values, arguments, probes' headers, drivers' attributes, annotations. What the decision was about stays.
# scope: package
package system.log

mask contains sprintf("/input/request/%s/%s", [side, field]) if {
	some side in ["object", "oldObject"]
	some field in ["data", "stringData", "binaryData"]
	input.input.request[side][field]
}

mask contains sprintf("/input/request/%s/metadata/%s", [side, field]) if {
	some side in ["object", "oldObject"]
	some field in ["annotations", "managedFields"]
	input.input.request[side].metadata[field]
}

mask contains concat("/", array.concat(["/input/request", side], [sprintf("%v", [_escaped(part)]) | some part in path])) if {
	some side in ["object", "oldObject"]
	rest := _rest(input.input.request[side])
	_has_any(rest)
	walk(rest, [path, _])
	path[count(path) - 1] in _hidden
}

# What is taken out as a whole above has no parts left.
_rest(whole) := object.remove(whole, ["data", "stringData", "binaryData", "metadata"]) if is_object(whole)

_rest(whole) := whole if not is_object(whole)

# A text without the names is without the fields, and no walk through it finds one.
_has_any(whole) if {
	text := json.marshal(whole)
	strings.replace_n(_names, text) != text
}

_names := {sprintf("%q", [field]): "" | some field in _hidden}

_hidden := {"env", "args", "command", "httpHeaders", "volumeAttributes", "annotations"}

_escaped(part) := replace(replace(part, "~", "~0"), "/", "~1") if is_string(part)

_escaped(part) := part if is_number(part)

# Where there is no room any more, OPA would drop the oldest decisions, which let something through, for what is refused
# now and changes nothing. The API server's audit has that one, annotated.
drop if {
	input.result.response.allowed == false
	input.result.response.auditAnnotations.unrecorded == "full"
}

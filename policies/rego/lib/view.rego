# METADATA
# title: Resource view
# description: |
#   What every rule may ask of a resource without knowing which gate it came through, and how a place inside it is written
#   for a person. Judges nothing.
# scope: package
# schemas:
#   - input: schema.rule_input
package lib.view

# A value that Pulumi does not know yet, or that the program marked as secret, reaches rules as one of these objects.
# No string rule matches them, so a rule that reads a string must also ask `opaque`.
opaque(value) := "unknown" if value["$unknown"] == true

opaque(value) := "secret" if value["$secret"] == true

# The value at a path; null where there is none, and the marker of whatever hides it on the way.
value(path) := object.get(input.resource.properties, path, null) if _shows_all

else := _seen(path)

# Most resources hide nothing, and rules ask for many values: that is found out once.
_shows_all if count(input.resource.opaque) == 0

_seen(path) := _hiding(path)[0] if count(_hiding(path)) > 0

_seen(path) := object.get(input.resource.properties, path, null) if count(_hiding(path)) == 0

_hiding(path) := [_markers[place.why] |
	some place in input.resource.opaque
	array.slice(path, 0, count(place.path)) == place.path
]

_markers := {"unknown": {"$unknown": true}, "secret": {"$secret": true}}

# The whole of a resource as one text. That a name is nowhere in it is seen sooner than by a walk from end to end.
text := json.marshal(input.resource.properties)

# Whether no field of a resource, however deep, goes by one of the names. Where there is no text, any could.
has_no_field(names) if {
	whole := text
	every name in names {
		not contains(whole, sprintf("%q", [name]))
	}
}

# A field of any value: what is no object has none.
at(value, path) := object.get(value, path, null) if is_object(value)

else := null

# `["spec", "containers", 0, "image"]` as `spec.containers[0].image`.
property(path) := property if {
	text := json.marshal(path)
	regex.match(_plain, text)
	fields := regex.replace(text, `,"([^"]*)"`, ".$1")
	places := regex.replace(fields, `,([0-9]+)`, "[$1]")
	property := replace(trim_suffix(trim_prefix(places, "["), "]"), `"`, "")
}

else := trim_prefix(concat("", [part | some segment in path; part := _part(segment)]), ".")

# Almost all of them, written as a whole and not segment by segment: each finding has one.
_plain := `^\["[A-Za-z_$][A-Za-z0-9_$-]*"(,("[A-Za-z_$][A-Za-z0-9_$-]*"|[0-9]+))*\]$`

_part(segment) := sprintf("[%d]", [segment]) if is_number(segment)

else := concat("", [".", segment]) if regex.match("^[A-Za-z_$][A-Za-z0-9_$-]*$", segment)

else := sprintf("[%q]", [segment]) if is_string(segment)

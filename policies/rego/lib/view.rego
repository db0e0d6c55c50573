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

# `["spec", "containers", 0, "image"]` as `spec.containers[0].image`.
property(path) := trim_prefix(concat("", [part | some segment in path; part := _part(segment)]), ".")

_part(segment) := sprintf("[%d]", [segment]) if is_number(segment)

_part(segment) := sprintf(".%s", [segment]) if {
	is_string(segment)
	regex.match(`^[A-Za-z_$][A-Za-z0-9_$-]*$`, segment)
}

_part(segment) := sprintf("[%q]", [segment]) if {
	is_string(segment)
	not regex.match(`^[A-Za-z_$][A-Za-z0-9_$-]*$`, segment)
}

# METADATA
# title: The resources of a run, and how they stand to each other
# description: |
#   What rules on relations ask: which resources remain after the run, of which kind, and which of them are in the same
#   place of the same cluster. Judges nothing.
# scope: package
# schemas:
#   - input: schema.relation_input
package lib.stack

# What is there once the change is made, by its position in the run. (Comprehensions: OPA indexes them, where it would
# build rules of many values by copying.)
remaining := {index: resource |
	some index, resource in input.resources
	resource.operation != "delete"
}

# Positions by kind of Kubernetes object.
by_kind := {kind: found |
	some kind in {resource.kind | some resource in remaining}
	found := {index | some index, resource in remaining; resource.kind == kind}
}

of_kinds(kinds) := {index | some kind in kinds; some index in object.get(by_kind, kind, set())}

# Positions by Azure type.
by_type := {type: found |
	some type in {type | some type in _types}
	found := {index | some index, other in _types; other == type}
}

_types := {index: type_of(resource) |
	some index, resource in remaining
	resource.provider != "kubernetes"
}

# Azure's types are the same in every version of its API.
type_of(resource) := regex.replace(resource.type, `/v[0-9a-z]+:`, ":")

# One namespace of one cluster. Before the first deployment a namespace's name may be unknown on both sides alike.
place(resource) := [object.get(resource, "connection", ""), object.get(resource, "namespace", "")]

# The name of a Kubernetes object as it was asked for; its resource's, where that is unknown.
name_of(resource) := name if {
	name := resource.properties.metadata.name
	is_string(name)
}

name_of(resource) := resource.name if not is_string(object.get(resource.properties, ["metadata", "name"], null))

labels(value) := object.get(value, ["metadata", "labels"], {})

# The model that a workload serves, by its label or that of its pods.
serves_model(resource) if labels(resource.properties)["headgate.dev/model"]

serves_model(resource) if object.get(resource.properties, ["spec", "template", "metadata", "labels"], {})["headgate.dev/model"]

"""The Pulumi program: composes components from a stack's settings. Reads no YAML, knows no resource's details."""

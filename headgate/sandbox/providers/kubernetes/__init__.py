"""Stand-in for the `kubernetes` provider: applies each resource to a sandbox region's real API server.

Owns what Pulumi's kubernetes provider does between the engine and the API server: server-side apply, diffs, waits.
It serves the unmodified SDK; what it leaves out (Helm, YAML components, patch resources) it refuses by name.
"""

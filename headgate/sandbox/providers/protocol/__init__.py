"""The parts of Pulumi's resource provider protocol that both stand-ins share: values, diffs, errors, server.

Owns the wire; knows nothing of Kubernetes or Azure.
"""

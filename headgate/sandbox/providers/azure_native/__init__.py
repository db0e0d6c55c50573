"""Stand-in for the `azure-native` provider: the engine's gRPC on one side, Azure in miniature's socket on the other.

Owns what Pulumi's azure-native provider does between the two: checks against the SDK's types, names, differences,
state.
"""

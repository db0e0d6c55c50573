"""Stand-in Pulumi providers: `kubernetes` and `azure-native`, each a gRPC server that the engine starts.

Owns nothing itself; `protocol` holds what both speak, each provider holds what it answers.
"""

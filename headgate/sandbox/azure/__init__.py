"""Azure Resource Manager in miniature: resource ids, rules, long-running operations, faults; ARM-like HTTP on a socket.

Owns the resources of the sandbox's one subscription and what the real service would say about them. Real programs
behind them (regions, registries, the edge) are started by `counterparts`.
"""

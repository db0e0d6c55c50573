"""A region: the control plane of one managed cluster, made of real programs on loopback ports."""

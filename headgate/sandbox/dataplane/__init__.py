"""The data plane of one region: pulls models as a kubelet would, and answers inference for pods that are ready.

Simulated: the machines and containers. Real: the API server's state that it follows, the digests that it verifies,
the inference.
"""

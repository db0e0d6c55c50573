"""The receiver that starts a training run when an alert or new data asks for it: a small program inside a cluster.

Owns no model and no stage: what it starts is the pipeline's own Job, whose output is a candidate in the registry.
"""

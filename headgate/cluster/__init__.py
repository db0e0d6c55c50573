"""A running Kubernetes cluster, as somebody who may only read sees it: how to reach it, and what is in it."""

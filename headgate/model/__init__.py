"""The model registry's client: versions as OCI artifacts."""

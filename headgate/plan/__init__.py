"""Plans and manifests into one resource view: the only reader of Pulumi's and Kubernetes' raw documents."""

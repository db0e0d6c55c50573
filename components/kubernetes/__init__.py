"""Components inside a cluster. The only importer of `pulumi_kubernetes`."""

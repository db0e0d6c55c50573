"""The egress proxy of a region: what its API server and its workloads may reach, and nothing else."""

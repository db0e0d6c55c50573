"""The workload runner of a region: real local processes for the containers whose programs the sandbox knows."""

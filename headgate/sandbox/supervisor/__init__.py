"""The supervisor: one daemon per state directory that runs the sandbox's processes and regions."""

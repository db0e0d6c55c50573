"""Everything that drives the Pulumi CLI: its environment, locks, pending operations, previews and updates."""

"""Headgate: what is registered, approved and audited gets through; nothing else does."""

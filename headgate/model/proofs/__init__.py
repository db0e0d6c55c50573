"""Proofs of a model version: a signature over its files, and signed statements of what it is and where it stands.

All are referrers of the version's manifest. Whose word counts is in `signers`; nothing here believes a registry.
"""

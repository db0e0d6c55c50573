"""The keys with which a sandbox signs what its gates pull: made on this machine, and of no worth anywhere else."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from headgate.sandbox.files import write_if_changed, write_private
from headgate.sandbox.layout import StateDir


def ensure_rules_key(state: StateDir) -> tuple[Path, Path]:
    """Return the files of the private and the public key of the rules."""
    return _ensure(state.rules_key, state.rules_public_key)


def ensure_facts_key(state: StateDir) -> tuple[Path, Path]:
    """Return the files of the private and the public key of the facts: who may state them may not change a rule."""
    return _ensure(state.facts_key, state.facts_public_key)


def _ensure(private: Path, public: Path) -> tuple[Path, Path]:
    """Have a pair of keys; made once, the private one for its owner alone."""
    if not private.is_file():
        fresh = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_private(private, fresh)
    key = serialization.load_pem_private_key(private.read_bytes(), password=None)
    written = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    write_if_changed(public, written)
    return private, public

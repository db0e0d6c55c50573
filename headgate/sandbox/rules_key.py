"""The key with which a sandbox signs its rules bundle: made on this machine, and of no worth anywhere else."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from headgate.sandbox.files import write_if_changed, write_private
from headgate.sandbox.layout import StateDir


def ensure_rules_key(state: StateDir) -> tuple[Path, Path]:
    """Return the files of the private and the public key; made once, the private one for its owner alone."""
    if not state.rules_key.is_file():
        fresh = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_private(state.rules_key, fresh)
    key = serialization.load_pem_private_key(state.rules_key.read_bytes(), password=None)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    write_if_changed(state.rules_public_key, public)
    return state.rules_key, state.rules_public_key

"""The token with which the sandbox's own parts write to the audit collector."""

from __future__ import annotations

import secrets
from pathlib import Path

from headgate.sandbox.files import write_private
from headgate.sandbox.layout import StateDir


def ensure_audit_token(state: StateDir) -> Path:
    """Return the file of the token; made once, since API servers and collectors read it at their start."""
    if not state.audit_token.is_file():
        write_private(state.audit_token, secrets.token_urlsafe(32) + "\n")
    return state.audit_token

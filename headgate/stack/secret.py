"""The secrets that a stack's file may hold, encrypted by Pulumi: one name each, which the program reads them by.

Owns that a secret which the program asks for is one that the file may have: both go by this list.
"""

from __future__ import annotations

from enum import StrEnum


class Secret(StrEnum):
    """A secret of a stack, beside its settings."""

    REGISTRY_READER = "registryReader"
    DEAD_MAN_TOKEN = "deadManToken"  # noqa: S105  the name of a setting
    RETRAINING_TOKEN = "retrainingToken"  # noqa: S105
    LEDGER_SIGNING_KEY = "ledgerSigningKey"
    LEDGER_TOKEN = "ledgerToken"  # noqa: S105
    LEDGER_READ_TOKEN = "ledgerReadToken"  # noqa: S105
    LEDGER_CERTIFICATE = "ledgerCertificate"
    LEDGER_CERTIFICATE_KEY = "ledgerCertificateKey"

"""Certificates that sign models: a path to an authority that counts, for a holder that counts."""

from __future__ import annotations

import datetime
import fnmatch
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from headgate.model.proofs.fault import ProofError, Wrong
from headgate.model.proofs.keys import PublicKey
from headgate.model.proofs.signers import Authority, Signers


def holder(chain: Sequence[bytes], signers: Signers, at: datetime.datetime) -> tuple[Authority, str, PublicKey]:
    """Return the authority that vouches for a chain's first certificate, whose it is, and its key.

    The chain has to hold on the day of the signature: a certificate that ran out since is none that was misused.
    """
    try:
        first, *between = [x509.load_der_x509_certificate(each) for each in chain]
        key = PublicKey.of(first.public_key())
    except ValueError as error:
        raise ProofError(Wrong.ALGORITHM, f"a certificate that can't be used: {error}") from error
    tried: list[str] = []
    for authority in signers.authorities:
        try:
            names = _verified(first, between, authority, at)
        except VerificationError as error:
            tried.append(f"{authority.name}: {error}")
            continue
        known = [name for name in names if any(fnmatch.fnmatchcase(name, each) for each in authority.identities)]
        if known:
            return authority, known[0], key
        tried.append(f"{authority.name}: not for {', '.join(names) or 'a certificate without a name'}")
    raise ProofError(
        Wrong.FOREIGN, f"a certificate that no authority vouches for ({'; '.join(tried) or 'none is known'})"
    )


def _verified(
    first: x509.Certificate, between: list[x509.Certificate], authority: Authority, at: datetime.datetime
) -> list[str]:
    """Return the names of a certificate that the authority vouches for."""
    own = ExtensionPolicy.permit_all().require_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign)
    own = own.require_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
    builder = PolicyBuilder().store(Store(authority.roots)).time(at).max_chain_depth(4)
    builder = builder.extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=own)
    subjects = builder.build_client_verifier().verify(first, between).subjects or []
    return [str(name.value) for name in subjects if isinstance(name, x509.RFC822Name | x509.UniformResourceIdentifier)]


def _may_sign(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.digital_signature:
        raise ValueError("the certificate is not for signatures")


def encoded(certificates: Sequence[x509.Certificate]) -> list[bytes]:
    """Return certificates as bundles hold them."""
    return [each.public_bytes(Encoding.DER) for each in certificates]

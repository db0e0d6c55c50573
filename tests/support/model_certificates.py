"""Certificates for signing models, by an authority of the test."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from model_shelf import NOON

from headgate.model.proofs.keys import SigningKey, generate

DAY = datetime.timedelta(days=1)


@dataclass
class Company:
    """An authority, and a key to be certified."""

    root_key: SigningKey
    root: x509.Certificate
    key: SigningKey

    @classmethod
    def founded(cls) -> Company:
        """Make one."""
        root_key = generate()
        return cls(root_key, _certificate(root_key, None, days=(-100, 1000)), generate())

    def certificate(self, **fields: object) -> x509.Certificate:
        """Certify the key."""
        return _certificate(self.key, (self.root_key, self.root), **fields)  # type: ignore[arg-type]


def _certificate(
    key: SigningKey,
    issuer: tuple[SigningKey, x509.Certificate] | None,
    *,
    who: str = "ana@models.example.com",
    days: tuple[int, int] = (-10, 10),
    signs: bool = True,
) -> x509.Certificate:
    """Return a certificate: an authority's own without an issuer."""
    own = issuer is None
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "root" if own else "ana")])
    by, subject = (key, name) if issuer is None else (issuer[0], issuer[1].subject)
    usage = {
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "encipher_only": False,
        "decipher_only": False,
    }
    builder = (
        x509.CertificateBuilder(subject, name, key.public.key, 7)
        .not_valid_before(NOON + days[0] * DAY)
        .not_valid_after(NOON + days[1] * DAY)
        .add_extension(x509.BasicConstraints(own, None), True)
        .add_extension(
            x509.KeyUsage(digital_signature=signs and not own, key_cert_sign=own, crl_sign=own, **usage), True
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public.key), False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public.key), False)
    )
    if not own:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(who)]), False)
    return builder.sign(by.key, hashes.SHA256())

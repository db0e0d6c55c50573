"""Signatures by certificates: for the holder that counts, by the authority that counts, on the day that counts."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from model_certificates import DAY, Company
from model_shelf import NOON, version

from headgate.model.proofs import certificates, signature
from headgate.model.proofs.fault import ProofError, Wrong
from headgate.model.proofs.keys import SigningKey, generate
from headgate.model.proofs.signers import Signers

pytestmark = pytest.mark.unit

MODEL = version()


@pytest.fixture(scope="module")
def company() -> Company:
    """Return an authority of the test."""
    return Company.founded()


def signers(company: Company, **change: object) -> Signers:
    """Return the authority as one that counts."""
    row = {
        "name": "company-ca",
        "certificates": company.root.public_bytes(Encoding.PEM).decode(),
        "identities": ["*@models.example.com"],
        "roles": ["sign"],
        "models": ["*/*"],
        **change,
    }
    return Signers.model_validate({"authorities": [row]}, strict=False)


def bundle(company: Company, key: SigningKey | None = None, **fields: object) -> bytes:
    """Sign by a certificate."""
    return signature.sign(MODEL, key or company.key, NOON, certificates.encoded([company.certificate(**fields)]))


def test_a_certificate_of_an_authority_signs_in_its_holders_name(company: Company) -> None:
    """Told is who it was, and who says so; that it has run out since takes nothing away."""
    found = signature.verify(bundle(company), MODEL, signers(company), NOON + 100 * DAY)

    assert found.by == "ana@models.example.com (company-ca)"


@pytest.mark.parametrize(
    ("fields", "change", "wrong"),
    [
        ({"who": "eve@elsewhere.example.com"}, {}, Wrong.FOREIGN),
        ({"days": (-20, -10)}, {}, Wrong.FOREIGN),
        ({"days": (1, 10)}, {}, Wrong.FOREIGN),
        ({"signs": False}, {}, Wrong.FOREIGN),
        ({"key": generate()}, {}, Wrong.TAMPERED),
        ({}, {"revoked": "it gave certificates to anybody"}, Wrong.REVOKED),
        ({}, {"models": ["other/*"]}, Wrong.NOT_ENTITLED),
    ],
    ids=["another-holder", "run-out", "not-yet", "not-for-signing", "another-key", "revoked", "another-model"],
)
def test_other_certificates_do_not_count(
    company: Company, fields: dict[str, object], change: dict[str, object], wrong: Wrong
) -> None:
    """Each for a reason of its own."""
    with pytest.raises(ProofError) as caught:
        signature.verify(bundle(company, **fields), MODEL, signers(company, **change), NOON)  # type: ignore[arg-type]
    assert caught.value.wrong is wrong


def test_a_certificate_of_an_authority_that_is_not_known_does_not_count(company: Company) -> None:
    """Whoever makes an authority of their own gains nothing."""
    other = Company.founded()

    with pytest.raises(ProofError) as caught:
        signature.verify(bundle(other), MODEL, signers(company), NOON)
    assert caught.value.wrong is Wrong.FOREIGN

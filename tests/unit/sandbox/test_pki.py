"""The certificate authority: what it signs, for whom, how long, and who may read it."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import LEAF_LIFE, RENEW_BEFORE, Authority, Certificate, hosts_of

pytestmark = pytest.mark.unit


def loaded(path: Path) -> x509.Certificate:
    """Read a certificate."""
    return x509.load_pem_x509_certificate(path.read_bytes())


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return path.stat().st_mode & 0o777


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    """Return an empty state directory."""
    return StateDir(tmp_path)


def test_keys_and_certificates_are_their_owners_alone(state: StateDir) -> None:
    """Every file is 0600 and the directory 0700."""
    pair = Authority(state).server("edge", ["edge.example.net"])

    files = {path.name: mode(path) for path in state.pki.iterdir() if path.suffix in (".crt", ".key")}
    assert files == {"ca.crt": 0o600, "ca.key": 0o600, "edge.crt": 0o600, "edge.key": 0o600}
    assert mode(state.pki) == 0o700
    assert pair == Certificate(state.pki / "edge.crt", state.pki / "edge.key")


def test_a_serving_certificate_names_hosts_and_addresses(state: StateDir) -> None:
    """Subject alternative names hold all of them, the CA signs, and clients' use is not among its uses."""
    authority = Authority(state)
    certificate = loaded(authority.server("api", ["localhost", "127.0.0.1", "10.96.0.1"]).cert)

    certificate.verify_directly_issued_by(loaded(authority.ca_cert))
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert hosts_of(certificate) == {"localhost", "127.0.0.1", "10.96.0.1"}
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_a_client_certificate_says_user_and_groups(state: StateDir) -> None:
    """Kubernetes reads the common name as user and organisations as groups."""
    certificate = loaded(Authority(state).client("admin", "alice", groups=["system:masters", "ops"]).cert)

    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    organisations = [row.value for row in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "alice"
    assert organisations == ["system:masters", "ops"]
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_a_current_certificate_is_kept(state: StateDir) -> None:
    """Asking again, also after a restart, changes nothing that others have pinned."""
    first = Authority(state).server("api", ["localhost", "127.0.0.1"]).bundle()

    assert Authority(state).server("api", ["127.0.0.1", "localhost"]).bundle() == first


def test_a_certificate_for_other_names_is_issued_again(state: StateDir) -> None:
    """A new name is served, not ignored."""
    authority = Authority(state)
    authority.server("api", ["localhost"])

    assert hosts_of(loaded(authority.server("api", ["localhost", "127.0.0.1"]).cert)) == {"localhost", "127.0.0.1"}


def test_a_certificate_near_its_end_is_issued_again(state: StateDir) -> None:
    """Renewal happens a month before expiry, not a day earlier."""
    issued = Authority(state).server("api", ["localhost"]).bundle()
    now = datetime.datetime.now(datetime.UTC)
    early = now + LEAF_LIFE - RENEW_BEFORE - datetime.timedelta(days=1)
    late = now + LEAF_LIFE - RENEW_BEFORE + datetime.timedelta(days=1)

    assert Authority(state, now=early).server("api", ["localhost"]).bundle() == issued
    assert Authority(state, now=late).server("api", ["localhost"]).bundle() != issued


def test_a_damaged_pair_is_issued_again(state: StateDir) -> None:
    """A key that is not the certificate's would only show in a failed handshake."""
    authority = Authority(state)
    pair = authority.server("api", ["localhost"])
    pair.key.write_bytes(authority.server("other", ["localhost"]).key.read_bytes())

    before = pair.bundle()
    assert authority.server("api", ["localhost"]).bundle() != before


def test_an_authority_of_its_own_does_not_count_elsewhere(state: StateDir, tmp_path: Path) -> None:
    """A client of one region's CA is none of another's."""
    west = Authority.at(tmp_path / "west", "client CA")
    east = Authority.at(tmp_path / "east", "client CA")
    certificate = loaded(west.client("admin", "alice").cert)

    with pytest.raises(InvalidSignature):
        certificate.verify_directly_issued_by(loaded(east.ca_cert))


def test_the_authority_can_sign_no_further_authority(state: StateDir) -> None:
    """The path length is nought."""
    constraints = loaded(Authority(state).ca_cert).extensions.get_extension_for_class(x509.BasicConstraints).value

    assert (constraints.ca, constraints.path_length) == (True, 0)

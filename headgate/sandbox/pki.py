"""The sandbox's certificate authority: every name that it serves, and every client of its API servers.

Owns `<state>/pki`. Keys are P-256, files 0600. A certificate that is current for the names asked is kept, so that a
restart changes nothing that others have pinned; one that nears its end or lacks a name is issued again.
"""

from __future__ import annotations

import datetime
import fcntl
import ipaddress
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from headgate.sandbox.files import make_private_directory, write_private
from headgate.sandbox.layout import StateDir

CA_LIFE = datetime.timedelta(days=3650)
LEAF_LIFE = datetime.timedelta(days=365)
RENEW_BEFORE = datetime.timedelta(days=30)
# Clocks of one machine agree; this covers a clock that was set back a little.
BACKDATE = datetime.timedelta(minutes=5)


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as PEM files."""

    cert: Path
    key: Path

    def bundle(self) -> str:
        """Return the certificate's PEM text."""
        return self.cert.read_text()


class Authority:
    """The certificate authority of one state directory; made when first used."""

    def __init__(self, state: StateDir, now: datetime.datetime | None = None) -> None:
        self._open(state.pki, "Headgate sandbox CA", now)

    @classmethod
    def at(cls, directory: Path, name: str) -> Authority:
        """Return an authority of its own in `directory`, for identities that must count nowhere else."""
        authority = cls.__new__(cls)
        authority._open(directory, name, None)
        return authority

    def _open(self, directory: Path, name: str, now: datetime.datetime | None) -> None:
        """Read the CA, or make it."""
        self._directory, self._name, self._now = directory, name, now
        with self._locked():
            self._ca = self._load_or_make_ca()

    @property
    def ca_cert(self) -> Path:
        """Return the path of the CA certificate, which clients trust."""
        return self._directory / "ca.crt"

    @property
    def ca_pem(self) -> str:
        """Return the CA certificate's PEM text."""
        return self.ca_cert.read_text()

    def server(self, name: str, hosts: Iterable[str], directory: Path | None = None) -> Certificate:
        """Return a serving certificate for DNS names and addresses, kept as NAME.crt and NAME.key."""
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
        return self._leaf(name, directory, subject, usage, sorted(set(hosts)))

    def client(self, name: str, user: str, groups: Iterable[str] = (), directory: Path | None = None) -> Certificate:
        """Return a client certificate that Kubernetes reads as `user` in `groups`."""
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        organisations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        subject = x509.Name([*organisations, x509.NameAttribute(NameOID.COMMON_NAME, user)])
        return self._leaf(name, directory, subject, usage, [])

    def _leaf(
        self,
        name: str,
        directory: Path | None,
        subject: x509.Name,
        usage: x509.ExtendedKeyUsage,
        hosts: list[str],
    ) -> Certificate:
        """Keep the certificate that exists where it still serves, else issue one."""
        folder = directory or self._directory
        pair = Certificate(folder / f"{name}.crt", folder / f"{name}.key")
        with self._locked():
            if not self._is_current(pair, subject, hosts):
                self._issue(pair, subject, usage, hosts)
        return pair

    def _issue(self, pair: Certificate, subject: x509.Name, usage: x509.ExtendedKeyUsage, hosts: list[str]) -> None:
        """Write a new key and certificate; the key first, so that a crash leaves a pair that `_is_current` refuses."""
        ca_key, ca_cert = self._ca
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(subject, ca_cert.subject, key.public_key(), LEAF_LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(usage, critical=False)
        authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
        builder = builder.add_extension(authority_id, critical=False)
        if hosts:
            builder = builder.add_extension(alternative_names(hosts), critical=False)
        write_private(pair.key, key_pem(key))
        write_private(pair.cert, cert_pem(builder.sign(ca_key, hashes.SHA256())))

    def _is_current(self, pair: Certificate, subject: x509.Name, hosts: list[str]) -> bool:
        """Say whether a pair is of this CA, for these names, belongs together and has time left."""
        try:
            certificate = x509.load_pem_x509_certificate(pair.cert.read_bytes())
            key = serialization.load_pem_private_key(pair.key.read_bytes(), password=None)
            certificate.verify_directly_issued_by(self._ca[1])
        except Exception:
            return False
        return (
            certificate.subject == subject
            and hosts_of(certificate) == set(hosts)
            and key.public_key() == certificate.public_key()
            and certificate.not_valid_after_utc - RENEW_BEFORE > self._time()
        )

    def _load_or_make_ca(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """Return the CA's key and certificate."""
        key_path = self._directory / "ca.key"
        if key_path.is_file() and self.ca_cert.is_file():
            key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
            certificate = x509.load_pem_x509_certificate(self.ca_cert.read_bytes())
            if isinstance(key, ec.EllipticCurvePrivateKey) and certificate.not_valid_after_utc > self._time():
                return key, certificate
        return self._make_ca(key_path)

    def _make_ca(self, key_path: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """Issue the CA to itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._name[:64])])
        builder = self._builder(subject, subject, key.public_key(), CA_LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        certificate = builder.add_extension(CA_USAGE, critical=True).sign(key, hashes.SHA256())
        write_private(key_path, key_pem(key))
        write_private(self.ca_cert, cert_pem(certificate))
        return key, certificate

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, life: datetime.timedelta
    ) -> x509.CertificateBuilder:
        """Return what all certificates have in common."""
        now = self._time()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATE)
            .not_valid_after(now + life)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        )

    def _time(self) -> datetime.datetime:
        """Return the time that the authority works at."""
        return self._now or datetime.datetime.now(datetime.UTC)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process issue at a time: two that start together must not make two CAs."""
        make_private_directory(self._directory)
        with (self._directory / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


CA_USAGE = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    crl_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def alternative_names(hosts: Iterable[str]) -> x509.SubjectAlternativeName:
    """Return names and addresses as the extension that clients check."""
    return x509.SubjectAlternativeName([general_name(host) for host in hosts])


def general_name(host: str) -> x509.GeneralName:
    """Return an address as IPAddress, anything else as DNSName."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def hosts_of(certificate: x509.Certificate) -> set[str]:
    """Return the names and addresses that a certificate is for."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(name.value) for name in names}


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a key as unencrypted PKCS8: its file's mode protects it."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def cert_pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)

"""The keeper of the gate's certificate: issue, renew, and never a moment without trust."""

from __future__ import annotations

import datetime
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from headgate.gate.certificates import LIFETIME, RENEW_BEFORE, WEBHOOK_NAME, Certificate, Keeper, issue

pytestmark = pytest.mark.unit

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
NAMES = ["opa.headgate-gate.svc", "opa.headgate-gate.svc.cluster.local", "opa.headgate-gate"]
SECRET = "/api/v1/namespaces/headgate-gate/secrets/opa-tls"
WEBHOOK = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/headgate-admission"


@dataclass
class Cluster:
    """An API server that keeps what is applied, in order."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    applied: list[str] = field(default_factory=list)

    def get(self, path: str) -> dict[str, Any] | None:
        """Return an object."""
        return self.objects.get(path)

    def apply(self, path: str, document: dict[str, Any]) -> None:
        """Keep an object."""
        self.applied.append(path)
        self.objects[path] = document

    def make_webhook(self) -> None:
        """Make the configuration as Pulumi does: without an authority."""
        self.objects[WEBHOOK] = {"webhooks": [{"name": WEBHOOK_NAME, "clientConfig": {"service": {}}}]}

    @property
    def trusted(self) -> list[bytes]:
        """Return the authorities that the API server trusts."""
        bundle = b64decode(self.objects[WEBHOOK]["webhooks"][0]["clientConfig"]["caBundle"])
        return [each.public_bytes(Encoding.PEM) for each in x509.load_pem_x509_certificates(bundle)]

    @property
    def stored(self) -> Certificate:
        """Return what OPA serves."""
        data = self.objects[SECRET]["data"]
        return Certificate(*(b64decode(data[name]) for name in ("tls.crt", "tls.key", "ca.crt")))


@pytest.fixture
def cluster() -> Cluster:
    """Return an empty cluster."""
    return Cluster()


@pytest.fixture
def keeper(cluster: Cluster) -> Keeper:
    """Return its keeper."""
    return Keeper(cluster, "headgate-gate", "opa", "opa-tls", "headgate-admission")  # type: ignore[arg-type]


def proves(authority: bytes, certificate: bytes) -> bool:
    """Whether an authority signed a certificate."""
    try:
        x509.load_pem_x509_certificate(certificate).verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
    except Exception:
        return False
    return True


def test_a_certificate_is_for_its_names_and_proven_by_its_authority_alone() -> None:
    """Two certificates have two authorities, and neither proves the other's."""
    first, second = issue(NAMES, NOW), issue(NAMES, NOW)

    assert (
        first.fits(NAMES),
        first.fits(["other"]),
        first.expires - NOW,
        proves(first.authorities, first.certificate),
        proves(first.authorities, second.certificate),
    ) == (True, False, LIFETIME, True, False)


def test_the_first_certificate_is_stored_before_there_is_a_webhook(keeper: Keeper, cluster: Cluster) -> None:
    """OPA needs it to start; the webhook comes after."""
    trusted = keeper.keep(NOW)

    assert (trusted, cluster.applied, cluster.stored.fits(NAMES)) == (False, [SECRET], True)


def test_the_webhook_is_told_whom_to_trust_as_soon_as_it_is_there(keeper: Keeper, cluster: Cluster) -> None:
    """And no more often than needed."""
    keeper.keep(NOW)
    cluster.make_webhook()

    assert ([keeper.keep(NOW), keeper.keep(NOW)], cluster.applied) == ([True, True], [SECRET, WEBHOOK])
    assert proves(cluster.trusted[0], cluster.stored.certificate)


def test_a_renewal_is_trusted_before_it_is_served(keeper: Keeper, cluster: Cluster) -> None:
    """The API server trusts the old and the new, so that no write is denied in between."""
    cluster.make_webhook()
    keeper.keep(NOW)
    old = cluster.stored
    cluster.applied.clear()
    keeper.keep(NOW + LIFETIME - RENEW_BEFORE)

    assert cluster.applied == [WEBHOOK, SECRET]
    assert [
        any(proves(authority, certificate.certificate) for authority in cluster.trusted)
        for certificate in (old, cluster.stored)
    ] == [True, True]
    assert cluster.stored.certificate != old.certificate


def test_trust_does_not_pile_up(keeper: Keeper, cluster: Cluster) -> None:
    """Only the last two authorities are trusted, however often the certificate was renewed."""
    cluster.make_webhook()
    for month in range(4):
        keeper.keep(NOW + month * LIFETIME)

    assert len(cluster.trusted) == 2


@pytest.mark.parametrize("damage", [b"", b"text", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_damaged_certificate_is_replaced(keeper: Keeper, cluster: Cluster, damage: bytes) -> None:
    """Somebody's edit of the Secret does not close the cluster for long."""
    keeper.keep(NOW)
    cluster.objects[SECRET]["data"]["tls.crt"] = b64encode(damage).decode()
    keeper.keep(NOW)

    assert cluster.stored.fits(NAMES)


def test_another_webhook_of_the_same_configuration_is_left_alone(keeper: Keeper, cluster: Cluster) -> None:
    """A configuration without ours is not ours to change."""
    cluster.objects[WEBHOOK] = {"webhooks": [{"name": "other.example.com"}]}

    assert (keeper.keep(NOW), cluster.applied) == (False, [SECRET])


def test_an_api_s_registration_is_told_of_the_authority(cluster: Cluster) -> None:
    """In place of a webhook; while there is none yet, the certificate is stored and nothing is told."""
    keeper = Keeper(cluster, "headgate-metrics", "adapter", "adapter-tls", api_service="v1beta2.custom.metrics.k8s.io")  # type: ignore[arg-type]
    secret = "/api/v1/namespaces/headgate-metrics/secrets/adapter-tls"
    path = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta2.custom.metrics.k8s.io"

    assert not keeper.keep(NOW)
    cluster.objects[path] = {"spec": {"service": {"name": "adapter"}}}
    assert keeper.keep(NOW)
    assert cluster.objects[path]["spec"]["caBundle"] == cluster.objects[secret]["data"]["ca.crt"]
    told = list(cluster.applied)
    assert keeper.keep(NOW)
    assert cluster.applied == told

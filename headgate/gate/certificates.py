"""Keeps the certificate of what the API server calls: makes, stores and renews it, and says whom to trust.

That is the admission gate, by its webhook, or what answers for an API, by its APIService. Runs in the cluster, with an
identity that may touch one Secret and that one object. Each certificate has an
authority of its own whose key is forgotten at once, so there is no signing key to steal; while one replaces another the
API server trusts both. Imports nothing of a laptop's: this is the whole program of its image.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import signal
import sys
import threading
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = datetime.timedelta(days=30)
# Renewed with a third of the life left: ten days in which a failure to renew can be noticed.
RENEW_BEFORE = LIFETIME / 3
FIELD_MANAGER = "headgate-gate-certificates"
WEBHOOK_NAME = "admission.headgate.dev"
_SOON, _LATER = 1.0, 30.0


@dataclass(frozen=True)
class Certificate:
    """A serving certificate with its key and the authorities that prove it and its predecessor, as PEM."""

    certificate: bytes
    key: bytes
    authorities: bytes

    @property
    def expires(self) -> datetime.datetime:
        """Return when it ends."""
        return x509.load_pem_x509_certificate(self.certificate).not_valid_after_utc

    def fits(self, names: list[str]) -> bool:
        """Whether it is for these names."""
        loaded = x509.load_pem_x509_certificate(self.certificate)
        found = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return found.get_values_for_type(x509.DNSName) == names


def issue(names: list[str], now: datetime.datetime, previous: Certificate | None = None) -> Certificate:
    """Make a certificate for the names, and trust the newest authority of its predecessor a while longer."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"headgate gate {now:%Y-%m-%d %H:%M:%S}")])
    authority = _sign(issuer, issuer, authority_key.public_key(), authority_key, now, names=None)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    serving = _sign(subject, issuer, key.public_key(), authority_key, now, names=names)
    before = _first(previous.authorities) if previous else b""
    return Certificate(
        certificate=serving.public_bytes(serialization.Encoding.PEM),
        key=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        authorities=authority.public_bytes(serialization.Encoding.PEM) + before,
    )


def _sign(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    key: ec.EllipticCurvePrivateKey,
    now: datetime.datetime,
    *,
    names: list[str] | None,
) -> x509.Certificate:
    """Sign an authority (no names) or a serving certificate (names)."""
    is_authority = names is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        # Clocks of nodes differ.
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), critical=True)
        .add_extension(_usage(is_authority), critical=True)
    )
    if names is not None:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    return builder.sign(key, hashes.SHA256())


def _usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _first(bundle: bytes) -> bytes:
    end = b"-----END CERTIFICATE-----\n"
    return bundle.partition(end)[0] + end if end in bundle else b""


class Cluster:
    """The API server, as seen from a pod: the token is read anew for each call, since it is exchanged hourly."""

    def __init__(self, credentials: Path) -> None:
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
        self._base = f"https://{f'[{host}]' if ':' in host else host}:{port}"
        self._token = credentials / "token"
        self._pool = urllib3.PoolManager(ca_certs=str(credentials / "ca.crt"), timeout=10.0, retries=False)

    def get(self, path: str) -> dict[str, Any] | None:
        """Return an object, or None where there is none."""
        return self._call("GET", path)

    def apply(self, path: str, document: dict[str, Any]) -> None:
        """Apply the fields that are ours."""
        query = f"?fieldManager={FIELD_MANAGER}&force=true"
        self._call("PATCH", path + query, json.dumps(document).encode(), "application/apply-patch+yaml")

    def _call(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> dict[str, Any] | None:
        headers = {"authorization": f"Bearer {self._token.read_text().strip()}", "accept": "application/json"}
        if body is not None:
            headers["content-type"] = kind
        answer = self._pool.request(method, self._base + path, body=body, headers=headers)
        if answer.status == 404 and method == "GET":
            return None
        if answer.status >= 300:
            raise OSError(
                f"{method} {path.partition('?')[0]}: {answer.status} {answer.data[:300].decode(errors='replace')}"
            )
        found: dict[str, Any] = json.loads(answer.data)
        return found


@dataclass(frozen=True)
class Keeper:
    """Brings the Secret and the webhook configuration to what they should be; called again and again."""

    cluster: Cluster
    namespace: str
    service: str
    secret: str
    webhook: str = ""
    api_service: str = ""
    """In place of a webhook: what it names is who answers for an API."""

    @property
    def names(self) -> list[str]:
        """Return the names under which the API server calls."""
        inside = f"{self.service}.{self.namespace}.svc"
        return [inside, f"{inside}.cluster.local", f"{self.service}.{self.namespace}"]

    def keep(self, now: datetime.datetime) -> bool:
        """Do what is due; return whether the API server trusts the certificate."""
        current = self._current()
        if current and current.fits(self.names) and current.expires - now > RENEW_BEFORE:
            return self._trust(current.authorities)
        fresh = issue(self.names, now, current)
        # Trust comes first: a certificate that nobody trusts yet would close the cluster.
        trusted = self._trust(fresh.authorities)
        self._store(fresh)
        return trusted

    def _current(self) -> Certificate | None:
        found = self.cluster.get(f"/api/v1/namespaces/{self.namespace}/secrets/{self.secret}")
        data = (found or {}).get("data") or {}
        try:
            found_certificate = Certificate(*(b64decode(data[key]) for key in ("tls.crt", "tls.key", "ca.crt")))
            found_certificate.fits(self.names)
        except (KeyError, ValueError, x509.ExtensionNotFound):
            # None yet, or one that can't be read: as good as none.
            return None
        return found_certificate

    def _store(self, fresh: Certificate) -> None:
        files = {"tls.crt": fresh.certificate, "tls.key": fresh.key, "ca.crt": fresh.authorities}
        self.cluster.apply(
            f"/api/v1/namespaces/{self.namespace}/secrets/{self.secret}",
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "type": "kubernetes.io/tls",
                "metadata": {"name": self.secret, "namespace": self.namespace},
                "data": {name: b64encode(content).decode() for name, content in files.items()},
            },
        )
        _say(f"stored a certificate that ends {fresh.expires:%Y-%m-%d}")

    def _trust(self, authorities: bytes) -> bool:
        """Tell the API server whom to trust; False while it does not know yet what to call."""
        return self._trust_api(authorities) if self.api_service else self._trust_webhook(authorities)

    def _trust_api(self, authorities: bytes) -> bool:
        """Put the authorities into the APIService."""
        path = f"/apis/apiregistration.k8s.io/v1/apiservices/{self.api_service}"
        found = self.cluster.get(path)
        if found is None:
            return False
        bundle = b64encode(authorities).decode()
        if found.get("spec", {}).get("caBundle") != bundle:
            self.cluster.apply(
                path,
                {
                    "apiVersion": "apiregistration.k8s.io/v1",
                    "kind": "APIService",
                    "metadata": {"name": self.api_service},
                    "spec": {"caBundle": bundle},
                },
            )
            _say("the API server trusts the certificate")
        return True

    def _trust_webhook(self, authorities: bytes) -> bool:
        """Put the authorities into the webhook configuration."""
        path = f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{self.webhook}"
        found = self.cluster.get(path)
        if found is None:
            return False
        bundle = b64encode(authorities).decode()
        hooks = {hook["name"]: hook.get("clientConfig", {}).get("caBundle") for hook in found.get("webhooks", [])}
        if WEBHOOK_NAME not in hooks:
            return False
        if hooks[WEBHOOK_NAME] != bundle:
            self.cluster.apply(
                path,
                {
                    "apiVersion": "admissionregistration.k8s.io/v1",
                    "kind": "ValidatingWebhookConfiguration",
                    "metadata": {"name": self.webhook},
                    "webhooks": [{"name": WEBHOOK_NAME, "clientConfig": {"caBundle": bundle}}],
                },
            )
            _say("the API server trusts the certificate")
        return True


def main() -> None:
    """Keep the certificate until told to stop."""
    given = vars(_arguments(sys.argv[1:]))
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        # In a thread of its own: the main one may hold, in its wait, the lock that setting the event takes.
        signal.signal(name, lambda *_: threading.Thread(target=stop.set, daemon=True).start())
    keeper = Keeper(Cluster(given.pop("credentials")), **given)
    while not stop.is_set():
        try:
            trusted = keeper.keep(datetime.datetime.now(datetime.UTC))
        except (OSError, urllib3.exceptions.HTTPError, ValueError) as error:
            _say(f"not now: {error}")
            trusted = False
        # Until the API server trusts the gate's certificate every write is denied: look often.
        stop.wait(_LATER if trusted else _SOON)


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="gate-certificates", description=main.__doc__)
    parser.add_argument("--namespace", required=True, help="namespace of what is called")
    parser.add_argument("--service", required=True, help="service that the API server calls")
    parser.add_argument("--secret", required=True, help="secret that holds the certificate")
    told = parser.add_mutually_exclusive_group(required=True)
    told.add_argument("--webhook", default="", help="webhook configuration that is told whom to trust")
    told.add_argument("--api-service", default="", help="APIService that is told whom to trust")
    parser.add_argument(
        "--credentials",
        type=Path,
        default=Path("/var/run/secrets/kubernetes.io/serviceaccount"),
        help="directory with token and ca.crt",
    )
    return parser.parse_args(argv)


def _say(text: str) -> None:
    sys.stderr.write(json.dumps({"time": datetime.datetime.now(datetime.UTC).isoformat(), "message": text}) + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()

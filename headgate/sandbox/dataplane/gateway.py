"""What an ingress controller does beside routing: the gateway's certificate, and the status of its Ingresses.

The address is that of Service `headgate-gateway/gateway`; the region's workload runner gives it, and says where it
leads.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import Any

import grpc
from cryptography import x509

from headgate.sandbox.dataplane.cluster import Cluster, key_of
from headgate.sandbox.dataplane.objects import Key, addresses_of
from headgate.sandbox.dataplane.settings import GATEWAY, Settings
from headgate.sandbox.kube import KubeClient, KubeError
from headgate.sandbox.pki import Authority, Certificate

log = logging.getLogger(__name__)

RETRY_AFTER = 1.0


class Gateway:
    """One region's gateway. A new address or host name means a new certificate, which the next handshake uses."""

    def __init__(self, settings: Settings, client: KubeClient, cluster: Cluster) -> None:
        self._settings, self._client, self._cluster = settings, client, cluster
        self._authority = Authority(settings.state)
        self._addresses: tuple[str, ...] = ()
        self._changed = asyncio.Event()
        self._names: tuple[str, ...] = ()
        self._pair = self._issue()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self.tls.load_cert_chain(self._pair.cert, self._pair.key)
        cluster.on_ingress.append(self._changed.set)

    @property
    def grpc_credentials(self) -> grpc.ServerCredentials:
        """Credentials that present the certificate of the moment."""
        return grpc.dynamic_ssl_server_credentials(self._grpc_pair(), self._grpc_pair)

    def _grpc_pair(self) -> grpc.ServerCertificateConfiguration:
        pair = (self._pair.key.read_bytes(), self._pair.cert.read_bytes())
        return grpc.ssl_server_certificate_configuration([pair])

    def runs_out(self) -> float:
        """Return when the certificate of the moment runs out, in seconds since 1970."""
        return x509.load_pem_x509_certificate(self._pair.cert.read_bytes()).not_valid_after_utc.timestamp()

    def list_services(self, documents: list[dict[str, Any]]) -> None:
        """Take the listing of the gateway's namespace."""
        found = next((row for row in documents if key_of(row) == GATEWAY), None)
        self._addresses = addresses_of(found) if found else ()
        self._changed.set()

    def change_service(self, event: str, document: dict[str, Any]) -> None:
        """Take one event of the gateway's namespace."""
        if key_of(document) == GATEWAY:
            self._addresses = () if event == "DELETED" else addresses_of(document)
            self._changed.set()

    async def run(self) -> None:
        """Follow changes until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                self._renew()
                await self._show_addresses()
            except (KubeError, OSError) as error:
                log.warning("gateway: %s", error)
                await asyncio.sleep(RETRY_AFTER)
                self._changed.set()

    def names(self) -> tuple[str, ...]:
        """Return what the certificate is for: this machine, the Service, its addresses, the hosts of the Ingresses."""
        namespace, name = GATEWAY
        service = f"{name}.{namespace}"
        hosts = {host for row in self._cluster.ingresses.values() for host in row.hosts}
        own = {"localhost", "127.0.0.1", service, f"{service}.svc", f"{service}.svc.cluster.local"}
        return tuple(sorted(own | hosts | set(self._addresses) | set(self._settings.hosts)))

    def _issue(self) -> Certificate:
        self._names = self.names()
        return self._authority.server("gateway", self._names, self._settings.directory / "pki")

    def _renew(self) -> None:
        if self.names() != self._names:
            self._pair = self._issue()
            self.tls.load_cert_chain(self._pair.cert, self._pair.key)

    async def _show_addresses(self) -> None:
        """Write the gateway's address into each Ingress, which is what those who deploy wait for."""
        for key, row in list(self._cluster.ingresses.items()):
            if self._addresses and row.addresses != self._addresses:
                await asyncio.to_thread(self._patch_status, key, self._addresses)

    def _patch_status(self, key: Key, addresses: tuple[str, ...]) -> None:
        body = {"status": {"loadBalancer": {"ingress": [_row(address) for address in addresses]}}}
        try:
            self._client.patch("networking.k8s.io/v1", "Ingress", key[1], body, namespace=key[0], subresource="status")
        except KubeError as error:
            if not error.not_found:
                raise


def _row(address: str) -> dict[str, str]:
    return {"ip": address} if address.replace(".", "").isdigit() or ":" in address else {"hostname": address}

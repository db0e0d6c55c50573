"""Entries as CloudEvents in Azure Event Hubs, through its HTTPS REST API (`POST /HUB/messages`, batches).

Authorised by a token of Entra ID, or signed (SAS) with the key of a connection string. All of a ledger's entries have
one partition key: a hub keeps order within a partition only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from urllib.parse import quote, urlsplit

from headgate.audit.canonical import canonical
from headgate.audit.stream.address import Address
from headgate.audit.stream.cloudevents import event_of
from headgate.audit.stream.credential import Certificates, Credential
from headgate.audit.stream.http import Form, Http, bearer
from headgate.audit.stream.record import Record
from headgate.errors import HeadgateError

CONTENT_TYPE = "application/vnd.microsoft.servicebus.json"
_VALID_FOR = 3600
_LONGEST_KEY = 128


def signature(resource: str, name: str, key: str, expiry: int) -> str:
    """Return a shared access signature for a resource, as the service defines it."""
    encoded = quote(resource, safe="")
    digest = hmac.new(key.encode(), f"{encoded}\n{expiry}".encode(), hashlib.sha256).digest()
    signed = quote(base64.b64encode(digest), safe="")
    return f"SharedAccessSignature sr={encoded}&sig={signed}&se={expiry}&skn={quote(name, safe='')}"


def authorization(address: Address) -> Callable[[Credential], str | None]:
    """Return what authorises a request to a hub: a token as it is, a connection string by its signature."""

    def authorise(credential: Credential) -> str | None:
        found = credential.read()
        if found is None:
            raise HeadgateError(
                "an event hub takes nothing without a credential",
                where=str(address),
                fix="put a token or a connection string in a file of mode 0600, and name it with --credential-file",
            )
        if "SharedAccessKey=" not in found:
            return bearer(credential)
        fields = dict(part.partition("=")[::2] for part in found.split(";") if part)
        name, key = fields.get("SharedAccessKeyName"), fields["SharedAccessKey"]
        host = urlsplit(fields.get("Endpoint", "")).hostname
        if not name or host != address.host or fields.get("EntityPath", address.path[1:]) != address.path[1:]:
            raise credential.unusable(f"a connection string of another namespace or hub than {address}")
        return signature(f"https://{address.host}{address.path}", name, key, int(time.time()) + _VALID_FOR)

    return authorise


class EventHubs:
    """An event hub."""

    # Of the 1 MB that a batch may have; the service's own envelope counts, too.
    most_bytes = 900_000

    def __init__(self, address: Address, credential: Credential, certificates: Certificates) -> None:
        """Take where it is; nothing is sent yet."""
        form = Form(CONTENT_TYPE, authorization=authorization(address))
        self._http = Http(address, form, credential, certificates)

    def encode(self, record: Record) -> bytes:
        """Return a record as a message: a CloudEvent in its structured form, under the ledger's partition key."""
        key = record.origin
        if len(key) > _LONGEST_KEY:
            key = hashlib.sha256(key.encode()).hexdigest()
        body = canonical(event_of(record)).decode()
        return canonical({"Body": body, "BrokerProperties": {"PartitionKey": key}})

    def send(self, messages: Sequence[bytes]) -> None:
        """Send a batch."""
        self._http.post(b"[" + b",".join(messages) + b"]", "/messages?timeout=60&api-version=2014-01")

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

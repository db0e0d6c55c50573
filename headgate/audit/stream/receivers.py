"""Which receiver an address means."""

from __future__ import annotations

from collections.abc import Callable

from headgate.audit.stream.address import Address
from headgate.audit.stream.cloudevents import CloudEvents
from headgate.audit.stream.credential import Certificates, Credential
from headgate.audit.stream.destination import Destination
from headgate.audit.stream.event_hubs import EventHubs
from headgate.audit.stream.otlp import Otlp
from headgate.audit.stream.syslog import Syslog
from headgate.errors import HeadgateError

_HTTP: dict[str, Callable[[Address, Credential, Certificates], Destination]] = {
    "cloudevents": CloudEvents,
    "otlp": Otlp,
    "eventhubs": EventHubs,
}


def receiver_at(address: Address, credential: Credential, certificates: Certificates) -> Destination:
    """Return the receiver of an address; nothing is sent yet."""
    if address.form == "syslog":
        if credential.file is not None:
            raise HeadgateError(
                "syslog carries no credential",
                where="--credential-file",
                expected="a client's certificate, where the receiver asks for one",
                fix="give --client-cert and --client-key instead",
            )
        return Syslog(address, certificates)
    credential.read()  # a credential that can't be read is told before anything is tried
    return _HTTP[address.form](address, credential, certificates)

"""Where registries are for the sandbox's own parts: the network map first, then the world's names."""

from __future__ import annotations

from headgate.model import Endpoint, RegistryError, Resolver, system_resolver
from headgate.sandbox import network
from headgate.sandbox.layout import StateDir


def sandbox_resolver(state: StateDir, closed: bool = False) -> Resolver:
    """Return a resolver that asks the network map and trusts the sandbox's authority for what it finds there.

    A closed one knows nothing else: what runs in the sandbox must not reach out of it.
    """

    def resolve(host: str, port: int) -> Endpoint:
        address = network.resolve(state, host, port)
        if address is None and closed:
            raise RegistryError("no registry of the sandbox has this name", where=f"{host}:{port}")
        if address is None:
            return system_resolver(host, port)
        return Endpoint(address[0], address[1], ca_file=state.pki / "ca.crt")

    return resolve

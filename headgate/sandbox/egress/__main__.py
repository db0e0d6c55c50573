"""Runs the egress proxy of one region: `python -m headgate.sandbox.egress --state S --cluster C --port P`."""

from __future__ import annotations

import argparse
import asyncio
import logging
from pathlib import Path

from headgate.sandbox.egress.proxy import HEAD_LIMIT, Proxy
from headgate.sandbox.egress.routes import Routes
from headgate.sandbox.egress.services import Services
from headgate.sandbox.kube import KubeClient
from headgate.sandbox.layout import StateDir
from headgate.sandbox.region.facts import RegionFacts


def main() -> None:
    """Read the arguments and serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", required=True, type=Path)
    parser.add_argument("--cluster", required=True)
    parser.add_argument("--port", required=True, type=int)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(serve(StateDir(arguments.state), arguments.cluster, arguments.port))


async def serve(state: StateDir, cluster: str, port: int) -> None:
    """Listen on the socket of the API server and on the port of the workloads."""
    facts = RegionFacts.read(state, cluster)
    kubeconfig = state.region(cluster) / "kubeconfigs" / "egress"
    services = Services(KubeClient.from_kubeconfig(kubeconfig))
    services.start()
    proxy = Proxy(Routes(state, facts, services).resolve)
    socket = Path(facts.egress_socket)
    socket.unlink(missing_ok=True)
    unix = await asyncio.start_unix_server(proxy.serve, path=str(socket), limit=HEAD_LIMIT)
    socket.chmod(0o600)
    tcp = await asyncio.start_server(proxy.serve, "127.0.0.1", port, limit=HEAD_LIMIT)
    async with unix, tcp:
        await asyncio.gather(unix.serve_forever(), tcp.serve_forever())


if __name__ == "__main__":
    main()

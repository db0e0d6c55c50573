"""`python -m headgate.sandbox.dataplane`: one region's data plane, as the supervisor starts it."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
from pathlib import Path

from headgate.sandbox.dataplane.server import DataPlane
from headgate.sandbox.dataplane.settings import Settings
from headgate.sandbox.layout import StateDir


def parse(arguments: list[str] | None = None) -> Settings:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m headgate.sandbox.dataplane", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the sandbox's state directory")
    parser.add_argument("--cluster", required=True, help="name of the region's managed cluster")
    parser.add_argument("--location", default="", help="the region's Azure location; default: what region.json says")
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--http-port", type=int, required=True, help="the gateway's plain port, with /metrics")
    parser.add_argument("--https-port", type=int, default=0)
    parser.add_argument("--grpc-port", type=int, default=0, help="with TLS")
    parser.add_argument("--host", action="append", default=[], help="a further name for the gateway's certificate")
    parser.add_argument("--usage-interval", type=float, default=5.0, help="seconds between usage annotations")
    given = parser.parse_args(arguments)
    return Settings(
        state=StateDir(given.state.resolve()),
        cluster=given.cluster,
        location=given.location or _location(StateDir(given.state.resolve()), given.cluster),
        kubeconfig=given.kubeconfig,
        http_port=given.http_port,
        https_port=given.https_port,
        grpc_port=given.grpc_port,
        hosts=tuple(given.host),
        usage_interval=given.usage_interval,
    )


def _location(state: StateDir, cluster: str) -> str:
    """Return the region's location; a data plane that runs alone is called by its cluster's name."""
    try:
        return str(json.loads((state.region(cluster) / "region.json").read_text())["location"])
    except (OSError, ValueError, KeyError):
        return cluster


def main() -> None:
    """Run until ended by a signal."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(DataPlane(parse()).run())


if __name__ == "__main__":
    main()

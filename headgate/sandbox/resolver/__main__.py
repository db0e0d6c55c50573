"""`python -m headgate.sandbox.resolver`: one Traffic Manager profile. Started by the supervisor."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
from pathlib import Path

from headgate.sandbox.layout import StateDir
from headgate.sandbox.resolver.relay import Relay


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="headgate.sandbox.resolver")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_run(Relay(StateDir(arguments.state), arguments.profile), arguments.port))


async def _run(relay: Relay, port: int) -> None:
    serving = asyncio.create_task(relay.run(port))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    await serving


if __name__ == "__main__":
    main()

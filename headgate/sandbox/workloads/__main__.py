"""Runs the workload runner of one region: `python -m headgate.sandbox.workloads --state S --cluster C`."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from headgate.sandbox.kube import KubeClient
from headgate.sandbox.layout import StateDir
from headgate.sandbox.region.facts import RegionFacts
from headgate.sandbox.workloads.runner import Runner


def main() -> None:
    """Read the arguments and run until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", required=True, type=Path)
    parser.add_argument("--cluster", required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    state = StateDir(arguments.state)
    facts = RegionFacts.read(state, arguments.cluster)
    client = KubeClient.from_kubeconfig(state.region(arguments.cluster) / "kubeconfigs" / "workloads")
    Runner(state, facts, client).run()


if __name__ == "__main__":
    main()

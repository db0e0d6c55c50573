"""Hosts the components as a Pulumi package, so that any Pulumi language can use them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from components.package import serve

if __name__ == "__main__":
    serve(sys.argv[1:])

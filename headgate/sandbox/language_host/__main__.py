"""`pulumi-language-python ENGINE`: what the engine starts."""

from __future__ import annotations

import os
import sys

from headgate.sandbox.light import contain_sdk


def main() -> int:
    """Set up what must be so before the first import of gRPC and of the protocol, then serve."""
    # This host starts processes from threads, which gRPC's fork handlers complain about.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    contain_sdk()
    from headgate.sandbox.language_host.server import serve

    return serve(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

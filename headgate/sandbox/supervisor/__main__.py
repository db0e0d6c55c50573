"""Runs the supervisor of one state directory: `python -m headgate.sandbox.supervisor STATE`.

Forks away from the caller before anything heavy is imported. The caller's pipe (standard output) gets one line,
`ready` or the error as JSON, and is then closed: whatever happens, the caller reads its end.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    if os.fork():
        os._exit(0)
    os.setsid()
    from headgate.sandbox.supervisor.serve import serve

    sys.exit(serve(sys.argv[1]))

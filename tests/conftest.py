"""What holds for every suite."""

import os
import signal

from hypothesis import settings

# How long an example takes says how busy the machine is, and nothing of the code. A pull request is judged by what it
# changes: what new examples find is for whoever works on the code, whose runs are not the same twice.
settings.register_profile("headgate", deadline=None, derandomize="CI" in os.environ)


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start: a shell's background job, as CI often is, passes on an ignored SIGINT."""
    settings.load_profile("headgate")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

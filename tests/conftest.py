"""What holds for every suite."""

import gc
import os
import signal
import tempfile
from pathlib import Path

from hypothesis import settings

# How long an example takes says how busy the machine is, and nothing of the code. A pull request is judged by what it
# changes: what new examples find is for whoever works on the code, whose runs are not the same twice.
settings.register_profile("headgate", deadline=None, derandomize="CI" in os.environ)


# What a run is told on purpose. Anything else is of the shell that it was started from, such as `headgate env`.
_OURS = {"HEADGATE_TOOLS", "HEADGATE_STATE", "HEADGATE_TEST_STATE"}


def pytest_configure() -> None:
    """Leave out what the shell is set to; let Ctrl-C reach what the tests start.

    A shell's background job, as CI often is, passes on an ignored SIGINT.
    """
    settings.load_profile("headgate")
    # SDKs are hundreds of thousands of objects that stay: going over them at every turn is a quarter of a run.
    gc.set_threshold(100_000, 20, 50)
    for name in [each for each in os.environ if each.startswith(("HEADGATE_", "PULUMI_")) and each not in _OURS]:
        del os.environ[name]
    # What a machine has believed outlives a run: that of the tests is not this user's.
    os.environ["HEADGATE_SEEN"] = str(Path(tempfile.gettempdir()) / f"headgate-tests-{os.getuid()}" / "seen")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

"""What holds for every suite."""

import signal

from hypothesis import settings

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("headgate", deadline=None)


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start: a shell's background job, as CI often is, passes on an ignored SIGINT."""
    settings.load_profile("headgate")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

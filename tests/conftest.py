"""What holds for every suite."""

import signal


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start: a shell's background job, as CI often is, passes on an ignored SIGINT."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)

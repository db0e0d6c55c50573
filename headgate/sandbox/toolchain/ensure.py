"""Have several tools, in the order in which the rest of the sandbox can begin.

One worker per family: programs of one family share most of what they compile, so building two of them at once
would compile it twice; families share nothing, and one links (one core) while the other compiles.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from headgate.sandbox.toolchain import ambient, store
from headgate.sandbox.toolchain.catalogue import TOOLS, Tool, tool
from headgate.sandbox.toolchain.progress import Reporter, Silent

_FAMILIES_AT_ONCE = 2


def ensure(names: Sequence[str], progress: Reporter | None = None, *, thorough: bool = False) -> dict[str, Path]:
    """Return name → program, building what is missing. Thorough also hashes what is in the cache.

    Ctrl-C and SIGTERM end every compiler that was started, then go on to the caller.
    """
    reporter = progress or Silent()
    wanted = {tool(name).name for name in names}
    ready: dict[str, Path] = {}
    missing: list[Tool] = []
    for candidate in (each for each in TOOLS if each.name in wanted):
        found = _present(candidate, reporter, thorough=thorough)
        if found is None:
            missing.append(candidate)
        else:
            ready[candidate.name] = found
    if missing:
        ready.update(_build_all(missing, reporter, thorough=thorough))
    return {name: ready[name] for name in names}


def _present(candidate: Tool, reporter: Reporter, *, thorough: bool) -> Path | None:
    """Return the program if it is in the cache or on PATH."""
    cached = store.lookup(candidate)
    if cached is not None and cached.damage(thorough=thorough) is None:
        reporter.found(candidate, cached.binary, "cache")
        return cached.binary
    found = ambient.on_path(candidate) if cached is None else None
    if found is not None:
        reporter.found(candidate, found, "PATH")
    return found


def _build_all(missing: list[Tool], reporter: Reporter, *, thorough: bool) -> dict[str, Path]:
    """Build family by family; the first failure or signal stops the others."""
    # Of all who ask for a tool, few build one.
    from headgate.sandbox.toolchain.build import InterruptedBuildError, build

    families: dict[str, list[Tool]] = {}
    for each in missing:
        families.setdefault(each.family, []).append(each)
    stop = threading.Event()

    def work(tools: list[Tool]) -> dict[str, Path]:
        return {each.name: build(each, reporter, stop, thorough=thorough) for each in tools}

    with _stopping(stop), ThreadPoolExecutor(_FAMILIES_AT_ONCE, thread_name_prefix="build") as pool:
        futures = [pool.submit(work, tools) for tools in families.values()]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            if any(future.done() and future.exception() for future in futures) or stop.is_set():
                stop.set()
            if not all(future.done() for future in futures):
                stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
    causes = [future.exception() for future in futures if not future.cancelled() and future.exception()]
    for cause in sorted(causes, key=lambda each: isinstance(each, InterruptedBuildError)):
        if cause is not None:
            raise cause
    return {name: path for future in futures for name, path in future.result().items()}


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    """Let SIGINT and SIGTERM set the event and raise in the main thread; elsewhere signals are the caller's."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop.set()
        if number == signal.SIGTERM:
            raise SystemExit(128 + number)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""One process, kept running: spawn, watch, probe, restart with back-off, end.

Owns the life of a single ProcessSpec. Which processes there are is `processes.py`'s business.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.sandbox.process import ProcessSpec, ProcessStatus, State
from headgate.sandbox.supervisor.backoff import Backoff
from headgate.sandbox.supervisor.logfiles import tail
from headgate.sandbox.supervisor.probes import Answer, ask
from headgate.sandbox.supervisor.spawn import memory_bytes, signal_group, spawn
from headgate.sandbox.supervisor.tokens import fill

LOG = logging.getLogger(__name__)
FIRST_PROBE, LONGEST_PROBE = 0.05, 0.5
HEALTH_INTERVAL, RECHECK_INTERVAL = 5.0, 1.0
MEMORY_INTERVAL = 5.0
# A loaded laptop may answer late: only half a minute of silence is taken for a hang, and a refusal never is.
UNHEALTHY_AFTER, HUNG_AFTER = 2, 6
GIVE_UP_WAITING_AFTER = 5


class Child:
    """A process of the sandbox. All methods run on the supervisor's loop."""

    def __init__(
        self,
        spec: ProcessSpec,
        ports: Mapping[str, int],
        environment: Mapping[str, str],
        log: Path,
        changed: Callable[[], None],
    ) -> None:
        self.spec = spec
        self.ports = dict(ports)
        self.log = log
        self.state = State.STOPPED
        self.reason = ""
        self.restarts = 0
        self._measured: tuple[int | None, float, int] = (None, 0.0, 0)
        self.pid: int | None = None
        self._filled = fill(spec, ports)
        self._environment = {**environment, **self._filled.env}
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._turned = asyncio.Event()

    def start(self) -> None:
        """Begin to keep the process running."""
        self._stopping = False
        self._task = asyncio.create_task(self._keep_running(), name=self.spec.name)

    async def stop(self) -> None:
        """End the process: ask, wait `grace` seconds, insist."""
        self._stopping = True
        if self._task is None:
            return
        began = time.monotonic()
        if self.pid is not None:
            signal_group(self.pid, signal.SIGTERM)
            await asyncio.wait([self._task], timeout=self.spec.grace)
            if self.pid is not None:
                LOG.info("%s did not end in %g s and is killed", self.spec.name, self.spec.grace)
                signal_group(self.pid, signal.SIGKILL)
        else:
            self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
            LOG.info("%s ended in %.1f s", self.spec.name, time.monotonic() - began)
        self._task = None
        self._turn(State.STOPPED)

    async def wait_ready(self, timeout: float) -> None:
        """Return when the process is ready; raise, with the end of its log, when it will not be in time."""
        before = self.restarts
        try:
            async with asyncio.timeout(timeout):
                while self.state is not State.READY:
                    if self.state is State.FAILED or self.restarts - before >= GIVE_UP_WAITING_AFTER:
                        raise self._not_ready()
                    await self._turned.wait()
        except TimeoutError:
            raise self._not_ready(f" in {timeout:g} s") from None

    def status(self) -> ProcessStatus:
        """Return what is known of the process now."""
        return ProcessStatus(
            name=self.spec.name,
            group=self.spec.group,
            state=self.state,
            pid=self.pid,
            ports=dict(self.ports),
            restarts=self.restarts,
            memory=self._memory(),
            log=str(self.log),
            reason=self.reason,
        )

    def _memory(self) -> int:
        """Return what memory the process takes, as of seconds ago: to measure it the kernel walks every page."""
        measured_for, at, _ = self._measured
        if measured_for != self.pid or time.monotonic() - at > MEMORY_INTERVAL:
            self._measured = (self.pid, time.monotonic(), memory_bytes(self.pid))
        return self._measured[2]

    async def _keep_running(self) -> None:
        """Run the process again and again until told to stop."""
        backoff = Backoff()
        while not self._stopping:
            began = time.monotonic()
            code = await self._run_once()
            if code is None or self._stopping:
                return
            if not self.spec.restart:
                self._turn(State.STOPPED if code == 0 else State.FAILED, exit_text(code))
                return
            pause = backoff.after_run(time.monotonic() - began)
            LOG.warning("%s %s", self.spec.name, exit_text(code))
            self._turn(State.BACKOFF, f"{exit_text(code)}; starts again in {pause:g} s")
            await asyncio.sleep(pause)
            self.restarts += 1

    async def _run_once(self) -> int | None:
        """Start the process and stay until it ends; return its exit code, or None when it can't be started."""
        self._turn(State.STARTING)
        try:
            process = spawn(self._filled.argv, self._environment, self._filled.cwd, self.log)
        except OSError as error:
            self._turn(State.FAILED, f"can't start {self._filled.argv[0]}: {error.strerror or error}")
            return None
        self.pid = process.pid
        ended = asyncio.get_running_loop().create_future()
        watching = watch(process, ended)
        health = asyncio.create_task(self._watch_health())
        try:
            code: int = await ended
        finally:
            watching()
            health.cancel()
            if process.returncode is None:
                signal_group(process.pid, signal.SIGKILL)
                process.wait()
            self.pid = None
        return code

    async def _watch_health(self) -> None:
        """Turn the state with the probe's answers; end a process that has fallen silent."""
        probe = self._filled.ready
        await self._become_ready()
        misses = silences = 0
        while probe is not None:
            await asyncio.sleep(HEALTH_INTERVAL if misses == 0 else RECHECK_INTERVAL)
            answer = await ask(probe)
            misses = 0 if answer is Answer.READY else misses + 1
            silences = silences + 1 if answer is Answer.SILENT else 0
            if misses == 0:
                self._turn(State.READY)
            elif misses >= UNHEALTHY_AFTER:
                self._turn(State.UNHEALTHY, f"its probe is {answer}")
            if silences >= HUNG_AFTER and self.pid is not None:
                LOG.warning("%s does not answer at all and is killed", self.spec.name)
                signal_group(self.pid, signal.SIGKILL)

    async def _become_ready(self) -> None:
        """Probe, more and more slowly, until the first good answer."""
        pause = FIRST_PROBE
        while self._filled.ready is not None and await ask(self._filled.ready) is not Answer.READY:
            await asyncio.sleep(pause)
            pause = min(LONGEST_PROBE, pause * 1.5)
        self._turn(State.READY)

    def _turn(self, state: State, reason: str = "") -> None:
        """Change the state and wake whoever waits for it."""
        if (state, reason) == (self.state, self.reason):
            return
        self.state, self.reason = state, reason
        self._turned.set()
        self._turned = asyncio.Event()
        self._changed()

    def _not_ready(self, when: str = "") -> HeadgateError:
        """Say why the process is not ready, with the end of its log."""
        found = self.reason or str(self.state)
        return HeadgateError(
            f"{self.spec.name} is not ready{when}",
            where=str(self.log),
            found="\n            ".join([found, *tail(self.log)]),
            expected="a process that answers its probe",
            fix=f"headgate sandbox logs {self.spec.name}",
        )


def watch(process: subprocess.Popen[bytes], ended: asyncio.Future[int]) -> Callable[[], None]:
    """Resolve `ended` with the exit code, without a thread; return what stops the watch."""
    loop = asyncio.get_running_loop()
    descriptor = os.pidfd_open(process.pid)

    def on_exit() -> None:
        loop.remove_reader(descriptor)
        # Before the process is reaped its number can't be reused, so the group is certainly its own: what it started
        # must not outlive it and hold its ports.
        signal_group(process.pid, signal.SIGKILL)
        code = process.wait()
        if not ended.done():
            ended.set_result(code)

    def stop() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)

    loop.add_reader(descriptor, on_exit)
    return stop


def exit_text(code: int) -> str:
    """Describe how a process ended."""
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"

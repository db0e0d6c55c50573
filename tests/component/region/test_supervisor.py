"""The supervisor, with real processes: restarts, ends, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox.control import Control, HttpProbe, ProcessSpec, ProcessStatus, State, TcpProbe
from headgate.sandbox.layout import StateDir
from headgate.sandbox.supervisor import launch, lock

pytestmark = pytest.mark.component

PATIENCE = 30.0


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDir]:
    """Return a state directory with a running supervisor, which ends with the test."""
    directory = StateDir(tmp_path)
    launch.start(directory)
    yield directory
    launch.stop(directory)


@pytest.fixture
def control(state: StateDir) -> Control:
    """Return its client."""
    return Control(state)


def server(name: str = "web", *extra: str) -> ProcessSpec:
    """Return a small HTTP server."""
    argv = (sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "{port:http}", *extra)
    return ProcessSpec(name, argv, ready=HttpProbe("http://127.0.0.1:{port:http}/"))


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    assert launch.wait_for(condition, PATIENCE)


def runs(pid: int | None) -> bool:
    """Say whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def one(control: Control, name: str = "web") -> ProcessStatus:
    """Return a process's status."""
    return next(each for each in control.processes() if each.name == name)


def test_a_ready_process_is_described(control: Control, state: StateDir) -> None:
    """Its port answers, it takes memory, and its log is private."""
    status = control.ensure_process(server())

    assert (status.name, status.state, status.restarts) == ("web", State.READY, 0)
    assert status.memory > 1024 * 1024
    with socket.create_connection(("127.0.0.1", status.ports["http"])):
        pass
    assert stat.S_IMODE(Path(status.log).stat().st_mode) == 0o600
    assert stat.S_IMODE(state.supervisor_socket.stat().st_mode) == 0o600


def test_the_same_spec_is_left_alone_and_a_changed_one_restarted(control: Control) -> None:
    """Idempotent by equality; the port stays in both cases."""
    first = control.ensure_process(server())
    again = control.ensure_process(server())
    changed = control.ensure_process(server("web", "--protocol=HTTP/1.1"))

    assert again.pid == first.pid
    assert changed.pid != first.pid
    assert not runs(first.pid)
    assert changed.ports == again.ports == first.ports


def test_a_killed_process_is_started_again_on_its_port(control: Control) -> None:
    """With a restart counted."""
    before = control.ensure_process(server())
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: one(control).restarts == 1 and one(control).state is State.READY)

    after = one(control)
    assert after.pid != before.pid
    assert after.ports == before.ports


def test_a_stopped_process_is_gone(control: Control) -> None:
    """From the machine and from the list; stopping it again is fine."""
    status = control.ensure_process(server())
    control.stop_process("web")
    control.stop_process("web")

    assert control.processes() == []
    assert not runs(status.pid)


def test_a_process_that_can_t_start_is_an_error_with_its_last_words(control: Control) -> None:
    """Not a timeout: the program's own complaint."""
    spec = ProcessSpec(
        "broken",
        (sys.executable, "-c", "raise SystemExit('no such table')"),
        restart=False,
        ready=TcpProbe("127.0.0.1:{port:x}"),
    )

    with pytest.raises(HeadgateError) as caught:
        control.ensure_process(spec)
    assert "exited with code 1" in str(caught.value.found)
    assert "no such table" in str(caught.value.found)
    assert caught.value.fix == "headgate sandbox logs broken"


def test_a_program_that_does_not_exist_is_an_error(control: Control) -> None:
    """It is not tried again and again."""
    with pytest.raises(HeadgateError) as caught:
        control.ensure_process(ProcessSpec("nothing", ("/nonexistent/program",)))
    assert "No such file" in str(caught.value.found)


def test_a_process_that_keeps_dying_is_in_backoff(control: Control) -> None:
    """Its state says so, and how it died."""
    control.ensure_process(ProcessSpec("flaky", (sys.executable, "-c", "raise SystemExit(3)")), wait=0)
    until(lambda: one(control, "flaky").restarts >= 1 and one(control, "flaky").state is State.BACKOFF)

    assert one(control, "flaky").reason.startswith("exited with code 3")


def test_kill_9_of_the_supervisor_leaves_no_child(state: StateDir, control: Control) -> None:
    """Nor do their own children survive in their session."""
    pids = [control.ensure_process(server(name)).pid for name in ("one", "two")]
    supervisor = lock.holder(state.supervisor_lock)
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)

    until(lambda: not any(runs(pid) for pid in pids))
    assert lock.holder(state.supervisor_lock) is None


def test_after_a_kill_everything_comes_back(state: StateDir, control: Control) -> None:
    """On its own port, from the record on disk; the stale lock and socket are no obstacle."""
    before = control.ensure_process(server())
    supervisor = lock.holder(state.supervisor_lock)
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: not runs(before.pid))

    assert launch.start(state)
    until(lambda: one(control).state is State.READY)
    assert one(control).ports == before.ports


def test_a_second_start_is_no_start(state: StateDir) -> None:
    """The one that runs goes on."""
    holder = lock.holder(state.supervisor_lock)

    assert not launch.start(state)
    assert lock.holder(state.supervisor_lock) == holder


def test_down_leaves_no_process_port_or_lock(tmp_path: Path) -> None:
    """And down again finds nothing to do."""
    state = StateDir(tmp_path)
    launch.start(state)
    status = Control(state).ensure_process(server())
    supervisor = lock.holder(state.supervisor_lock)

    assert launch.stop(state)
    until(lambda: not runs(supervisor))
    assert not runs(status.pid)
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", status.ports["http"])):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs", "supervisor"]
    assert not launch.stop(state)


def test_a_port_that_was_taken_meanwhile_is_chosen_again(tmp_path: Path) -> None:
    """The other program keeps it; ours comes up elsewhere."""
    state = StateDir(tmp_path)
    launch.start(state)
    before = Control(state).ensure_process(server())
    launch.stop(state)
    with socket.create_server(("127.0.0.1", before.ports["http"])):
        launch.start(state)
        control = Control(state)
        until(lambda: one(control).state is State.READY)
        after = one(control)
        launch.stop(state)

    assert after.ports["http"] != before.ports["http"]


def test_reserved_ports_are_those_that_the_process_gets(control: Control) -> None:
    """A configuration file can be written before the process starts."""
    reserved = control.reserve_ports("web", ["http"])

    assert control.ensure_process(server()).ports == reserved


def test_waiting_for_a_change_ends_with_it(control: Control) -> None:
    """A caller that knows the newest version waits; one that is behind does not."""
    version = control.wait_change(0, timeout=0.1)
    control.ensure_process(server())

    assert control.wait_change(version, timeout=PATIENCE) > version


def test_a_damaged_record_stops_the_start_with_a_way_out(tmp_path: Path) -> None:
    """The daemon's error reaches the one who started it."""
    state = StateDir(tmp_path)
    (tmp_path / "supervisor").mkdir()
    (tmp_path / "supervisor" / "desired.json").write_text("{")

    with pytest.raises(HeadgateError) as caught:
        launch.start(state)
    assert caught.value.fix == "headgate sandbox reset, then make up"
    assert lock.holder(state.supervisor_lock) is None


def test_without_a_supervisor_calls_say_what_to_do(tmp_path: Path) -> None:
    """Not a connection error."""
    with pytest.raises(HeadgateError) as caught:
        Control(StateDir(tmp_path)).processes()
    assert (caught.value.what, caught.value.fix) == ("the sandbox is not running", "headgate sandbox up")


SWITCHED = """
import http.server, pathlib, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        word = pathlib.Path(sys.argv[2]).read_text()
        if word == "hang":
            time.sleep(3600)
        self.send_response(200 if word == "ready" else 503)
        self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_process_that_says_it_is_not_ready_is_unhealthy_and_left_alone(control: Control, tmp_path: Path) -> None:
    """Killing what answers would not make it ready; once it says so, it is."""
    switch = tmp_path / "switch"
    switch.write_text("ready")
    argv = (sys.executable, "-c", SWITCHED, "{port:http}", str(switch))
    before = control.ensure_process(ProcessSpec("web", argv, ready=HttpProbe("http://127.0.0.1:{port:http}/")))
    switch.write_text("not ready")
    until(lambda: one(control).state is State.UNHEALTHY)
    switch.write_text("ready")
    until(lambda: one(control).state is State.READY)

    assert (one(control).pid, one(control).restarts) == (before.pid, 0)


def test_two_that_start_at_once_have_one_supervisor(tmp_path: Path) -> None:
    """Whoever comes second finds it running."""
    state = StateDir(tmp_path)
    code = "import sys; from pathlib import Path; from headgate.sandbox.layout import StateDir; "
    code += "from headgate.sandbox.supervisor import launch; launch.start(StateDir(Path(sys.argv[1])))"
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(3)]

    assert [each.wait(PATIENCE) for each in started] == [0, 0, 0]
    assert Control(state).alive()
    assert launch.stop(state)

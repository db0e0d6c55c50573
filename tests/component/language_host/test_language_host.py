"""The language host under the real engine: programs, failures, packs, component plugins, signals."""

from __future__ import annotations

import contextlib
import json
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.sandbox.toolchain import tool_path

from .conftest import Workspace

pytestmark = pytest.mark.component

COMPONENT = """
import pulumi
class Pair(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("trial:index:Pair", name)
        self.register_outputs({})
Pair("one")
config = pulumi.Config()
pulumi.export("greeting", config.get("greeting"))
pulumi.export("token", config.get_secret("token"))
pulumi.log.debug("measured twice")
pulumi.export("where", f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}")
"""


def test_program_gets_configuration_and_exports_outputs(workspace: Workspace) -> None:
    """Configuration, secrets and the stack's name reach the program; outputs and components reach the state."""
    workspace.write("__main__.py", COMPONENT)
    workspace.pulumi("config", "set", "greeting", "hello")
    workspace.pulumi("config", "set", "--secret", "token", "s3cret-value")

    up = workspace.pulumi("up", "--yes", "--skip-preview", "--debug")
    outputs = json.loads(workspace.pulumi("stack", "output", "--json").stdout)
    state = json.loads(workspace.pulumi("stack", "export").stdout)["deployment"]["resources"]

    assert (up.returncode, up.stderr) == (0, "")
    assert outputs == {"greeting": "hello", "token": "[secret]", "where": "organization/trial/dev"}
    assert "measured twice" in up.stdout
    assert "s3cret-value" not in up.stdout
    assert [frame["sourcePosition"] for frame in state[1]["stackTrace"]] == ["project:///__main__.py#7"]


def test_second_preview_of_an_unchanged_program_has_no_changes(workspace: Workspace) -> None:
    """What was deployed is `same` the next time."""
    workspace.write("__main__.py", COMPONENT)
    workspace.pulumi("up", "--yes", "--skip-preview")

    preview = workspace.pulumi("preview", "--expect-no-changes")

    assert preview.returncode == 0, preview.stdout + preview.stderr


def test_a_component_that_was_renamed_is_the_same_and_so_is_what_is_in_it(workspace: Workspace) -> None:
    """The engine works out what things were called before, for the children too."""
    nested = COMPONENT.replace('Pair("one")', "") + (
        "class Nest(pulumi.ComponentResource):\n"
        "    def __init__(self, name, opts=None):\n"
        '        super().__init__("trial:index:Nest", name, None, opts)\n'
        "        within = pulumi.ResourceOptions(parent=self)\n"
        '        pulumi.ComponentResource("trial:index:Egg", f"{name}-egg", None, within)\n'
        "        self.register_outputs({})\n"
    )
    workspace.write("__main__.py", f'{nested}Nest("one")\n')
    workspace.pulumi("up", "--yes", "--skip-preview")
    workspace.write("__main__.py", f'{nested}Nest("two", pulumi.ResourceOptions(aliases=[pulumi.Alias(name="one")]))\n')

    renamed = workspace.pulumi("preview", "--expect-no-changes")

    assert renamed.returncode == 0, renamed.stdout + renamed.stderr


def test_unhandled_exception_shows_the_programs_own_frames(workspace: Workspace) -> None:
    """The traceback begins in the program, the update fails, and nothing is said twice."""
    workspace.write("__main__.py", "from layers import build\nbuild()\n")
    workspace.write("layers.py", "def build():\n    raise KeyError('uaenorth')\n")

    up = workspace.pulumi("up", "--yes", "--skip-preview")

    assert up.returncode != 0
    assert up.stdout.count("KeyError: 'uaenorth'") <= 2  # once as it happens, once in the summary of diagnostics
    assert 'layers.py", line 2, in build' in up.stdout
    assert "runpy" not in up.stdout


def test_program_that_exits_by_itself_fails_the_update(workspace: Workspace) -> None:
    """`sys.exit(3)` is a failure, with its code."""
    workspace.write("__main__.py", "import sys\nsys.exit(3)\n")

    up = workspace.pulumi("up", "--yes", "--skip-preview")

    assert up.returncode != 0
    assert "the program exited with 3" in up.stdout + up.stderr


def test_missing_virtualenv_says_what_to_do(workspace: Workspace) -> None:
    """A virtual environment that the options name and nobody made is told, not replaced by another interpreter."""
    workspace.write("Pulumi.yaml", "name: trial\nruntime: {name: python, options: {virtualenv: nowhere}}\n")

    up = workspace.pulumi("up", "--yes", "--skip-preview")

    assert up.returncode != 0
    assert f"the virtual environment {workspace.root}/nowhere of this program does not exist" in up.stdout + up.stderr


def test_python_pack_is_run_and_a_violation_stops_the_update(workspace: Workspace) -> None:
    """A pack in Python that serves the analyzer protocol denies a component before it is registered."""
    workspace.write("__main__.py", COMPONENT)
    workspace.write("pack/PulumiPolicy.yaml", "runtime: python\n")
    workspace.write("pack/__main__.py", _DENYING_PACK)

    preview = workspace.pulumi("preview", "--policy-pack", "pack")

    assert preview.returncode != 0
    assert "no pairs here" in preview.stdout


_DENYING_PACK = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2 as pb, analyzer_pb2_grpc, plugin_pb2

class Pack(analyzer_pb2_grpc.AnalyzerServicer):
    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version="1.0.0")
    def GetAnalyzerInfo(self, request, context):
        policy = pb.PolicyInfo(name="no-pairs", enforcementLevel=pb.MANDATORY)
        return pb.AnalyzerInfo(name="trial-pack", version="1.0.0", policies=[policy])
    def Configure(self, request, context):
        return empty_pb2.Empty()
    def Analyze(self, request, context):
        if request.type != "trial:index:Pair":
            return pb.AnalyzeResponse()
        return pb.AnalyzeResponse(diagnostics=[pb.AnalyzeDiagnostic(
            policyName="no-pairs", policyPackName="trial-pack", policyPackVersion="1.0.0",
            message="no pairs here", enforcementLevel=pb.MANDATORY, urn=request.urn)])
    def AnalyzeStack(self, request, context):
        return pb.AnalyzeResponse()

server = grpc.server(ThreadPoolExecutor(8))
analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Pack(), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
threading.Event().wait()
"""

_PLUGIN = '''
from typing import Optional, TypedDict
import pulumi
from pulumi.provider.experimental import component_provider_host

class BucketArgs(TypedDict):
    replicas: pulumi.Input[int]
    """How many copies there are."""

class Bucket(pulumi.ComponentResource):
    def __init__(self, name: str, args: BucketArgs, opts: Optional[pulumi.ResourceOptions] = None):
        super().__init__("trial-components:index:Bucket", name, {}, opts)
        self.register_outputs({})

component_provider_host(name="trial-components", components=[Bucket])
'''


def test_component_folder_gives_its_schema(workspace: Workspace) -> None:
    """`package get-schema` of a folder with PulumiPlugin.yaml runs it, and docstrings become descriptions."""
    workspace.write("components/PulumiPlugin.yaml", "runtime: python\n")
    workspace.write("components/__main__.py", _PLUGIN)

    answer = workspace.pulumi("package", "get-schema", "./components")

    assert answer.returncode == 0, answer.stderr
    bucket = json.loads(answer.stdout)["resources"]["trial-components:index:Bucket"]
    assert bucket["inputProperties"] == {"replicas": {"type": "integer", "description": "How many copies there are."}}


def test_about_lists_the_interpreter_and_its_distributions(workspace: Workspace) -> None:
    """`pulumi about` knows the program's interpreter and what is installed for it."""
    workspace.write("__main__.py", COMPONENT)

    about = json.loads(workspace.pulumi("about", "--json", "--transitive").stdout)

    assert about["runtime"]["executable"] == sys.executable
    assert {"name": "pulumi", "version": "3.259.0"} in about["dependencies"]


def test_install_installs_what_requirements_name(workspace: Workspace) -> None:
    """`pulumi install` runs pip on requirements.txt; what is there already needs no index."""
    workspace.write("requirements.txt", "click\n")

    install = workspace.pulumi("install")

    assert install.returncode == 0, install.stdout + install.stderr
    assert "Requirement already satisfied: click" in install.stdout + install.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_host_ends_quietly_on_a_signal(number: signal.Signals) -> None:
    """The engine's way of ending it, and a terminal's, print nothing and exit with 0."""
    command = [sys.executable, "-P", "-m", "headgate.sandbox.language_host", "127.0.0.1:1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as host:
        assert host.stdout is not None
        port = int(host.stdout.readline())
        host.send_signal(number)
        # stdin stays open: the signal alone must end it.
        code = host.wait(timeout=20)
        assert (code, host.stdout.read(), host.stderr.read() if host.stderr else b"") == (0, b"", b"")
    assert port > 0


def test_host_and_program_end_when_the_engine_is_killed(workspace: Workspace) -> None:
    """A CLI that is killed in the middle of a program leaves neither host nor program behind."""
    pid_file = workspace.root / "pids"
    workspace.write(
        "__main__.py",
        "import os, pathlib, time\n"
        f"path = pathlib.Path({str(pid_file)!r})\n"
        "path.with_suffix('.new').write_text(f'{os.getpid()} {os.getppid()}')\n"
        "path.with_suffix('.new').rename(path)\n"
        "time.sleep(600)\n",
    )
    with subprocess.Popen(
        [tool_path("pulumi"), "preview", "--non-interactive"],
        cwd=workspace.root,
        env=workspace.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as cli:
        _wait(pid_file.exists)
        cli.kill()

    program, host = map(int, pid_file.read_text().split())
    _wait(lambda: not _alive(program) and not _alive(host))


def _alive(pid: int) -> bool:
    """Whether a process runs. A zombie whose parent has not looked yet does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _wait(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def test_shims_are_for_their_owner_alone(workspace: Workspace) -> None:
    """Executables that the engine runs can't be changed by another user."""
    plugins = Path(workspace.environment["PULUMI_HOME"]) / "plugins"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in plugins.glob("*/pulumi-*")}

    assert modes == dict.fromkeys(
        ("pulumi-language-python", "pulumi-resource-azure-native", "pulumi-resource-kubernetes"), 0o700
    )

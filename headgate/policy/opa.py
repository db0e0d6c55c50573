"""OPA as a process: one evaluation, or a server for many. The only place that starts it.

A run of a check is one evaluation: it has no port that anyone else could use, and all that it loads is the rules. The
update gate asks once per resource, so it has a server, on a unix socket in a directory of its own, with a token of the
run.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headgate import temporary
from headgate.errors import HeadgateError
from headgate.policy.bundle import Bundle
from headgate.policy.catalogue import SCOPES

_OBJECT, _RELATION = SCOPES
QUERY = "data.main.decision"
# The decision where the rules and parameters were looked at before: a third of the time.
AGAIN = "data.main.again"
# A plan of 10,000 resources takes seconds; ten minutes is a hang.
TIMEOUT_SECONDS = 600.0
# Go's collector by default goes over a heap that has doubled: a fifth of the time of a process that lives for seconds.
# At three times its size it costs little; past that, memory is all that grows. Whoever set this knows better.
_COLLECTOR = {"GOGC": "200"}
# Who reads all resources of a large plan, for relations, holds the most memory of a check: there a quarter less of it
# is worth some processor time.
_SPARING = {"GOGC": "50"}
# What answers in a cluster, whose API is another: no decision of a run needs it, and to compile it takes a sixth of the
# time that a small plan takes.
_OF_CLUSTERS = ("main/admission/", "main/recording/", "main/system/")
_THEIRS = re.compile(r"\bdata\.(?:main\.(?:admission|recording)|main\[|system)\b")


def executable() -> Path:
    """Return the pinned OPA."""
    from headgate.sandbox.toolchain import tool_path  # the sandbox's toolchain is not needed to import this

    return tool_path("opa")


def write(bundle: Bundle, folder: Path, **extra: Any) -> None:
    """Write a bundle's Rego and data into a folder, as OPA loads it."""
    for name, text in bundle.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (folder / "data.json").write_text(json.dumps(bundle.data(**extra)), encoding="utf-8")


def needed(bundle: Bundle, query: str, below: str = "") -> dict[str, str]:
    """Return the Rego that a query needs: what is `below` a folder of it, and for a decision what decides."""
    files = {name: text for name, text in bundle.files.items() if name.startswith(below)}
    if query != QUERY:
        return files
    kept = {name: text for name, text in files.items() if not name.startswith(_OF_CLUSTERS)}
    # What is not there is undefined, without a word: a rule that asks for it keeps it.
    return files if any(_THEIRS.search(text) for text in kept.values()) else kept


def _packed(bundle: Bundle, files: Mapping[str, str]) -> bytes:
    """Return Rego and data as one archive: a hundred files fewer to make. To press it small takes longer."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=0) as archive:
        for name, text in {**files, "data.json": json.dumps(bundle.data())}.items():
            content = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def evaluate(bundle: Bundle, run: Mapping[str, Any], timeout: float = TIMEOUT_SECONDS) -> dict[str, Any]:
    """Return the decision document over a run, or raise: there is no half decision."""
    return checked(value(bundle, QUERY, run, timeout))


def value(
    bundle: Bundle, query: str, document: Mapping[str, Any], timeout: float = TIMEOUT_SECONDS, below: str = ""
) -> Any:
    """Return what a query of the rules comes to with a document as input, or raise.

    A query that needs no more than a folder says `below` which: loading is most of the time that an answer takes.
    """
    with temporary.folder("opa") as folder:
        rules = folder / "rules.tar.gz"
        rules.write_bytes(_packed(bundle, needed(bundle, query, below)))
        command = [
            *(str(executable()), "eval", "--format", "json", "--stdin-input", "--strict-builtin-errors"),
            *("--bundle", str(rules), query),
        ]
        try:
            done = subprocess.run(
                command,
                input=json.dumps(document).encode(),
                env=(_SPARING if document.get("scope") == _RELATION else _COLLECTOR) | os.environ,
                capture_output=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise slow(timeout) from error
        except OSError as error:
            raise unavailable(str(error)) from error
    return _value(query, done.stdout, done.stderr, done.returncode)


def _value(query: str, stdout: bytes, stderr: bytes, code: int) -> Any:
    if code < 0:
        raise unavailable(_ended(-code))
    try:
        answer = json.loads(stdout)
    except ValueError:
        answer = {}
    if not isinstance(answer, dict):
        answer = {}
    if code != 0 or answer.get("errors"):
        messages = [told(error) for error in answer.get("errors", [])]
        raise unavailable("; ".join(messages) or stderr.decode(errors="replace").strip() or f"exit code {code}")
    try:
        return answer["result"][0]["expressions"][0]["value"]
    except (KeyError, IndexError, TypeError) as error:
        raise unavailable(f"no decision: the entry point {query} is undefined") from error


def told(error: Mapping[str, Any]) -> str:
    """Return an error of OPA's in its words, with the file and line of the rules that it came from."""
    message, place = str(error.get("message", error)), error.get("location")
    if not isinstance(place, dict) or not place.get("file"):
        return message
    return f"{message} ({str(place['file']).lstrip('/')}:{place.get('row', '?')})"


def ended(code: int) -> str:
    """Say how OPA ended, by the exit code of its process."""
    return _ended(-code) if code < 0 else f"OPA ended with code {code}"


def _ended(number: int) -> str:
    """Say what ended OPA: a kernel that runs out of memory kills the largest process, with no word."""
    name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
    cause = "; the machine may have run out of memory" if number == signal.SIGKILL else ""
    return f"OPA was ended by signal {name}{cause}"


def checked(document: Any) -> dict[str, Any]:
    """Return a decision document that is whole, or raise with its errors."""
    if not isinstance(document, dict) or not isinstance(document.get("results"), list):
        raise unavailable("a decision without results")
    if document.get("errors") or not document.get("rules"):
        raise unavailable("; ".join(document.get("errors") or ["no rule was evaluated"]))
    return document


def slow(seconds: float) -> HeadgateError:
    """Return the error of a run that OPA did not judge in time."""
    fix = "look at what else this machine does, or give it longer: `headgate check --timeout SECONDS`"
    return unavailable(f"no answer within {seconds:.0f} s", fix)


def unavailable(found: str, fix: str | None = None) -> HeadgateError:
    """Return the error of a run that could not be evaluated."""
    return HeadgateError(
        "the rules could not be evaluated, so nothing was judged",
        found=found,
        expected="a decision from OPA",
        fix=fix or "`headgate toolchain build opa`, then `headgate policy test`, which names a broken rule",
    )

"""What a failed `go build` means, told by its output, and what to do about it."""

from __future__ import annotations

import re
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.sandbox.toolchain.catalogue import Tool

_NETWORK = re.compile(
    r"dial tcp|no such host|i/o timeout|network is unreachable|connection refused|connection reset by peer|"
    r"TLS handshake timeout|proxyconnect|module lookup disabled by GOPROXY|context deadline exceeded|"
    r"server misbehaving|unexpected EOF",
)
_CHECKSUM = re.compile(r"SECURITY ERROR|checksum mismatch")
_OLD_GO = re.compile(r"requires go >= (\S+)(?: \(running go (\S+?);)?")
_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_KILLED = re.compile(r"signal: killed")
_SUMS = re.compile(r"missing go\.sum entry|updates to go\.(?:mod|sum) needed")


def explain(tool: Tool, output: str, log: Path, returncode: int) -> HeadgateError:
    """Turn the output of a failed build into an error with one thing to do."""
    for matches, build in _CASES:
        if matches.search(output):
            return build(tool, output, log)
    tail = "\n".join(f"    {line}" for line in output.strip().splitlines()[-8:])
    return HeadgateError(
        f"{tool.name} {tool.version} does not compile (go exited with {returncode})",
        where=str(log),
        found="\n" + tail if tail else "no output",
        fix=f"read the log; the pins are in toolchain/{tool.family}/go.mod",
    )


def _line(output: str, pattern: re.Pattern[str]) -> str:
    """Return the line of the output that tells the cause."""
    return next((line.strip() for line in output.splitlines() if pattern.search(line)), "")


def _checksum(tool: Tool, output: str, log: Path) -> HeadgateError:
    """Tell of a module that is not what go.sum says: a matter of trust, not of luck."""
    return HeadgateError(
        f"a module of {tool.name} is not the one that its go.sum names: it may have been tampered with",
        where=str(log),
        found=_line(output, _CHECKSUM),
        expected=f"the checksum in toolchain/{tool.family}/go.sum",
        fix="`go clean -modcache` drops a damaged download; if it comes back, don't build: ask who serves your GOPROXY",
    )


def _full(tool: Tool, output: str, log: Path) -> HeadgateError:
    """Tell of a full disk."""
    return HeadgateError(
        f"the disk is full: {tool.name} could not be built",
        where=str(log),
        found=_line(output, _FULL),
        expected="about 6 GB for all tools (Go's build cache, module cache and the tool cache)",
        fix="free space, or point GOCACHE, GOTMPDIR and HEADGATE_TOOLS at another disk; finished tools are kept",
    )


def _old_go(tool: Tool, output: str, log: Path) -> HeadgateError:
    """Tell of a go line, of go.mod or a dependency, that asks for more."""
    found = _OLD_GO.search(output)
    return HeadgateError(
        f"Go is too old to build {tool.name}",
        where=str(log),
        found=f"Go {found.group(2)}" if found and found.group(2) else _line(output, _OLD_GO),
        expected=f"Go {found.group(1) if found else ''} or newer".replace("  ", " "),
        fix="upgrade Go, or put a newer one first on PATH",
    )


def _network(tool: Tool, output: str, log: Path) -> HeadgateError:
    """Tell of a module that could not be had."""
    return HeadgateError(
        f"the modules of {tool.name} could not be downloaded",
        where=str(log),
        found=_line(output, _NETWORK),
        expected="a module proxy that answers (`go env GOPROXY`)",
        fix="check the network and HTTPS_PROXY, or set GOPROXY to a mirror that you reach; then run the command again",
    )


def _killed(tool: Tool, output: str, log: Path) -> HeadgateError:
    """Tell of a compiler that the kernel or a limit ended."""
    return HeadgateError(
        f"the compiler was killed while it built {tool.name}: most likely memory ran out",
        where=str(log),
        found=_line(output, _KILLED),
        expected="about 4 GB of free memory",
        fix="close other programs, or set GOMAXPROCS=1 and run the command again",
    )


def _sums(tool: Tool, output: str, log: Path) -> HeadgateError:
    """Tell of module files that were changed by hand."""
    return HeadgateError(
        f"toolchain/{tool.family}/go.mod and go.sum don't belong together",
        where=str(log),
        found=_line(output, _SUMS),
        fix=f"git checkout -- toolchain/{tool.family}, or `go mod tidy` there after a change of pins",
    )


# In this order: a full disk and a bad checksum often end in lines that look like network trouble.
_CASES = (
    (_CHECKSUM, _checksum),
    (_FULL, _full),
    (_OLD_GO, _old_go),
    (_SUMS, _sums),
    (_KILLED, _killed),
    (_NETWORK, _network),
)

"""What the sandbox leaves on the machine while it runs: processes, sockets, files, certificates."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
import testinfra
import yaml
from cryptography import x509
from running_platform import RunningPlatform
from testinfra.host import Host

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def host() -> Host:
    """Return this machine."""
    return testinfra.get_host("local://")


def test_every_process_of_the_status_runs_under_the_supervisor(platform: RunningPlatform, host: Host) -> None:
    """Each pid that status names is a live child of the supervisor."""
    supervisor = int((platform.state / "supervisor.lock").read_text())

    for name, row in platform.processes().items():
        parents = {process.pid for process in host.process.filter(ppid=supervisor)}
        assert row["pid"] in parents or "workloads/" in name, name


def test_every_listening_socket_is_on_loopback(platform: RunningPlatform) -> None:
    """No process of the sandbox listens on an address that another machine could reach."""
    pids = {row["pid"] for row in platform.processes().values()}
    inodes = {inode for pid in pids for inode in _socket_inodes(pid)}
    open_to_all = [address for address, inode in _listeners() if inode in inodes and not _loopback(address)]

    assert [address for address, inode in _listeners() if inode in inodes]
    assert open_to_all == []


def _socket_inodes(pid: int) -> set[str]:
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def _listeners() -> list[tuple[str, str]]:
    rows = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                rows.append((fields[1].rpartition(":")[0], fields[9]))
    return rows


def _loopback(address: str) -> bool:
    """Read the kernel's hexadecimal address: 127/8 in little endian, the same mapped into IPv6, or ::1."""
    if address == "00000000000000000000000001000000":
        return True
    return address.removeprefix("0000000000000000FFFF0000").endswith("7F")


def test_the_state_and_its_secrets_are_their_owners_alone(platform: RunningPlatform, host: Host) -> None:
    """The directory is 0700, and so is that of Pulumi's states; keys, kubeconfigs and tokens are 0600."""
    assert host.file(str(platform.state)).mode == 0o700
    assert host.file(str(platform.state / "pulumi")).mode == 0o700
    private = [
        path
        for pattern in (
            "**/*.key",
            "**/kubeconfig",
            "**/*token*",
            "passphrase",
            "*-key.pem",
            "gate/*",
            "**/*.db",
        )
        for path in platform.state.glob(pattern)
        if path.is_file()
    ]
    readable = [str(path) for path in private if stat.S_IMODE(path.stat().st_mode) & 0o077]

    assert len(private) > 10
    assert readable == []


def test_certificates_are_valid_and_signed_by_the_sandboxs_authority(platform: RunningPlatform) -> None:
    """Every certificate that is served carries names, has not expired and comes from the sandbox's own CA."""
    authority = x509.load_pem_x509_certificate((platform.state / "pki" / "ca.crt").read_bytes())
    served = [path for path in (platform.state / "pki").glob("*.crt") if path.name != "ca.crt"]

    assert served
    for path in served:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        certificate.verify_directly_issued_by(authority)
        assert certificate.not_valid_after_utc > datetime.now(UTC), path
        assert certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)


@pytest.mark.parametrize("region", ["uaenorth", "uaecentral"])
def test_a_kubeconfig_works_for_kubectl_and_names_loopback(platform: RunningPlatform, region: str) -> None:
    """The kubeconfig of a region reaches its API server, which reports the version that was asked for."""
    document = yaml.safe_load(platform.kubeconfig(region).read_text())
    version = platform.kubectl(region, "version", "-o", "yaml")

    assert document["clusters"][0]["cluster"]["server"].startswith("https://127.0.0.1:")
    assert yaml.safe_load(version.out)["serverVersion"]["gitVersion"] == "v1.36.3"


def test_no_log_holds_a_secret(platform: RunningPlatform) -> None:
    """Neither a client key nor the audit token stands in any log."""
    token = (platform.state / "audit-token").read_text().strip()
    logs = list((platform.state / "logs").rglob("*.log"))

    assert logs
    assert [str(path) for path in logs if token in path.read_text(errors="replace")] == []
    assert [str(path) for path in logs if "PRIVATE KEY" in path.read_text(errors="replace")] == []

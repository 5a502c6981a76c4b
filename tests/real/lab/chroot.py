"""The Debian chroot the real Asterisk and SIPp live in: where it is, and how it is made.

Debian stable has no Asterisk, unstable has; a chroot keeps the two apart and needs no container
engine. ``DIALWATCH_LAB`` names its folder (default ``.lab`` in the checkout). Installing needs root
and about 40 seconds and 800 MB.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
PACKAGES = ("asterisk", "asterisk-config", "asterisk-core-sounds-en-wav", "sip-tester", "sox")
INSTALL_SECONDS = 900


class LabUnavailable(Exception):
    """The lab cannot be had on this machine; the message says why, in one line."""


def root() -> Path:
    """The folder of the chroot, whether it exists or not."""
    return Path(os.environ.get("DIALWATCH_LAB") or CHECKOUT / ".lab").resolve()


def ready(path: Path) -> bool:
    """Whether Asterisk and SIPp are installed in the chroot."""
    return (path / "usr/sbin/asterisk").exists() and (path / "usr/bin/sipp").exists()


def ensure() -> Path:
    """Return the chroot, installed and with /proc and /dev; raises LabUnavailable with the reason."""
    path = root()
    if os.geteuid() != 0:
        raise LabUnavailable("the real Asterisk runs in a chroot, which needs root")
    if not ready(path):
        _install(path)
    _prepare(path)
    return path


def release(path: Path) -> None:
    """Unmount /proc, so that the checkout can be removed like any folder."""
    subprocess.run(["umount", str(path / "proc")], capture_output=True, timeout=20)


def mirror(apt: Path = Path("/etc/apt")) -> str:
    """The Debian archive this machine's own apt uses; raises LabUnavailable when there is none."""
    found: list[str] = []
    for file in sorted(apt.glob("sources.list.d/*.sources")):
        found += re.findall(r"^URIs:\s*(\S+)", file.read_text("utf-8", "replace"), re.M)
    for file in [apt / "sources.list", *sorted(apt.glob("sources.list.d/*.list"))]:
        if file.exists():
            found += re.findall(r"^deb\s+(?:\[[^]]*]\s+)?(\S+)", file.read_text("utf-8", "replace"), re.M)
    for uri in found:
        if uri.rstrip("/").endswith("/debian") or "/archive/debian/" in uri:
            return uri
    raise LabUnavailable("apt on this machine names no Debian archive to install Asterisk from")


def _install(path: Path) -> None:
    source = mirror()
    if shutil.which("debootstrap") is None:
        _run(["apt-get", "update", "-q"], "apt-get update")
        _run(
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", "debootstrap"],
            "install debootstrap",
        )
    if not (path / "usr/bin/apt-get").exists():
        _run(
            ["debootstrap", "--variant=minbase", "--include=ca-certificates", "sid", str(path), source],
            "debootstrap of Debian unstable",
        )
    # A mirror may be a dated copy whose Release file has expired.
    (path / "etc/apt/apt.conf.d/90lab").write_text('Acquire::Check-Valid-Until "false";\n')
    inside = ["chroot", str(path), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    _run([*inside, "update", "-q"], "apt-get update in the chroot")
    _run([*inside, "install", "-y", "-q", "--no-install-recommends", *PACKAGES], "install Asterisk and SIPp")


def _prepare(path: Path) -> None:
    """Mount /proc; make the devices debootstrap could not make. The machine's own /dev stays out of here."""
    if not (path / "proc/self").exists():
        _run(["mount", "-t", "proc", "proc", str(path / "proc")], "mount /proc in the chroot")
    for name, minor in (("null", 3), ("zero", 5), ("random", 8), ("urandom", 9)):
        device = path / "dev" / name
        if not device.is_char_device():
            device.unlink(missing_ok=True)
            _run(["mknod", "-m", "666", str(device), "c", "1", str(minor)], f"make /dev/{name} in the chroot")


def _run(command: list[str], what: str) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=INSTALL_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabUnavailable(f"{what}: {error}") from error
    if done.returncode:
        tail = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no message"]
        raise LabUnavailable(f"{what} failed ({done.returncode}): {tail[0]}")

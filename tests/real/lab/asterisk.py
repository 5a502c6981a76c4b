"""The real Asterisk: configured, started, reloaded, restarted and killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from .ami import Driver

ETC = Path(__file__).with_name("etc")
AGENTS = tuple(str(extension) for extension in range(8001, 8100))
# An agent's phone listens on 127.0.0.1 at this port plus the last two digits of its extension.
PHONE_PORTS = 6000
PICKUP_GROUP = frozenset({"8051", "8052", "8053"})
UNNAMED = frozenset({"8003"})  # without a caller id of its own: the phone's own name is shown
START_SECONDS = 30.0
PROGRAMS = frozenset({"asterisk", "sipp"})


class Asterisk:
    """One Asterisk in the chroot ``path``, run in the foreground as a child of ours."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "var/log/asterisk/messages"
        self.recordings = path / "var/spool/asterisk/monitor"
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self, *, timestamps: bool = False) -> None:
        """Write the configuration; it holds from the next start or reload."""
        target = self.path / "etc/asterisk"
        modules = next((self.path / "usr/lib").glob("*/asterisk/modules"), Path("/usr/lib/asterisk/modules"))
        words = {
            "@TIMESTAMPS@": "yes" if timestamps else "no",
            "@MODULES@": "/" + str(modules.relative_to(self.path))
            if modules.is_relative_to(self.path)
            else str(modules),
        }
        for file in ETC.glob("*.conf"):
            text = file.read_text("utf-8")
            for word, value in words.items():
                text = text.replace(word, value)
            (target / file.name).write_text(text, "utf-8")
        (target / "pjsip_agents.conf").write_text("\n".join(map(_agent, AGENTS)), "utf-8")
        self._certificate(target / "keys")
        for folder in ("run/asterisk", "var/log/asterisk/cdr-csv", "var/spool/asterisk/monitor", "tmp/lab"):
            (self.path / folder).mkdir(parents=True, exist_ok=True)

    async def start(self) -> float:
        """Start and wait until calls can be made; returns the seconds it took. Raises RuntimeError."""
        begun = time.monotonic()
        environment = {
            "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
        }
        with (self.path / "tmp/lab/asterisk.out").open("wb") as out:
            self._process = subprocess.Popen(
                ["chroot", str(self.path), "/usr/sbin/asterisk", "-f", "-g"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
                env=environment,
                start_new_session=True,
            )
        await self.wait_booted()
        return time.monotonic() - begun

    async def wait_booted(self) -> None:
        """Wait until Asterisk accepts AMI logins and is fully booted; raises RuntimeError."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                break
            try:
                driver = await Driver.login()
                try:
                    if "fully booted" in await driver.command("core waitfullybooted"):
                        return
                finally:
                    await driver.close()
            except (OSError, TimeoutError, KeyError):
                pass
            await asyncio.sleep(0.1)
        said = (self.path / "tmp/lab/asterisk.out").read_text("utf-8", "replace")[-500:]
        raise RuntimeError(f"Asterisk did not come up: {said}")

    async def kill(self) -> None:
        """SIGKILL, as the kernel does when memory runs out."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(self._process.wait)

    async def stop(self) -> None:
        """Stop at once, calls or not."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 10)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)

    def stop_leftover(self) -> None:
        """End the Asterisk and SIPp that a killed run has left in this chroot, known by their root folder."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if (folder / "root").resolve() == self.path and (
                    folder / "comm"
                ).read_text().strip() in PROGRAMS:
                    os.kill(int(folder.name), signal.SIGKILL)
            except OSError:
                continue  # it has ended by itself
        (self.path / "run/asterisk/asterisk.ctl").unlink(missing_ok=True)

    def forget_recordings(self) -> None:
        """Remove what calls have recorded."""
        shutil.rmtree(self.recordings, ignore_errors=True)
        self.recordings.mkdir(parents=True)

    def _certificate(self, keys: Path) -> None:
        pem = keys / "lab.pem"
        if pem.exists():
            return
        keys.mkdir(parents=True, exist_ok=True)
        key, certificate = keys / "key.pem", keys / "ca.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
            check=True, capture_output=True,
        )  # fmt: skip
        pem.write_bytes(key.read_bytes() + certificate.read_bytes())

    @property
    def ca(self) -> Path:
        """The certificate AMI's TLS port shows, self-signed."""
        return self.path / "etc/asterisk/keys/ca.pem"


def phone_port(extension: str) -> int:
    """The UDP port of an agent's phone."""
    return PHONE_PORTS + int(extension[-2:])


def _agent(extension: str) -> str:
    name = "" if extension in UNNAMED else f'callerid="Agent {extension}" <{extension}>\n'
    group = "call_group=1\npickup_group=1\n" if extension in PICKUP_GROUP else ""
    return (
        f"[{extension}](agent)\naors={extension}\n{name}{group}\n"
        f"[{extension}]\ntype=aor\nmax_contacts=1\ncontact=sip:{extension}@127.0.0.1:{phone_port(extension)}\n"
    )

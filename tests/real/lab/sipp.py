"""Runs SIPp phones in the chroot and reads from their logs what they really did, and when."""

from __future__ import annotations

import asyncio
import itertools
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .script import Answerer, Caller, answerer_xml, caller_xml

INSIDE = "/tmp/lab"  # of the chroot
VOICE = "[rtpstream_audio_port]"
_numbers = itertools.count(1)


@dataclass
class Leg:
    """One SIP call as SIPp's own message log tells it. Instants in epoch seconds."""

    call_id: str = ""
    target: str = ""
    """The user part of the INVITE's address: the number called."""
    invited_at: float | None = None
    ringing_at: float | None = None
    progress_at: float | None = None
    answered_at: float | None = None
    final_at: float | None = None
    code: int | None = None
    ended_at: float | None = None
    ended_here: bool | None = None
    """Whether the phone itself sent the BYE or CANCEL."""

    @property
    def ring_seconds(self) -> float | None:
        """INVITE to answer, or to the end where there was none."""
        until = self.answered_at or self.ended_at or self.final_at
        return None if self.invited_at is None or until is None else until - self.invited_at

    @property
    def talk_seconds(self) -> float:
        """Answer to BYE; 0 when it was never answered or has no end."""
        if self.answered_at is None or self.ended_at is None:
            return 0.0
        return self.ended_at - self.answered_at


class Phone:
    """A running SIPp with one script."""

    def __init__(self, label: str, base: Path, process: asyncio.subprocess.Process) -> None:
        self.label = label
        self._base = base
        self._process = process

    async def done(self, seconds: float = 25) -> int:
        """Wait for its end and return SIPp's exit code; after ``seconds`` it is ended, with -1."""
        try:
            return await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            await self.stop()
            return -1

    async def stop(self) -> None:
        """End it now, without a word to the other side."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    @property
    def running(self) -> bool:
        """Whether it still has calls to make or get."""
        return self._process.returncode is None

    def legs(self) -> list[Leg]:
        """Its SIP calls so far, in order."""
        return read_legs(self._base.with_suffix(".short"))

    def errors(self) -> str:
        """What SIPp complained about."""
        file = self._base.with_suffix(".err")
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def tags(self) -> tuple[str, str, str]:
        """Call-ID, our tag and Asterisk's tag of its (first) call; needs ``messages=True``."""
        text = self._base.with_suffix(".msg").read_text("utf-8", "replace")
        answer = next(m for m in re.split(r"\n-{20,}.*\n", text) if "SIP/2.0 200 OK" in m and "INVITE" in m)
        found = [
            re.search(p, answer, re.M)
            for p in (r"^Call-ID: (\S+)", r"^From:.*;tag=(\S+)", r"^To:.*;tag=(\S+)")
        ]
        call_id, local, remote = (match[1] if match else "" for match in found)
        return call_id, local, remote


class Sipp:
    """Starts phones in the chroot ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path / INSIDE.lstrip("/")

    def prepare(self) -> None:
        """Make the tone phones play; removes logs of earlier runs."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for suffix in ("xml", "short", "err", "msg", "out"):
            for file in self.folder.glob(f"phone*.{suffix}"):
                file.unlink()
        if not (self.folder / "tone.al").exists():
            tone = [
                "sox",
                "-q",
                "-n",
                "-r",
                "8000",
                "-c",
                "1",
                "-e",
                "a-law",
                "-t",
                "al",
                f"{INSIDE}/tone.al",
            ]
            subprocess.run(
                ["chroot", str(self.path), *tone, "synth", "10", "sine", "300-900", "gain", "-6"], check=True
            )

    async def call(
        self, script: Caller, *, address: str = "127.0.0.1", label: str = "", messages: bool = False
    ) -> Phone:
        """Dial. ``address`` is where the phone lives: trunks are known by theirs."""
        xml = caller_xml(script, VOICE)
        return await self._start(label or f"agent{script.user}", xml, address=address, messages=messages)

    async def answer(
        self, script: Answerer, port: int, *, media: int | None = None, calls: int = 1, label: str = ""
    ) -> Phone:
        """Wait for ``calls`` calls at ``port``. Without a ``media`` port SIPp itself sends a tone."""
        xml = answerer_xml({"": script}, str(media) if media else VOICE, stream=media is None)
        phone = await self._start(label or f"far{port}", xml, port=port, calls=calls)
        await _listening(port, phone)
        return phone

    async def load(self, script: Caller, pairs: Sequence[tuple[str, str]], rate: float) -> Phone:
        """Dial each (user, number) of ``pairs``, ``rate`` a second, without voice."""
        file = f"load{next(_numbers)}.csv"
        (self.folder / file).write_text(
            "SEQUENTIAL\n" + "".join(f"{user};{number};\n" for user, number in pairs)
        )
        more = ("-inf", f"{INSIDE}/{file}", "-r", str(rate), "-l", "5000")
        return await self._start("load", caller_xml(script, "9", stream=False), calls=len(pairs), more=more)

    async def answer_many(self, choices: Mapping[str, Answerer], port: int) -> Phone:
        """Answer at ``port`` without end and without voice, by the last digit called."""
        phone = await self._start("many", answerer_xml(choices, "9", stream=False), port=port, calls=10**6)
        await _listening(port, phone)
        return phone

    async def _start(
        self, label: str, xml: str, *, address: str = "127.0.0.1", port: int = 0, calls: int = 1,
        messages: bool = False, more: Sequence[str] = (),
    ) -> Phone:  # fmt: skip
        number = next(_numbers)
        base = self.folder / f"phone{number}"
        base.with_suffix(".xml").write_text(xml, "utf-8")
        rtp = 28000 + number * 8 % 4000
        inside = f"{INSIDE}/phone{number}"
        command = [
            "chroot", str(self.path), "env", "TERM=xterm", "LC_ALL=C.UTF-8", "sipp", "127.0.0.1:5060",
            "-sf", f"{inside}.xml", "-i", address, "-p", str(port or 20000 + number % 4000), "-m", str(calls),
            "-aa", "-nostdin", "-mi", "127.0.0.1",
            "-mp", str(rtp), "-min_rtp_port", str(rtp), "-max_rtp_port", str(rtp + 7),
            "-trace_shortmsg", "-shortmessage_file", f"{inside}.short", "-shortmessage_overwrite", "true",
            "-trace_err", "-error_file", f"{inside}.err", "-error_overwrite", "true", *more,
        ]  # fmt: skip
        if messages:
            command += ["-trace_msg", "-message_file", f"{inside}.msg", "-message_overwrite", "true"]
        with base.with_suffix(".out").open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=asyncio.subprocess.STDOUT
            )
        return Phone(label, base, process)


async def _listening(port: int, phone: Phone) -> None:
    """Wait until somebody has bound the UDP port; raises RuntimeError when SIPp ends instead."""
    wanted = f":{port:04X} "
    for _ in range(400):
        if any(
            wanted in line.split(" rem")[0][:30] for line in Path("/proc/net/udp").read_text().splitlines()
        ):
            return
        if not phone.running:
            raise RuntimeError(f"SIPp ended at once: {phone.errors()}")
        await asyncio.sleep(0.01)
    raise RuntimeError(f"nothing listens on UDP {port}")


def read_legs(log: Path) -> list[Leg]:
    """SIPp's short message log: tab separated date, time, epoch, S or R, Call-ID, CSeq, first line."""
    legs: dict[str, Leg] = {}
    if not log.exists():
        return []
    for line in log.read_text("utf-8", "replace").splitlines():
        fields = line.split("\t")
        if len(fields) < 7:
            continue
        at, sent, call_id, cseq, first = float(fields[2]), fields[3] == "S", fields[4], fields[5], fields[6]
        leg = legs.setdefault(call_id, Leg(call_id))
        _note(leg, at, sent, cseq, first)
    return list(legs.values())


def _note(leg: Leg, at: float, sent: bool, cseq: str, first: str) -> None:
    status = re.match(r"SIP/2\.0 (\d{3})", first)
    if status is None:
        method = first.split(" ")[0]
        if method == "INVITE" and leg.invited_at is None:
            leg.invited_at = at
            leg.target = first.partition("sip:")[2].partition("@")[0]
        elif method in ("BYE", "CANCEL") and leg.ended_at is None:
            leg.ended_at, leg.ended_here = at, sent
    elif "INVITE" in cseq:
        code = int(status[1])
        if code == 180 and leg.ringing_at is None:
            leg.ringing_at = at
        elif code == 183 and leg.progress_at is None:
            leg.progress_at = at
        elif code == 200 and leg.answered_at is None:
            leg.answered_at = at
        elif code >= 300 and leg.final_at is None:
            leg.final_at, leg.code = at, code

"""``dialwatch capture`` on a fake manager over loopback: reconnects, marks, faults, signals, no secrets."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from monitor.clock import Clock
from monitor.errors import CaptureError, ConfigError, LinkError
from monitor.pbx import capture
from monitor.pbx.capture import CaptureWriter, Recording, read_capture
from monitor.pbx.pipeline import Pipeline
from monitor.pbx.replaying import replay
from tests.clock import FakeClock
from tests.pbx.fake_ami import FakeAmi, Wakeable, fake_ami, link, message

TRACES = Path(__file__).parent.parent / "traces"


class Words(Wakeable):
    """What the capture tells people."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        self.happened()


@asynccontextmanager
async def recording(
    fake: FakeAmi, clock: Clock, path: Path, **settings: object
) -> AsyncIterator[tuple[Recording, Words]]:
    """A capture under way; stopped when the test is done with it."""
    writer, words = CaptureWriter(path), Words()
    found = Recording(link(fake.port, **settings), writer, clock, words)
    task = asyncio.create_task(found.run())
    try:
        yield found, words
        found.stop()
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        writer.close()


async def test_a_capture_holds_what_was_received_and_asks_for_the_lists(tmp_path: Path) -> None:
    async with fake_ami() as fake:
        async with recording(fake, FakeClock(), tmp_path / "x.ami") as (found, _):
            await fake.until(lambda: "Status" in fake.names())
            await fake.send(message("Event: Newchannel", Uniqueid="1.1", CallerIDName="张伟"))
            await fake.send(message("Event: VarSet", Variable="X"))
            await fake.until(lambda: found.size > 1200 or again(fake))
        data = (tmp_path / "x.ami").read_bytes()
    assert data.startswith(b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\n")
    assert "CallerIDName: 张伟".encode() in data
    assert {"CoreStatus", "CoreShowChannels", "Status", "BridgeList", "DeviceStateList"} <= set(fake.names())
    assert b"StatusComplete" in data


def again(fake: FakeAmi) -> bool:
    """Look again on the next turn of the loop."""
    asyncio.get_running_loop().call_soon(fake.happened)
    return False


@pytest.mark.parametrize("auth", ["md5", "plain"])
async def test_no_secret_is_captured_or_told(tmp_path: Path, auth: str) -> None:
    path = tmp_path / "x.ami"
    async with fake_ami() as fake, recording(fake, FakeClock(), path, auth=auth) as (_, words):
        await words.until(lambda: words.lines)
        login = fake.actions[-1]
    written = path.read_bytes() + (tmp_path / "x.ami.idx").read_bytes() + "\n".join(words.lines).encode()
    assert b"s3cr3t-word" not in written
    assert login.get("Key", "s3cr3t-word").encode() not in written


async def test_a_lost_connection_is_marked_and_made_again(tmp_path: Path) -> None:
    clock = FakeClock()
    path = tmp_path / "x.ami.gz"
    async with fake_ami() as fake, recording(fake, clock, path) as (_, words):
        await fake.until(lambda: fake.names().count("Status") == 1)
        fake.hang_up()
        await words.until(lambda: len(words.lines) == 2)
        await clock.advance(2)
        await fake.until(lambda: fake.names().count("Status") == 2)
    marks = [piece.kind for piece in read_capture(path) if piece.kind != "data"]
    assert marks == ["connect", "eof", "connect", "stop"]


async def test_a_silent_pbx_is_dropped(tmp_path: Path) -> None:
    clock = FakeClock()
    path = tmp_path / "x.ami"
    async with fake_ami() as fake, recording(fake, clock, path) as (_, words):
        await fake.until(lambda: fake.names().count("Status") == 1)
        fake.mute.add("Ping")
        while len(words.lines) < 3 or "nothing heard" not in "".join(words.lines):
            await clock.advance(1)
    assert [piece.kind for piece in read_capture(path) if piece.kind != "data"][:2] == ["connect", "drop"]


async def test_a_capture_can_be_replayed(tmp_path: Path) -> None:
    path = tmp_path / "x.ami.gz"
    clock = FakeClock(start=0)
    trace = [piece for piece in read_capture(TRACES / "out_answer_agent_hangup.ami.gz") if piece.data]
    async with fake_ami() as fake, recording(fake, clock, path) as (found, _):
        await fake.until(lambda: "Status" in fake.names())
        await fake.until(lambda: found.size > 1000 or again(fake))
        for piece in trace[1:]:
            assert piece.at is not None
            clock.step(piece.at - clock.now())
            expected = found.size + len(piece.data)
            await fake.send(piece.data)
            await fake.until(lambda size=expected: found.size >= size or again(fake))  # type: ignore[misc]
    (call,) = replay(read_capture(path), Pipeline(link()))
    assert (call.agent, call.number, call.outcome) == ("8001", "13800138000", "answered")
    assert 3 < call.talk_seconds < 10


async def test_the_first_connection_must_succeed(tmp_path: Path) -> None:
    async with fake_ami() as fake:
        port = fake.port
    writer = CaptureWriter(tmp_path / "x.ami")
    with pytest.raises(LinkError, match="cannot connect"):
        await Recording(link(port), writer, FakeClock(), print).run()
    writer.discard()


async def test_a_refused_login_ends_it(tmp_path: Path) -> None:
    async with fake_ami() as fake:
        writer = CaptureWriter(tmp_path / "x.ami")
        pbx = link(fake.port, secret=SecretStr("wrong"))
        with pytest.raises(LinkError, match="refuses user dialwatch"):
            await Recording(pbx, writer, FakeClock(), print).run()
        writer.discard()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
async def test_a_full_disk_ends_it_with_one_message(tmp_path: Path) -> None:
    (tmp_path / "x.ami").symlink_to("/dev/full")
    async with fake_ami() as fake:
        writer = CaptureWriter(tmp_path / "x.ami")
        clock = FakeClock()
        task = asyncio.create_task(Recording(link(fake.port), writer, clock, print).run())
        await fake.until(lambda: "Status" in fake.names())
        await clock.advance(2)
        with pytest.raises(CaptureError, match="disk full"):
            await task
        with suppress(CaptureError):
            writer.close()


# ---------------------------------------------------------------------------------- the command


class Some:
    """The part of the settings that choosing a PBX needs."""

    def __init__(self, *names: str) -> None:
        self.path = Path("config.toml")
        self.pbx = tuple(link(name=name) for name in names)


def test_which_pbx_has_to_be_clear(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="choose one with --pbx: a, b"):
        capture.run(Some("a", "b"), None, tmp_path / "x.ami")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no PBX is called 'c'"):
        capture.run(Some("a", "b"), "c", tmp_path / "x.ami")  # type: ignore[arg-type]


def test_a_capture_that_never_began_leaves_no_files(tmp_path: Path) -> None:
    some = Some("main")
    some.pbx = (link(port=1),)
    with pytest.raises(LinkError):
        capture.run(some, None, tmp_path / "x.ami.gz")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


PROGRAM = """
import sys
from pathlib import Path
from monitor.pbx import capture
from tests.pbx.fake_ami import link
class Some:
    path = Path("config.toml")
    pbx = (link(int(sys.argv[1])),)
capture.run(Some(), None, Path(sys.argv[2]))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_leaves_whole_files(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "x.ami.gz"
    root = Path(__file__).parent.parent.parent
    async with fake_ami() as fake:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, f"{fake.port}", f"{path}",
            cwd=root, env={**os.environ, "PYTHONPATH": f"{root}"}, stderr=subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(30):
            while "Status" not in fake.names():
                await asyncio.sleep(0.01)
            program.send_signal(number)
            _, words = await program.communicate()
    assert program.returncode == 0, words.decode()
    assert [piece.kind for piece in read_capture(path) if piece.kind != "data"] == ["connect", "stop"]
    assert "connected to main" in words.decode()

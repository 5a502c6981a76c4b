"""The whole house, over real sockets: a PBX is heard, the board shows it, the store has it, also after a restart."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from monitor import floor, service
from monitor.alerts import desk
from monitor.clock import FastClock
from monitor.config import Alert, Channel, Settings, load
from monitor.domain import Outcome, Phase
from monitor.errors import EnvironmentFault
from monitor.pbx.wire import MESSAGE_END, Framer
from monitor.service import Running, serve
from monitor.store.outbox import Outbox
from monitor.store.store import Store
from monitor.web.guard import COOKIE
from monitor.web.security import token_hash
from tests.alerts import standins
from tests.metrics.test_board import at, dial
from tests.pbx.fake_ami import BANNER, FakeAmi, fake_ami
from tests.web.serving import until, within

CAPTURE = Path(__file__).parent / "traces/out_answered.ami.gz"

#: Late in a morning of Shanghai: a run about midnight must not see its calls pass into another day. One
#: clock for all, so that whoever is started later is later.
CLOCK = FastClock(1.0, datetime(2026, 11, 23, 11, 0, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())


def call_messages() -> list[bytes]:
    """The events of one answered dial of 8001, as a real Asterisk sent them."""
    framer = Framer()
    return [
        each + MESSAGE_END
        for each in framer.feed(gzip.decompress(CAPTURE.read_bytes()))
        if each[:6] == b"Event:"
    ]


def until_answered() -> int:
    """How many of them there are until both sides are in their bridge."""
    entered = [n for n, each in enumerate(call_messages()) if each.startswith(b"Event: BridgeEnter")]
    return entered[1] + 1


def settings(folder: Path, ami_port: int, **web: object) -> Settings:
    made = Settings.model_validate(
        {
            "path": folder / "config.toml",
            "site": {"name": "测试"},
            "team": [{"id": "t1", "name": "一组", "agents": [{"extension": "8001", "name": "张伟"}]}],
            "pbx": [
                {
                    "name": "main",
                    "host": "127.0.0.1",
                    "port": ami_port,
                    "username": "dialwatch",
                    "secret_env": "UNUSED",
                    "agents": ["PJSIP/80[0-9][0-9]"],
                    "trunks": ["PJSIP/trunk-*"],
                    "dial_prefix": "9",
                    "reconnect_min_seconds": 0.05,
                    "reconnect_max_seconds": 0.2,
                }
            ],
            "store": {"data_dir": folder / "data"},
            "web": {"port": 0} | web,
        }
    )
    secret = {"secret": SecretStr("s3cr3t-word")}
    return made.model_copy(update={"pbx": tuple(each.model_copy(update=secret) for each in made.pbx)})


@asynccontextmanager
async def serving(made: Settings, **options: Any) -> AsyncIterator[Running]:
    """Dialwatch, up; stopped cleanly at the end."""
    up: asyncio.Future[Running] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()

    async def ready(running: Running) -> None:
        up.set_result(running)

    running = asyncio.ensure_future(serve(made, clock=CLOCK, ready=ready, stop=stop, **options))
    await asyncio.wait((running, up), return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        await running
    try:
        yield await up
    finally:
        stop.set()
        await within(running, 20)


async def log_in(running: Running, name: str = "wang") -> str:
    await running.store.create_user(name, "", "administrator")
    await running.store.create_session(name, token_hash(name), time.time() + 600)
    return name


def board(running: Running, token: str) -> connect:
    address = running.url.removeprefix("http://")
    return connect(
        f"ws://{address}/ws/board",
        origin=f"http://{address}",  # type: ignore[arg-type]
        additional_headers={"Cookie": f"{COOKIE}={token}"},
        proxy=None,
    )


async def agent_in(socket: ClientConnection, state: str) -> dict[str, Any]:
    """Wait until the board says that the agent is in a state."""
    while True:
        message = json.loads(await within(socket.recv()))
        for agent in message.get("board", message.get("changes", {})).get("agents", ()):
            if agent["state"] == state:
                return dict(agent)


async def heard(running: Running) -> None:
    await until(lambda: running.floor.links()[0].state == "up")


async def place_call(ami: FakeAmi) -> None:
    """One whole dial; its talk takes some time, as arrival is all the time there is in this capture."""
    messages = call_messages()
    await ami.send(b"".join(messages[: until_answered()]))
    await asyncio.sleep(0.05)
    await ami.send(b"".join(messages[until_answered() :]))


async def finished_call(ami: FakeAmi, running: Running) -> None:
    await heard(running)
    await place_call(ami)
    await until(lambda: running.floor.snapshot(running.floor.clock.now()).site.figures.finished == 1)  # type: ignore[attr-defined]


async def test_a_call_at_the_pbx_is_on_the_board_and_then_in_the_store(tmp_path: Path) -> None:
    async with fake_ami() as ami:
        made = settings(tmp_path, ami.port)
        async with serving(made) as running, board(running, await log_in(running)) as socket:
            await heard(running)
            messages = call_messages()
            await ami.send(b"".join(messages[: until_answered()]))
            talking = await agent_in(socket, "talking")
            assert talking["call"]["number"] == "138****0001"
            await ami.send(b"".join(messages[until_answered() :]))
            wrapping = await agent_in(socket, "wrap_up")
            assert wrapping["figures"]["connects"] == 1
        store = await Store.open(made.store.database_url)
        (stored,) = await store.calls_between(0, CLOCK.now() + 1)
        await store.close()
        assert (stored.agent, stored.outcome, stored.phase) == ("8001", Outcome.ANSWERED, Phase.ENDED)


async def test_a_restart_shows_the_same_board_and_says_when_it_was_away(tmp_path: Path) -> None:
    async with fake_ami() as ami:
        made = settings(tmp_path, ami.port)
        async with serving(made) as running:
            await finished_call(ami, running)
            before: Any = running.floor.snapshot(running.floor.clock.now())
        async with serving(made) as running:
            await heard(running)
            after: Any = running.floor.snapshot(running.floor.clock.now())
            assert after.site.figures == before.site.figures
            assert [agent.figures for agent in after.agents] == [agent.figures for agent in before.agents]
            assert after.trunks == before.trunks
            assert [(gap.reason, gap.to is None) for gap in after.gaps] == [("not_running", False)]


async def test_a_call_that_was_open_is_taken_up_again_and_closed_honestly(tmp_path: Path) -> None:
    async with fake_ami() as ami:
        made = settings(tmp_path, ami.port)
        async with serving(made) as running:
            await heard(running)
            await ami.send(b"".join(call_messages()[: until_answered()]))
            await until(lambda: running.floor.links()[0].calls == 1)
        async with serving(made) as running:
            await heard(running)
            await until(lambda: running.floor.links()[0].calls == 0)
            await running.floor.writer.flush()
            (stored,) = await running.store.calls_between(0, CLOCK.now() + 1)
        assert stored.ended and not stored.complete
        assert await_gap_cut(running) == 1


def await_gap_cut(running: Running) -> int:
    found: Any = running.floor.snapshot(running.floor.clock.now())
    return int(found.gaps[-1].calls_cut)


async def test_sums_that_are_not_of_the_calls_are_made_anew_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SUMS_SECONDS", 0.0)
    async with fake_ami() as ami:
        made = settings(tmp_path, ami.port)
        stranger = await Store.open(made.store.database_url)
        await stranger.upgrade()
        await stranger.write([dial("8001", at("10:00"), talk=40)])
        await stranger.close()
        async with serving(made) as running:
            async with asyncio.timeout(20):
                while not await running.store.rollups.current():
                    await asyncio.sleep(0.02)
            sums = await running.store.rollups.figures("2026-11-23", "2026-11-23", ("agent",))
            assert [row[:1] for row in sums.rows] == [("8001",)]


async def test_without_a_database_the_floor_is_heard_and_all_is_stored_later(tmp_path: Path) -> None:
    database = tmp_path / "data/dialwatch.db"
    database.mkdir(parents=True)
    async with fake_ami() as ami:
        made = settings(tmp_path, ami.port)
        stop = asyncio.Event()
        up: asyncio.Future[Running] = asyncio.get_running_loop().create_future()

        async def ready(running: Running) -> None:
            up.set_result(running)

        serving_it = asyncio.ensure_future(serve(made, clock=CLOCK, ready=ready, stop=stop))
        await ami.until(lambda: "Status" in ami.names())
        await asyncio.sleep(0.1)
        await place_call(ami)
        await asyncio.sleep(0.3)
        assert not up.done()
        database.rmdir()
        running = await within(up, 30)
        await running.floor.writer.flush()
        (stored,) = await running.store.calls_between(0, CLOCK.now() + 1)
        assert stored.outcome is Outcome.ANSWERED
        found: Any = running.floor.snapshot(running.floor.clock.now())
        assert found.site.figures.connects == 1
        stop.set()
        await within(serving_it, 20)


async def test_the_first_start_prints_a_link_that_makes_the_first_login(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with fake_ami() as ami:
        made = settings(tmp_path, ami.port)
        async with serving(made) as running:
            printed = ""
            async with asyncio.timeout(60):
                while "token=" not in printed:
                    await asyncio.sleep(0.01)
                    printed += capsys.readouterr().err
            link = re.search(r"http://\S+/setup\?token=(\S+)", printed)
            assert link
            async with httpx2.AsyncClient(base_url=running.url, trust_env=False) as client:
                answer = await client.post(
                    "/api/setup",
                    json={"token": link[1], "username": "经理", "password": "12345678"},
                    headers={"Origin": running.url, "X-Dialwatch": "1"},
                )
                assert answer.status_code == 204
                assert (await client.get("/api/me")).json()["username"] == "经理"
        async with serving(made) as running:
            await heard(running)
        assert "token=" not in capsys.readouterr().err


async def test_a_session_ended_elsewhere_ends_its_boards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SESSIONS_SECONDS", 0.05)
    async with fake_ami() as ami, serving(settings(tmp_path, ami.port)) as running:
        async with board(running, await log_in(running)) as socket:
            await within(socket.recv())
            await running.store.disable_user("wang")
            with pytest.raises(ConnectionClosed):
                while True:
                    await within(socket.recv())
            assert socket.close_code == 4401


async def test_a_second_process_shows_what_the_first_one_stores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floor, "FOLLOW_SECONDS", 0.05)
    monkeypatch.setattr(floor, "HEARD_SECONDS", 0.05)
    async with fake_ami() as ami:
        made = settings(tmp_path, ami.port)
        async with serving(made) as first, serving(made, listen=False) as second:
            async with board(second, await log_in(second)) as socket:
                await heard(first)
                await heard(second)
                messages = call_messages()
                await ami.send(b"".join(messages[: until_answered()]))
                assert (await agent_in(socket, "talking"))["call"]["number"] == "138****0001"
                await ami.send(b"".join(messages[until_answered() :]))
                assert (await agent_in(socket, "wrap_up"))["figures"]["connects"] == 1
            assert ami.connections == 1


async def test_a_pbx_that_goes_away_is_told_on_a_channel_and_on_every_board_and_so_is_its_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floor, "FOLLOW_SECONDS", 0.05)
    monkeypatch.setattr(desk, "LOOK_SECONDS", 0.05)
    with standins.http() as hook:
        async with fake_ami() as ami:
            made = settings(tmp_path, ami.port)
            url = SecretStr(f"json://{hook.address}")
            channel = Channel.model_validate({"name": "ops", "url_env": "X"}).model_copy(update={"url": url})
            rule = Alert.model_validate({"kind": "link_down", "after_seconds": 0, "channels": ["ops"]})
            made = made.model_copy(update={"alerts": (rule,), "channels": (channel,)})
            async with serving(made) as first, serving(made, listen=False) as second:
                await heard(first)

                def shown(running: Running) -> list[str]:
                    now = running.floor.clock.now()
                    return [each.kind for each in running.floor.snapshot(now).alerts]

                ami.banner = b"SSH-2.0\r\n"
                ami.hang_up()
                await until(lambda: len(hook.bodies) == 1)
                await until(lambda: shown(first) == shown(second) == ["link_down"])
                ami.banner = BANNER
                await until(lambda: len(hook.bodies) == 2)
                await until(lambda: shown(first) == shown(second) == [])
        assert [body.partition("\n")[0] for body in hook.bodies] == ["【告警】测试", "【恢复】测试"]


async def test_listen_and_web_are_two_processes_over_one_store(tmp_path: Path) -> None:
    async with fake_ami() as ami:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        path = tmp_path / "config.toml"
        path.write_text(
            f'[site]\nname="x"\n[store]\ndata_dir="{tmp_path}/data"\n[web]\nport={port}\n'
            f'[[pbx]]\nname="main"\nhost="127.0.0.1"\nport={ami.port}\nusername="dialwatch"\nsecret_env="SECRET"\n'
            'agents=["PJSIP/80[0-9][0-9]"]\ntrunks=["PJSIP/trunk-*"]\ndial_prefix="9"\n'
            '[[team]]\nid="t1"\nname="一组"\nagents=[{extension="8001",name="张伟"}]\n'
        )
        store = await Store.open(load(path).store.database_url)
        await store.upgrade()
        await store.create_user("wang", "", "administrator")
        await store.create_session("wang", token_hash("wang"), time.time() + 600)
        with dialwatch("web", path), dialwatch("listen", path):
            await ami.until(lambda: "Status" in ami.names())
            async for attempt in connect(
                f"ws://127.0.0.1:{port}/ws/board",
                origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
                additional_headers={"Cookie": f"{COOKIE}=wang"},
                proxy=None,
            ):
                async with attempt as seen:
                    messages = call_messages()
                    await ami.send(b"".join(messages[: until_answered()]))
                    assert (await agent_in(seen, "talking"))["call"]["number"] == "138****0001"
                    await ami.send(b"".join(messages[until_answered() :]))
                    assert (await agent_in(seen, "wrap_up"))["figures"]["connects"] == 1
                    break
        assert ami.connections == 1
        (stored,) = await store.calls_between(0, time.time() + 1)
        await store.close()
        assert stored.outcome is Outcome.ANSWERED


async def test_who_follows_leaves_the_outbox_to_who_listens(tmp_path: Path) -> None:
    made = settings(tmp_path, 1)
    outbox = Outbox(tmp_path / "data/outbox", 1 << 20)
    outbox.append([dial("8001", CLOCK.now(), talk=40)])
    async with serving(made, listen=False) as running:
        assert await running.store.calls_between(0, 4e9) == []
    assert not outbox.empty
    async with serving(made, web=False) as running:
        assert running.url == ""
        assert len(await running.store.calls_between(0, 4e9)) == 1


@contextmanager
def dialwatch(command: str, path: Path) -> Iterator[None]:
    """A command of Dialwatch in a process of its own; it has to end cleanly."""
    argv = [sys.executable, "-m", "monitor.cli", command, "--config", str(path)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "SECRET": "s3cr3t-word"}
    with subprocess.Popen(argv, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield
            process.send_signal(signal.SIGTERM)
            _, told = process.communicate(timeout=20)
            assert process.returncode == 0, told
            assert b"Traceback" not in told
        finally:
            process.kill()


async def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentFault, match=rf"127\.0\.0\.1:{port} can't be served: .*\[web\]"):
            await serve(settings(tmp_path, 1, port=port))
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
async def test_an_address_that_is_not_ours_is_said(tmp_path: Path, host: str) -> None:
    with pytest.raises(EnvironmentFault, match=re.escape(host)):
        await serve(settings(tmp_path, 1, host=host))


async def test_a_room_that_fails_is_started_again() -> None:
    runs = 0

    async def room() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise RuntimeError("of this test")
        await asyncio.Event().wait()

    keeping = asyncio.ensure_future(service._kept_up("test", room, first_pause=0.001))
    await until(lambda: runs == 3)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(tmp_path: Path, sign: signal.Signals) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[site]\nname="x"\n[store]\ndata_dir="data"\n[web]\nport=0\n[[pbx]]\nname="main"\nhost="127.0.0.1"\nport=1\n'
        'username="d"\nagents=["PJSIP/80*"]\ntrunks=["PJSIP/t*"]\n'
    )
    program = "from pathlib import Path; from monitor import config, service; service.run(config.load(Path('config.toml')))"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            while "/setup?token=" not in process.stderr.readline():
                assert process.poll() is None
            process.send_signal(sign)
            rest = process.stderr.read()
            assert process.wait(20) == 0
            assert "Traceback" not in rest
        finally:
            process.kill()

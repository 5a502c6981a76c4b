"""The simulated PBX over a real socket, spoken to by hand: no client library between."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from monitor.clock import FastClock
from monitor.domain import Outcome
from monitor.pbx.simulator import server
from monitor.pbx.simulator.actions import Answers
from monitor.pbx.simulator.centre import Phone
from monitor.pbx.simulator.outbound import Dial, dial
from monitor.pbx.simulator.server import Server
from monitor.pbx.wire import headers
from tests.pbx.simulator.stage import START, Stage


class Client:
    """Sends actions, reads messages."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, **action: str) -> dict[str, str]:
        lines = "".join(f"{key}: {value}\r\n" for key, value in action.items())
        self.writer.write(f"{lines}\r\n".encode())
        while "Response" not in (answer := await self.read()):
            pass
        return answer

    async def read(self) -> dict[str, str]:
        message = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        return headers(message[:-4])

    async def until(self, **wanted: str) -> list[dict[str, str]]:
        seen = [await self.read()]
        while any(seen[-1].get(key) != value for key, value in wanted.items()):
            seen.append(await self.read())
        return seen

    async def rows(self, action: str, **more: str) -> list[dict[str, str]]:
        answer = await self.ask(Action=action, ActionID="list-1", **more)
        assert answer["EventList"] == "start"
        return await self.until(EventList="Complete", ActionID="list-1")


class Running:
    """A simulated PBX on a port, in whose time a second passes in a millisecond."""

    def __init__(self) -> None:
        self.stage = Stage(timestamps=True)
        self.server = Server(self.stage.exchange, FastClock(1000.0, START), "s3cret")
        self.port = 0

    async def client(self, *, login: bool = True) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        assert await client.reader.readline() == b"Asterisk Call Manager/11.0.0\r\n"
        if login:
            answer = await client.ask(Action="Login", Username="dialwatch", Secret="s3cret", ActionID="1")
            assert answer == {"Response": "Success", "ActionID": "1", "Message": "Authentication accepted"}
            assert (await client.read())["Event"] == "FullyBooted"
        return client

    def call(self, outcome: Outcome = Outcome.ANSWERED, talk_seconds: float = 6.0) -> None:
        plan = Dial(
            agent=Phone("8001", "张伟"),
            number="13800001234",
            trunk="trunk-a",
            outcome=outcome,
            ring_seconds=4.0,
            talk_seconds=talk_seconds,
        )
        self.stage.schedule.spawn(dial(self.stage.centre, plan))


@pytest.fixture
async def pbx() -> AsyncIterator[Running]:
    async with running() as found:
        yield found


@asynccontextmanager
async def running() -> AsyncIterator[Running]:
    found = Running()
    found.port = await found.server.start()
    async with asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(found.server.run())
        yield found
        playing.cancel()
        await found.server.stop()


async def test_md5_login(pbx: Running) -> None:
    client = await pbx.client(login=False)
    asked = await client.ask(Action="Challenge", AuthType="MD5")
    key = hashlib.md5(f"{asked['Challenge']}s3cret".encode(), usedforsecurity=False).hexdigest()
    answer = await client.ask(Action="Login", Username="dialwatch", AuthType="MD5", Key=key)
    assert answer["Response"] == "Success"


@pytest.mark.parametrize(
    "action",
    [
        {"Username": "dialwatch", "Secret": "wrong"},
        {"Username": "nobody", "Secret": "s3cret"},
        {"Username": "dialwatch", "AuthType": "MD5", "Key": "0" * 32},
        {"Username": "dialwatch", "AuthType": "MD5", "Key": ""},
    ],
)
async def test_a_refused_login_is_told_and_closed(pbx: Running, action: dict[str, str]) -> None:
    client = await pbx.client(login=False)
    answer = await client.ask(Action="Login", **action)
    assert answer == {"Response": "Error", "Message": "Authentication failed"}
    assert await client.reader.read() == b""


async def test_nothing_is_told_before_the_login(pbx: Running) -> None:
    client = await pbx.client(login=False)
    assert (await client.ask(Action="CoreShowChannels"))["Message"] == "Permission denied"


async def test_a_call_reaches_every_session_with_times_of_the_simulated_clock(pbx: Running) -> None:
    clients = [await pbx.client(), await pbx.client()]
    pbx.call()
    for client in clients:
        seen = await client.until(Event="Hangup", Channel="PJSIP/trunk-a-00000001")
        events = [message["Event"] for message in seen if message["Privilege"] == "call,all"]
        assert events[0] == "Newchannel"
        assert seen[0]["CallerIDName"] == "张伟"
        stamps = [float(message["Timestamp"]) for message in seen]
        assert stamps == sorted(set(stamps))
        assert START <= stamps[0] < stamps[-1] < START + 1000


async def test_an_event_mask_keeps_other_classes_away(pbx: Running) -> None:
    client = await pbx.client()
    assert (await client.ask(Action="Events", EventMask="call"))["Events"] == "On"
    pbx.call()
    seen = await client.until(Event="Hangup", Channel="PJSIP/trunk-a-00000001")
    assert {message["Privilege"] for message in seen} == {"call,all"}
    assert (await client.ask(Action="Events", EventMask="off"))["Events"] == "Off"


async def test_lists_show_a_call_that_goes_on(pbx: Running) -> None:
    client = await pbx.client()
    pbx.call(talk_seconds=1e6)
    entered = await client.until(Event="BridgeEnter", BridgeNumChannels="2")
    bridge = entered[-1]["BridgeUniqueid"]

    *channels, end = await client.rows("CoreShowChannels")
    assert end["Event"] == "CoreShowChannelsComplete"
    assert end["ListItems"] == "2"
    assert [row["Application"] for row in channels if row["Event"] == "CoreShowChannel"] == [
        "Dial",
        "AppDial",
    ]
    assert {row["BridgeId"] for row in channels if row["Event"] == "CoreShowChannel"} == {bridge}

    *status, end = await client.rows("Status", Variables="CDR(answer,u),CDR(start,u)")
    assert end["Items"] == "2"
    root = next(row for row in status if row.get("DNID") == "913800001234")
    assert root["BridgeID"] == bridge
    assert root["Variable"].startswith("CDR(answer,u)=1795444")

    *bridges, _ = await client.rows("BridgeList")
    assert [row["BridgeUniqueid"] for row in bridges if row["Event"] == "BridgeListItem"] == [bridge]
    *inside, end = await client.rows("BridgeInfo", BridgeUniqueid=bridge)
    assert len([row for row in inside if row["Event"] == "BridgeInfoChannel"]) == 2
    assert end["BridgeNumChannels"] == "2"

    *devices, _ = await client.rows("DeviceStateList")
    states = {row["Device"]: row["State"] for row in devices if row.get("ActionID") == "list-1"}
    assert states == {"PJSIP/8001": "INUSE", "PJSIP/trunk-a": "INUSE"}


async def test_small_answers(pbx: Running) -> None:
    client = await pbx.client()
    assert (await client.ask(Action="Ping"))["Ping"] == "Pong"
    assert (await client.ask(Action="CoreStatus"))["CoreCurrentCalls"] == "0"
    assert (await client.ask(Action="CoreSettings"))["AsteriskVersion"].startswith("22.")
    assert "CoreShowChannels" in await client.ask(Action="ListCommands")
    assert (await client.ask(Action="BridgeInfo", BridgeUniqueid="none"))["Response"] == "Error"
    assert "Invalid/unknown command: Nonsense" in (await client.ask(Action="Nonsense"))["Message"]
    assert (await client.ask(Action="Logoff"))["Response"] == "Goodbye"
    assert await client.reader.read() == b""


async def test_a_cut_session_is_gone_without_a_word(pbx: Running) -> None:
    client = await pbx.client()
    pbx.server.cut()
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await client.read()
    assert (await (await pbx.client()).ask(Action="Ping"))["Ping"] == "Pong"


@pytest.mark.parametrize("reads", [True, False])
async def test_who_reads_late_stays_and_who_reads_nothing_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, reads: bool
) -> None:
    monkeypatch.setattr(server, "MAX_UNREAD_BYTES", 1 << 16)
    stage = Stage()
    pbx = Server(stage.exchange, FastClock(1.0, START), "s3cret")
    reader, writer = await asyncio.open_connection("127.0.0.1", await pbx.start(), limit=1 << 16)
    writer.write(b"Action: Login\r\nUsername: dialwatch\r\nSecret: s3cret\r\n\r\n")
    await reader.readuntil(b"Fully Booted\r\n\r\n")
    burst = b"x" * (32 << 20)
    for _ in range(2):
        stage.exchange.sinks[-1]("call", burst)
        pbx.flush()
        if reads:
            await reader.readexactly(len(burst))
    stage.exchange.sinks[-1]("call", b"the end")
    pbx.flush()
    if reads:
        assert await reader.readexactly(7) == b"the end"
    else:
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(2 * len(burst))
    writer.close()
    await pbx.stop()


async def test_an_action_without_end_is_cut_off(pbx: Running) -> None:
    client = await pbx.client()
    client.writer.write(b"x" * 200_000)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await client.read()


def test_list_answers_of_an_idle_pbx_are_whole() -> None:
    stage = Stage()
    answers = Answers(stage.exchange, stage.centre.zone)
    for action in ("CoreShowChannels", "Status", "BridgeList", "DeviceStateList"):
        messages = answers.answer({"action": action, "actionid": "7"}).split("\r\n\r\n")
        assert messages[0].startswith("Response: Success\r\nActionID: 7\r\nEventList: start")
        assert "EventList: Complete\r\nListItems: 0" in messages[1]

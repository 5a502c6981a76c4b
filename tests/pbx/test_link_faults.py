"""The thirteen faults of panoramisk 1.4 (each was reproduced on the stock library), each closed here.

Every test speaks real bytes over a real socket to a fake manager; only time is the test's own.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle

import pytest
from pydantic import SecretStr

from monitor.domain import GapReason, LinkState
from monitor.errors import LinkError
from monitor.pbx.session import Session
from monitor.pbx.wire import headers
from tests.clock import FakeClock
from tests.pbx.fake_ami import fake_ami, link, listening, message


def newchannel(number: int, name: str = "Agent") -> bytes:
    return message(
        "Event: Newchannel", Channel=f"PJSIP/8001-{number:08x}", CallerIDName=name, Uniqueid=f"1.{number}"
    )


def body(one: bytes) -> bytes:
    return one.removesuffix(b"\r\n\r\n")


async def test_fault_01_utf8_cut_by_a_chunk_boundary() -> None:
    async with fake_ami() as fake, listening(fake, FakeClock()) as (_, heard):
        await heard.until_state(LinkState.UP)
        fake.chunk = 1
        await fake.send(newchannel(1, "张伟"))
        await heard.until(lambda: heard.events)
        assert headers(heard.events[0])["CallerIDName"] == "张伟"


async def test_fault_02_a_handler_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    async with fake_ami() as fake, listening(fake, FakeClock()) as (listener, heard):
        await heard.until_state(LinkState.UP)
        heard.raise_on = b"-00000002"
        sent = [newchannel(number) for number in (1, 2, 3, 4)]
        await fake.send(b"".join(sent))
        await heard.until(lambda: len(heard.events) == 3)
        assert heard.events == [body(one) for one in (sent[0], sent[2], sent[3])]
        assert listener.failures == 1
        assert fake.connections == 1
        assert "event_failed pbx=main event=Newchannel" in caplog.text


async def test_fault_03_events_out_of_order() -> None:
    async with fake_ami() as fake, listening(fake, FakeClock()) as (_, heard):
        await heard.until_state(LinkState.UP)
        sent = [newchannel(number) for number in range(500)]
        fake.chunk = 997
        await fake.send(b"".join(sent))
        await heard.until(lambda: len(heard.events) == len(sent))
        assert heard.events == [body(one) for one in sent]
        assert heard.arrivals == sorted(heard.arrivals)


async def test_fault_04_a_wrong_password_is_told_and_not_hammered() -> None:
    clock = FakeClock()
    async with fake_ami() as fake, listening(fake, clock, secret=SecretStr("wrong")) as (_, heard):
        await heard.until_state(LinkState.REFUSED)
        assert "refuses user dialwatch: Authentication failed" in heard.status.reason
        assert "DIALWATCH_AMI_SECRET" in heard.status.reason
        assert "wrong" not in heard.status.reason
        assert heard.gaps[-1].reason is GapReason.REFUSED
        waits = []
        for tries in range(1, 9):
            await fake.until(lambda tries=tries: fake.names().count("Login") == tries)  # type: ignore[misc]
            await clock.until_sleeping(60)
            waits.append(clock.sleeping[-1])
            await clock.advance(clock.sleeping[-1])
        assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]


async def test_fault_05_a_silent_peer_is_given_up() -> None:
    clock = FakeClock()
    async with fake_ami() as fake, listening(fake, clock) as (_, heard):
        await heard.until_state(LinkState.UP)
        fake.mute.add("Ping")
        last_heard_at = clock.now()
        for _ in range(30):
            await clock.advance(1)
        await heard.until_state(LinkState.DOWN)
        assert "nothing heard for 30 s" in heard.status.reason
        assert heard.gaps[-1].started_at == last_heard_at
        assert 1 <= fake.names().count("Ping") <= 3
        await clock.advance(1)
        await heard.until_state(LinkState.UP, times=2)


async def test_fault_05_pings_keep_a_quiet_but_healthy_link() -> None:
    clock = FakeClock()
    async with fake_ami() as fake, listening(fake, clock) as (_, heard):
        await heard.until_state(LinkState.UP)
        for pings in range(1, 10):
            while fake.names().count("Ping") < pings:
                await clock.advance(1)
            # The answer arrives by the socket in its own time, which the test's clock knows nothing of.
            await fake.send(message("Event: Reload"))
            await heard.until(lambda: True)
            for _ in range(5):
                await asyncio.sleep(0)
        assert heard.states == [LinkState.CONNECTING, LinkState.UP]


async def test_fault_06_an_end_while_a_reconnect_is_due_stays_the_end() -> None:
    clock = FakeClock()
    async with fake_ami() as fake:
        async with listening(fake, clock) as (_, heard):
            await heard.until_state(LinkState.UP)
            fake.hang_up()
            await heard.until_state(LinkState.DOWN)
            await clock.until_sleeping(1)
        await clock.advance(3600)
        assert fake.connections == 1
        assert clock.sleeping == []


async def test_fault_07_a_list_cut_by_a_disconnect_ends_with_an_error() -> None:
    async with fake_ami() as fake:
        fake.lists["CoreShowChannels"] = [{"Event": "CoreShowChannel", "Uniqueid": "1.1"}] * 3
        fake.cut_at = "CoreShowChannels"
        session = await Session.open(link(port=fake.port), FakeClock())
        try:
            await session.login()
            with pytest.raises(
                LinkError, match="the connection was lost before CoreShowChannels was answered"
            ):
                await session.listing("CoreShowChannels")
        finally:
            session.close()


async def test_fault_07_the_link_starts_anew_after_a_list_was_cut() -> None:
    clock = FakeClock()
    async with fake_ami() as fake:
        fake.lists["CoreShowChannels"] = [{"Event": "CoreShowChannel", "Uniqueid": "1.1"}] * 3
        fake.cut_at = "CoreShowChannels"
        async with listening(fake, clock) as (_, heard):
            await heard.until_state(LinkState.DOWN)
            assert heard.snapshots == []
            await clock.until_sleeping(1)
            await clock.advance(1)
            await heard.until_state(LinkState.UP)
            assert [row.uniqueid for row in heard.snapshots[0].channels] == ["1.1"]


async def test_fault_07_a_list_that_never_ends_has_a_deadline() -> None:
    clock = FakeClock()
    async with fake_ami() as fake:
        fake.mute.add("Status")
        async with listening(fake, clock) as (_, heard):
            await fake.until(lambda: "Status" in fake.names())
            await clock.advance(15)
            await heard.until_state(LinkState.DOWN)
            assert "no answer to Status within 15 s" in heard.status.reason


async def test_fault_08_empty_headers_stay_wherever_they_are() -> None:
    async with fake_ami() as fake:
        fake.lists["CoreShowChannels"] = [
            {"Event": "CoreShowChannel", "AccountCode": "", "Uniqueid": "1.1", "BridgeId": ""}
        ]
        fake.before["CoreStatus"] = b"Event: Newchannel\r\nUniqueid: 1.2\r\nExten:\r\nLast: \r\n\r\n"
        async with listening(fake, FakeClock()) as (_, heard):
            await heard.until(lambda: heard.events)
            found = headers(heard.events[0])
            assert found["Exten"] == found["Last"] == ""
        session = await Session.open(link(port=fake.port), FakeClock())
        try:
            await session.login()
            (row,) = await session.listing("CoreShowChannels")
            assert row["AccountCode"] == row["BridgeId"] == ""
        finally:
            session.close()


async def test_fault_09_repeated_headers_stay_text_and_a_value_is_no_event() -> None:
    async with fake_ami() as fake:
        fake.answers["CoreSettings"] = {
            "AsteriskVersion": "22.1",
            "asteriskversion": "0",
            "X": "Event: Hangup",
        }
        session = await Session.open(link(port=fake.port), FakeClock())
        try:
            await session.login()
            answer = await session.ask("CoreSettings")
            assert answer["AsteriskVersion"] == "22.1"
            assert answer["X"] == "Event: Hangup"
        finally:
            session.close()
        async with listening(fake, FakeClock()) as (_, heard):
            await heard.until_state(LinkState.UP)
            await fake.send(b"Event: Newchannel\r\nUniqueid: 1.1\r\nUniqueid: 6.6\r\nEvent: Hangup\r\n\r\n")
            await fake.send(message("Event: Newchannel", CallerIDName="Event: Hangup", Uniqueid="1.2"))
            await heard.until(lambda: len(heard.events) == 2)
            assert headers(heard.events[0]) == {"Event": "Newchannel", "Uniqueid": "1.1"}
            assert headers(heard.events[1])["Event"] == "Newchannel"


async def test_fault_10_what_leaves_the_session_is_plain() -> None:
    async with fake_ami() as fake:
        session = await Session.open(link(port=fake.port), FakeClock())
        try:
            await session.login()
            answer = await session.ask("CoreStatus")
            assert type(answer) is dict
            assert copy.copy(answer) == pickle.loads(pickle.dumps(answer)) == answer
        finally:
            session.close()


async def test_fault_11_actions_can_be_awaited_together() -> None:
    async with fake_ami() as fake:
        session = await Session.open(link(port=fake.port), FakeClock())
        try:
            await session.login()
            answers = await asyncio.gather(*(session.ask("CoreStatus") for _ in range(20)))
            assert len({answer["ActionID"] for answer in answers}) == 20
        finally:
            session.close()


async def test_fault_12_nothing_is_sent_again_after_a_reconnect() -> None:
    clock = FakeClock()
    async with fake_ami() as fake:
        fake.mute.add("BridgeList")
        async with listening(fake, clock) as (_, heard):
            await fake.until(lambda: "BridgeList" in fake.names())
            fake.hang_up()
            await heard.until_state(LinkState.DOWN)
            fake.mute.clear()
            await clock.until_sleeping(1)
            await clock.advance(1)
            await heard.until_state(LinkState.UP)
            assert fake.names().count("BridgeList") == 2
            assert fake.names().count("Login") == fake.names().count("Challenge") == 2


async def test_fault_12_an_endless_message_is_bounded() -> None:
    async with fake_ami() as fake, listening(fake, FakeClock()) as (_, heard):
        await heard.until_state(LinkState.UP)
        await fake.send(b"Event: Newchannel\r\nX: " + b"x" * 3_000_000)
        await fake.send(b"\r\n\r\n" + newchannel(7))
        await heard.until(lambda: heard.events)
        assert heard.events == [body(newchannel(7))]


@pytest.mark.parametrize("auth", ["md5", "plain"])
async def test_fault_12_no_secret_in_any_log(auth: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    clock = FakeClock()
    async with fake_ami() as fake:
        fake.mute.add("Login")
        async with listening(fake, clock, auth=auth) as (_, heard):
            await fake.until(lambda: "Login" in fake.names())
            login = fake.actions[-1]
            fake.hang_up()
            await heard.until_state(LinkState.DOWN)
            fake.mute.clear()
            fake.secret = "another"
            await clock.until_sleeping(1)
            await clock.advance(1)
            await heard.until_state(LinkState.REFUSED)
    told = caplog.text + repr(heard.changes)
    assert "s3cr3t-word" not in told
    assert login.get("Key", login.get("Secret", "")) not in told


async def test_fault_12_a_write_that_fails_tells_nothing_of_what_was_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with fake_ami() as fake:
        session = await Session.open(link(port=fake.port, auth="plain"), FakeClock())
        session.close()
        with pytest.raises(LinkError, match="gone before Login was sent"):
            await session.login()
    assert "s3cr3t-word" not in caplog.text


async def test_fault_12_events_before_the_connection_callback_has_run_are_kept() -> None:
    async with fake_ami() as fake:
        # With the greeting in one segment: it is read before anybody was told of the connection.
        fake.banner += message("Event: FullyBooted", Uptime="5") + newchannel(1) + newchannel(2)[:40]
        fake.before["Challenge"] = newchannel(2)[40:]
        async with listening(fake, FakeClock()) as (_, heard):
            await heard.until(lambda: len(heard.events) == 2)
            assert heard.events == [body(newchannel(1)), body(newchannel(2))]


async def test_fault_13_shutdown_is_heard_to_the_end_and_then_a_restart() -> None:
    clock = FakeClock()
    async with fake_ami() as fake, listening(fake, clock) as (_, heard):
        await heard.until_state(LinkState.UP)
        await fake.send(message("Event: Shutdown", Shutdown="Cleanly", Restart="True") + newchannel(9))
        await heard.until(lambda: heard.events)
        assert heard.states[-1] is LinkState.UP
        fake.hang_up()
        await heard.until_state(LinkState.DOWN)
        assert "stopping or restarting" in heard.status.reason
        await clock.until_sleeping(1)
        await clock.advance(1)
        await heard.until_state(LinkState.UP, times=2)
        assert heard.restarts == [False, True]
        assert heard.gaps[-1].reason is GapReason.PBX_RESTART
        assert heard.gaps[-1].ended_at is not None

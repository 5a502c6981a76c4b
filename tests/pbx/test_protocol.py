"""Our protocol class by itself: what goes to the inbox, what to panoramisk, what nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from monitor.errors import LinkError
from monitor.pbx import protocol as module
from monitor.pbx.decoding import wanted
from monitor.pbx.inbox import Inbox
from monitor.pbx.protocol import AmiProtocol
from tests.clock import FakeClock
from tests.pbx.fake_ami import BANNER, message


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.ended = ""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.ended = "closed"

    def abort(self) -> None:
        self.ended = "aborted"

    def is_closing(self) -> bool:
        return bool(self.ended)


class Wire:
    """A protocol with its transport and inbox."""

    def __init__(self, greet: bool = True) -> None:
        self.clock = FakeClock()
        self.inbox = Inbox(1000)
        self.tapped: list[bytes] = []
        self.transport = Transport()
        self.protocol = AmiProtocol(self.clock, self.inbox, wanted, tap=self.tapped.append)
        self.protocol.connection_made(self.transport)
        if greet:
            self.protocol.data_received(BANNER)

    def events(self) -> list[bytes]:
        found: list[bytes] = []
        while (read := self.inbox.take()) is not None:
            found += read[0]
        return found

    def action_id(self) -> str:
        """Of the action sent last."""
        return self.transport.written.decode().rpartition("ActionID: ")[2].partition("\r\n")[0]


NEW = message("Event: Newchannel", Uniqueid="1.1")


async def test_wanted_events_go_to_the_inbox_with_their_arrival() -> None:
    wire = Wire()
    wire.protocol.data_received(NEW + message("Event: Newexten", Uniqueid="1.1") + NEW[:10])
    await wire.clock.advance(2)
    wire.protocol.data_received(NEW[10:])
    first, second = wire.inbox.take(), wire.inbox.take()
    assert first is not None
    assert second is not None
    assert list(first[0]) == list(second[0]) == [NEW[:-4]]
    assert second[1] - first[1] == 2.0


async def test_unwanted_reads_leave_no_trace_in_the_inbox() -> None:
    wire = Wire()
    wire.protocol.data_received(message("Event: VarSet", Variable="X") * 100)
    assert wire.inbox.take() is None
    assert not wire.inbox._filled.is_set()


async def test_the_tap_gets_every_byte() -> None:
    wire = Wire()
    for at in range(0, len(NEW), 5):
        wire.protocol.data_received(NEW[at : at + 5])
    assert b"".join(wire.tapped) == BANNER + NEW


async def test_an_answer_goes_to_its_action_only() -> None:
    wire = Wire()
    asked = wire.protocol.send({"Action": "CoreStatus"})
    other = wire.protocol.send({"Action": "CoreStatus"})
    wire.protocol.data_received(message("Response: Success", f"ActionID: {wire.action_id()}", "X: 1"))
    assert other.done()
    assert not asked.done()
    assert other.result()["X"] == "1"
    assert wire.events() == []


async def test_an_answer_to_somebody_else_is_nothing_to_us() -> None:
    wire = Wire()
    asked = wire.protocol.send({"Action": "CoreStatus"})
    wire.protocol.data_received(message("Response: Success", "ActionID: other-1"))
    wire.protocol.data_received(message("Response: Success"))
    assert not asked.done()


async def test_rows_of_a_list_do_not_reach_the_inbox_but_events_between_them_do() -> None:
    wire = Wire()
    asked = wire.protocol.send({"Action": "DeviceStateList"})
    ends = f"ActionID: {wire.action_id()}"
    row = message("Event: DeviceStateChange", "Device: PJSIP/8001", ends)
    live = message("Event: DeviceStateChange", "Device: PJSIP/8002")
    wire.protocol.data_received(message("Response: Success", ends, "EventList: start") + row + live + row)
    assert not asked.done()
    wire.protocol.data_received(message("Event: DeviceStateListComplete", ends, "EventList: Complete"))
    assert asked.done()
    rows = wire.protocol.rows(wire.action_id())
    assert [found["Device"] for found in rows] == ["PJSIP/8001"] * 2
    assert wire.events() == [live[:-4]]
    assert wire.protocol.rows(wire.action_id()) == []


async def test_a_refused_list_ends_at_once() -> None:
    wire = Wire()
    asked = wire.protocol.send({"Action": "Status"})
    wire.protocol.data_received(
        message("Response: Error", f"ActionID: {wire.action_id()}", "Message: Permission denied")
    )
    assert asked.result()["Message"] == "Permission denied"


async def test_an_event_of_anothers_action_stays_an_event() -> None:
    wire = Wire()
    wire.protocol.send({"Action": "Status"})
    sent = message("Event: OriginateResponse", "ActionID: crm-17", "Response: Failure")
    wire.protocol.data_received(sent)
    assert wire.events() == [sent[:-4]]


async def test_our_mark_in_a_value_is_a_value() -> None:
    wire = Wire()
    asked = wire.protocol.send({"Action": "Status"})
    sent = message("Event: Newchannel", f"CallerIDName: ActionID: {wire.action_id()}", "Uniqueid: 1.1")
    wire.protocol.data_received(sent)
    assert wire.events() == [sent[:-4]]
    assert not asked.done()


async def test_an_action_given_up_is_forgotten_and_its_late_answer_ignored() -> None:
    wire = Wire()
    asked = wire.protocol.send({"Action": "Status"})
    asked.cancel()
    await asyncio.sleep(0)
    assert wire.protocol.responses == {}
    kept = wire.protocol.send({"Action": "Ping"})
    late = wire.action_id().rpartition("-")[0] + "-1"
    wire.protocol.data_received(message("Event: Status", f"ActionID: {late}", "Uniqueid: 1.1"))
    wire.protocol.data_received(message("Response: Success", f"ActionID: {late}"))
    assert not kept.done()
    assert wire.protocol._rows == {}
    assert wire.events() == []


async def test_a_list_without_bound_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 10)
    wire = Wire()
    asked = wire.protocol.send({"Action": "Status"})
    row = message("Event: Status", f"ActionID: {wire.action_id()}")
    wire.protocol.data_received(row * 20)
    with pytest.raises(LinkError, match="over 10 rows for Status"):
        asked.result()
    assert wire.protocol._rows == {}


async def test_a_disconnect_ends_every_action_with_an_error() -> None:
    wire = Wire()
    asked = [wire.protocol.send({"Action": name}) for name in ("Status", "Ping", "Login")]
    wire.protocol.connection_lost(None)
    for action in asked:
        with pytest.raises(LinkError, match="connection was lost before"):
            action.result()
    assert wire.protocol.lost.done()
    wire.protocol.connection_lost(OSError("again"))
    with pytest.raises(LinkError, match="gone before Ping was sent"):
        await wire.protocol.send({"Action": "Ping"})


async def test_a_disconnect_before_anybody_knows_of_the_connection_is_harmless() -> None:
    wire = Wire(greet=False)
    wire.protocol.connection_lost(None)
    assert wire.protocol.lost.done()


@pytest.mark.parametrize("value", ["x\r\nAction: Originate", "x\n", "\r"])
async def test_a_header_cannot_smuggle_an_action(value: str) -> None:
    wire = Wire()
    with pytest.raises(ValueError, match="Username must be one line"):
        wire.protocol.send({"Action": "Login", "Username": value})
    assert wire.transport.written == b""


@pytest.mark.parametrize(
    "first", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"\x15\x03\x03\x00\x02\x02"]
)
async def test_a_peer_that_does_not_speak_ami_is_left(first: bytes) -> None:
    wire = Wire(greet=False)
    asked = wire.protocol.send({"Action": "Login"})
    wire.protocol.data_received(first)
    assert wire.transport.ended == "aborted"
    wire.protocol.connection_lost(None)
    with pytest.raises(LinkError, match="does not speak AMI"):
        await asked
    assert wire.tapped == []


async def test_a_greeting_byte_by_byte_is_a_greeting() -> None:
    wire = Wire(greet=False)
    for at in range(len(BANNER)):
        wire.protocol.data_received(BANNER[at : at + 1])
    assert wire.protocol.banner == "Asterisk Call Manager/11.0.0"
    assert wire.transport.ended == ""


async def test_the_last_byte_is_timed() -> None:
    wire = Wire()
    before = wire.protocol.last_byte
    await wire.clock.advance(5)
    wire.protocol.data_received(b"E")
    assert wire.protocol.last_byte == before + 5
    assert wire.protocol.heard_at == wire.clock.now()


async def test_the_boot_event_is_kept_with_its_time() -> None:
    wire = Wire()
    assert wire.protocol.fully_booted is None
    wire.protocol.data_received(message("Event: FullyBooted", Uptime="72"))
    at = wire.protocol.last_byte
    await wire.clock.advance(5)
    wire.protocol.data_received(message("Event: FullyBooted", Uptime="99"))
    assert wire.protocol.fully_booted == {"Event": "FullyBooted", "Uptime": "72"}
    assert wire.protocol.booted_heard == at


@pytest.mark.parametrize(
    ("reads", "announced"),
    [
        ([], False),
        ([message("Event: Shutdown", Shutdown="Cleanly")], True),
        ([message("Event: Shutdown"), NEW], True),
        ([NEW + message("Event: Shutdown") + NEW], True),
        ([message("Event: X", Value="Event: Shutdown")], False),
    ],
)
async def test_an_announced_end_is_known_at_the_end(reads: Sequence[bytes], announced: bool) -> None:
    wire = Wire()
    for read in reads:
        wire.protocol.data_received(read)
    assert wire.protocol.shutdown is announced


async def test_without_an_inbox_only_answers_count() -> None:
    protocol = AmiProtocol(FakeClock(), None, wanted)
    transport = Transport()
    protocol.connection_made(transport)
    protocol.data_received(BANNER + NEW)
    assert protocol.heard_at is not None


async def test_closing_twice_is_closing() -> None:
    wire = Wire()
    wire.protocol.close()
    wire.protocol.close()
    assert wire.transport.ended == "closed"

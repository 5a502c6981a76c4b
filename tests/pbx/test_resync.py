"""What is asked after a login, with all rights and with few, and how a restart is told."""

from __future__ import annotations

import pytest

from monitor.errors import LinkError
from monitor.pbx.resync import Picture, Process, has_restarted, look, with_variables
from monitor.pbx.session import Session
from tests.clock import FakeClock
from tests.pbx.fake_ami import FakeAmi, fake_ami, link

CHANNEL = {
    "Channel": "PJSIP/8001-00000008",
    "ChannelState": "6",
    "Uniqueid": "1795444408.8",
    "Linkedid": "1795444408.8",
}


def one_call(fake: FakeAmi) -> None:
    bridge = "1b682794-cce1-4f6d-b150-d269f87c095d"
    fake.lists["CoreShowChannels"] = [{"Event": "CoreShowChannel", **CHANNEL, "BridgeId": bridge}]
    fake.lists["Status"] = [
        {"Event": "Status", **CHANNEL, "DNID": "913821138004", "Variable": "CDR(answer,u)=1795444409.250000"}
    ]
    fake.lists["BridgeList"] = [
        {"Event": "BridgeListItem", "BridgeUniqueid": bridge, "BridgeTechnology": "simple_bridge"}
    ]
    fake.lists["DeviceStateList"] = [{"Event": "DeviceStateChange", "Device": "PJSIP/8001", "State": "INUSE"}]
    fake.bridges[bridge] = [{"Event": "BridgeInfoChannel", **CHANNEL}]


async def picture_of(fake: FakeAmi) -> Picture:
    session = await Session.open(link(fake.port), FakeClock())
    try:
        await session.login()
        return await look(session)
    finally:
        session.close()


async def test_with_all_rights() -> None:
    async with fake_ami() as fake:
        one_call(fake)
        picture = await picture_of(fake)
        (row,) = picture.snapshot.channels
        assert (row.uniqueid, row.dialled, row.state) == ("1795444408.8", "913821138004", 6)
        assert row.bridge_id == "1b682794-cce1-4f6d-b150-d269f87c095d"
        assert row.answered_at == 1795444409.25
        assert [device.device for device in picture.snapshot.devices] == ["PJSIP/8001"]
        assert (picture.version, picture.missing) == ("22.10.1", ())
        assert picture.process.uptime == 1000
        assert picture.process.started == "2026-11-23 14:33:10"
        assert "BridgeInfo" not in fake.names()


async def test_without_write_classes_the_bridges_are_left() -> None:
    async with fake_ami() as fake:
        one_call(fake)
        fake.denied = {"CoreSettings", "CoreStatus", "DeviceStateList", "CoreShowChannels", "Status"}
        fake.uptime = None
        picture = await picture_of(fake)
        (row,) = picture.snapshot.channels
        assert (row.uniqueid, row.bridge_id) == ("1795444408.8", "1b682794-cce1-4f6d-b150-d269f87c095d")
        assert set(picture.missing) == fake.denied
        assert picture.process.uptime is None
        assert picture.process.started is None
        assert picture.version == "Asterisk Call Manager/11.0.0"


async def test_a_bridge_that_ends_meanwhile_is_no_error() -> None:
    async with fake_ami() as fake:
        one_call(fake)
        fake.denied = {"CoreShowChannels", "Status"}
        fake.bridges.clear()
        assert (await picture_of(fake)).snapshot.channels == ()


async def test_many_bridges() -> None:
    async with fake_ami() as fake:
        fake.denied = {"CoreShowChannels", "Status"}
        for number in range(300):
            fake.lists["BridgeList"].append({"Event": "BridgeListItem", "BridgeUniqueid": f"b{number}"})
            fake.bridges[f"b{number}"] = [
                {"Event": "BridgeInfoChannel", **CHANNEL, "Uniqueid": f"1795444408.{number}"}
            ]
        picture = await picture_of(fake)
        assert {row.bridge_id for row in picture.snapshot.channels} == {f"b{number}" for number in range(300)}


async def test_a_connection_that_is_lost_is_an_error() -> None:
    async with fake_ami() as fake:
        one_call(fake)
        fake.cut_at = "BridgeList"
        with pytest.raises(LinkError, match="lost before BridgeList was answered"):
            await picture_of(fake)


def test_a_variable_becomes_a_header() -> None:
    assert with_variables({"A": "1", "Variable": "CDR(answer,u)=2"})["CDR(answer,u)"] == "2"
    assert with_variables({"A": "1", "Variable": "X="})["X"] == ""
    assert with_variables({"A": "1"}) == {"A": "1"}


@pytest.mark.parametrize(
    ("before", "now", "blind", "restarted"),
    [
        # The start time decides where both runs told it, whatever the clocks say.
        (Process(0, 50, "2026-11-23 09:00:00"), Process(100, 150, "2026-11-23 09:00:00"), 500, False),
        (Process(0, 50, "2026-11-23 09:00:00"), Process(100, 900, "2026-11-23 09:01:00"), 50, True),
        # Else: up for less long than we were blind.
        (Process(0, 50, None), Process(100, 59, "2026-11-23 09:00:00"), 60.0, True),
        (Process(0, 50, None), Process(100, 60, None), 60.0, False),
        (None, Process(100, 0, None), 0.4, True),
        (None, Process(100, 5000, None), 60.0, False),
        # Nothing known, nothing claimed.
        (None, Process(100, 5000, None), None, False),
        (None, Process(100, None, "2026-11-23 09:00:00"), 60.0, False),
        (Process(0, 50, "2026-11-23 09:00:00"), Process(100), 60.0, False),
    ],
)
def test_restart(before: Process | None, now: Process, blind: float | None, restarted: bool) -> None:
    assert has_restarted(before, now, blind) is restarted

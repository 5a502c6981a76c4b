"""What ``check`` says about a PBX: version, rights, clock, classes, patterns."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from pydantic import SecretStr

from monitor.pbx import examine as module
from monitor.pbx.examine import Finding, examine
from tests.clock import FakeClock
from tests.pbx.fake_ami import FakeAmi, fake_ami, link, message

ALL = dict.fromkeys(module.NEEDED, "")


def told(findings: Iterable[Finding], level: str) -> str:
    """What was found of a level, with its mends."""
    return "\n".join(f"{found.what} | {found.mend}" for found in findings if found.level == level)


async def examined(
    fake: FakeAmi, *events: bytes, extensions: tuple[str, ...] = (), **settings: object
) -> list[Finding]:
    clock = FakeClock()
    fake.answers.setdefault("ListCommands", dict(ALL))
    fake.answers["Ping"] = {"Ping": "Pong", "Timestamp": f"{clock.now():.6f}"}
    task = asyncio.create_task(examine(link(fake.port, **settings), extensions, clock, 3))
    task.add_done_callback(lambda _: fake.happened())
    await fake.until(lambda: task.done() or "Ping" in fake.names())
    if events:
        await fake.send(b"".join(events))
    while not task.done():
        await clock.advance(1)
    return task.result()


EVERY_CLASS = [
    message(f"Event: {name}", f"Privilege: {name.lower()},all", "Timestamp: 1795000000.5")
    for name in ("System", "Call", "Agent", "Reporting", "Cdr", "Dialplan")
]


async def test_a_pbx_that_is_as_it_should_be() -> None:
    async with fake_ami() as fake:
        fake.lists["DeviceStateList"] = [
            {"Event": "DeviceStateChange", "Device": "PJSIP/8001", "State": "NOT_INUSE"}
        ]
        findings = await examined(fake, *EVERY_CLASS, extensions=("8001", "8024"))
    assert {found.level for found in findings} == {"ok"}, findings
    ok = told(findings, "ok")
    assert "user dialwatch is logged in" in ok
    assert "Asterisk 22.10.1; eventfilter by name: yes" in ok
    assert "its clock and ours agree" in ok
    assert "class agent, call, cdr, dialplan, reporting, system" in ok
    assert "time stamp" in ok


async def test_a_wrong_password() -> None:
    async with fake_ami() as fake:
        findings = await examined(fake, secret=SecretStr("wrong"))
    assert "refuses user dialwatch: Authentication failed" in told(findings, "fail")
    assert "wrong" not in repr(findings)


async def test_nobody_there() -> None:
    findings = await examine(link(1), (), FakeClock(), 0)
    assert "cannot connect to 127.0.0.1:1" in told(findings, "fail")


async def test_each_missing_right_has_its_cost() -> None:
    async with fake_ami() as fake:
        fake.denied = set(module.NEEDED)
        fake.answers["ListCommands"] = {"Ping": ""}
        fake.uptime = None
        findings = await examined(fake)
    warned = told(findings, "warn")
    for action, cost in module.NEEDED.items():
        assert f"{action} is not permitted: {cost}" in warned
    assert "class system is missing" in warned
    assert "write = reporting" in warned


def test_too_many_rights() -> None:
    found = module.rights("PBX main", set(module.NEEDED) | {"Originate", "Command"})
    assert "may also run Originate, Command" in told(found, "warn")


async def test_what_was_not_heard_is_not_claimed() -> None:
    async with fake_ami() as fake:
        findings = await examined(fake, EVERY_CLASS[1])
    warned = told(findings, "warn")
    assert "in 3 s no event proved class agent, reporting, cdr, dialplan" in warned
    assert "without reporting, there is no voice quality" in warned


def test_events_without_time_stamp() -> None:
    found = module.classes("PBX main", [b"Event: Newchannel\r\nPrivilege: call,all"], 3, booted=True)
    assert "timestampevents = yes" in told(found, "warn")


def test_the_event_of_the_login_itself_proves_no_time_stamp() -> None:
    found = module.classes("PBX main", [b"Event: FullyBooted\r\nPrivilege: system,all"], 3, booted=True)
    assert "time stamp" not in told(found, "warn") + told(found, "ok")


def test_a_flood_of_dialplan_steps() -> None:
    found = module.classes(
        "PBX main", [b"Event: Newexten\r\nPrivilege: dialplan,all\r\nTimestamp: 1"], 3, booted=True
    )
    assert "eventfilter" in told(found, "warn")


@pytest.mark.parametrize(
    ("text", "level", "says"),
    [
        ("22.10.1+dfsg", "ok", "name: yes"),
        ("22.0.0", "ok", "name: no"),
        ("23.0.0", "ok", "name: yes"),
        ("21.6.0", "ok", "name: yes"),
        ("20.10.0", "ok", "name: no"),
        ("20.11.1", "ok", "name: yes"),
        ("19.8.0", "ok", "name: no"),
        ("18.26.0", "ok", "name: yes"),
        ("certified/20.7-cert2", "ok", "name: no"),
        ("16.30.0", "ok", "name: no"),
        ("13.38.3", "warn", "older than 16"),
        ("GIT-master-abc", "warn", "not told"),
        (None, "warn", "not told"),
    ],
)
def test_versions(text: str | None, level: str, says: str) -> None:
    found = module.version("PBX main", text)
    assert found.level == level
    assert says in found.what


@pytest.mark.parametrize(
    ("stamp", "level"),
    [("1000.2", "ok"), ("1001.9", "ok"), ("1009.0", "warn"), ("900", "warn"), ("", None), ("x", None)],
)
def test_clock_skew(stamp: str, level: str | None) -> None:
    found = module.skew("PBX main", stamp, 1000.0, 1000.1)
    assert [one.level for one in found] == ([level] if level else [])


def test_a_slow_answer_is_no_skew() -> None:
    (found,) = module.skew("PBX main", "1000", 1000.0, 1010.0)
    assert found.level == "ok"


def test_agents_that_no_pattern_names() -> None:
    (found,) = module.patterns(link(), ["8001", "9001"])
    assert (found.level, "9001" in found.what, "8001" in found.what) == ("fail", True, False)


def test_endpoints_that_no_pattern_names() -> None:
    (found,) = module.strangers(
        link(), ["PJSIP/8001", "PJSIP/trunk-a", "PJSIP/fax", "Local/x@y", "Queue:500_avail"]
    )
    assert "PJSIP/fax" in found.what
    assert "8001" not in found.what
    assert "Local" not in found.what
    assert module.strangers(link(), ["PJSIP/8001"]) == []


def test_agents_without_a_phone_are_judged_only_by_a_whole_list() -> None:
    assert module.absent(link(), ["8001"], ["PJSIP/8002"], whole=False) == []
    (found,) = module.absent(link(), ["8001", "8002"], ["PJSIP/8002"], whole=True)
    assert "8001" in found.what


async def test_the_list_of_endpoints_is_used_where_permitted() -> None:
    async with fake_ami() as fake:
        fake.answers["ListCommands"] = {**ALL, "PJSIPShowEndpoints": ""}
        fake.lists["PJSIPShowEndpoints"] = [{"Event": "EndpointList", "ObjectName": "lobby"}]
        findings = await examined(fake, extensions=("8001",))
    warned = told(findings, "warn")
    assert "PJSIP/lobby" in warned
    assert "8001 have no endpoint there" in warned


async def test_a_clear_stream_over_the_network_is_told() -> None:
    findings = await examine(link(1, host="127.0.0.3"), (), FakeClock(), 0)
    assert "travel in clear to 127.0.0.3" in told(findings, "warn")


def test_many_names_are_cut() -> None:
    assert module.some([str(number) for number in range(10)], 3) == "0, 1, 2 and 7 more"
    assert module.some(["a"]) == "a"

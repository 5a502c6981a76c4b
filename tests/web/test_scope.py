"""Two teams and an agent: what each login gets of every list, file, detail and the socket, and what it may change."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from monitor.domain import Direction, Segment
from monitor.duty import Absence, AbsenceKind, OwnDay
from tests.web.house import NOON, House, call, house
from tests.web.serving import within

DAY = "2026-11-23"

#: A dial of each agent, one of 8001 handed to 8003, an inbound call nobody answered.
CALLS = [
    call(0, agent="8001"),
    call(1, agent="8002"),
    call(2, agent="8003"),
    call(
        3,
        agent="8001",
        segments=(
            Segment(agent="8001", started_at=NOON - 3415, ended_at=NOON - 3400),
            Segment(agent="8003", started_at=NOON - 3400, ended_at=NOON - 3375),
        ),
    ),
    call(4, agent=None, direction=Direction.INBOUND, segments=(), answered_at=None, trunk=None),
]
MINE = {
    "site": [0, 1, 2, 3, 4],
    "t1": [0, 1, 3],
    "t2": [2, 3],
    "8001": [0, 3],
    "8003": [2, 3],
    "none": [],
}


async def enter(home: House, whose: str) -> str:
    """Log in as somebody who sees so much; an agent by extension."""
    if whose == "site":
        return await home.log_in("site", "manager")
    if whose == "none":
        return await home.log_in("none", "supervisor")
    if whose.startswith("t"):
        return await home.log_in(whose, "supervisor", [whose])
    return await home.log_in(whose, "agent", person=await person_of(home, whose))


async def person_of(home: House, extension: str) -> int:
    roster = await home.store.roster()
    return next(each.person_id for each in roster.assignments if each.extension == extension)


@pytest_asyncio.fixture
async def floor(tmp_path: Path) -> AsyncIterator[House]:
    """A house where something has happened."""
    async with house(tmp_path) as home:
        home.context.directory.learn(await home.store.roster(), home.context.settings)
        await home.store.write(CALLS)
        for each in CALLS:
            home.board.apply(each, NOON)
        yield home


async def got(home: House, path: str) -> Any:
    answer = await home.client.get(path)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


@pytest.mark.parametrize("whose", MINE)
async def test_calls_their_sums_and_their_file_are_of_whom_one_sees(floor: House, whose: str) -> None:
    await enter(floor, whose)
    wanted = [CALLS[index] for index in MINE[whose]]
    listed = await got(floor, "/api/calls")
    assert [row["id"] for row in listed["calls"]] == [each.id for each in reversed(wanted)]
    file = list(csv.reader(io.StringIO((await floor.client.get("/api/calls.csv")).text)))
    assert [row[0] for row in file[1:]] == [each.id for each in reversed(wanted)]
    assert (await got(floor, "/api/calls/sums"))["calls"] == len(wanted)


@pytest.mark.parametrize("whose", MINE)
@pytest.mark.parametrize(
    "query", ["team=t1", "team=t2", "agent=main%2F8003", "part=talked", "part=dialled&live=false"]
)
async def test_a_filter_never_widens_what_is_seen(floor: House, whose: str, query: str) -> None:
    await floor.log_in("everything", "manager")
    whole = {row["id"] for row in (await got(floor, f"/api/calls?{query}"))["calls"]}
    await enter(floor, whose)
    listed = {row["id"] for row in (await got(floor, f"/api/calls?{query}"))["calls"]}
    assert listed <= whole & {CALLS[index].id for index in MINE[whose]}


async def test_sums_of_a_team_are_its_own_part(floor: House) -> None:
    await enter(floor, "t2")
    sums = await got(floor, "/api/calls/sums")
    assert (sums["calls"], sums["dials"], sums["talk_seconds"]) == (2, 1, 40.0 + 25.0)
    await enter(floor, "t1")
    sums = await got(floor, "/api/calls/sums")
    assert (sums["calls"], sums["dials"], sums["talk_seconds"]) == (3, 3, 40.0 + 40.0 + 15.0)


@pytest.mark.parametrize("whose", MINE)
async def test_a_call_of_others_is_none(floor: House, whose: str) -> None:
    await enter(floor, whose)
    for index, each in enumerate(CALLS):
        status = 200 if index in MINE[whose] else 404
        assert (await floor.client.get(f"/api/calls/{each.id}")).status_code == status, index
        same = await got(floor, f"/api/calls?same={each.id}")
        assert bool(same["calls"]) is (status == 200), index


@pytest.mark.parametrize(("whose", "heard"), [("site", True), ("t1", True), ("t2", False), ("8001", None)])
async def test_a_recording_is_for_who_sees_the_call_and_may_hear(
    tmp_path: Path, whose: str, heard: bool | None
) -> None:
    sound = tmp_path / "monitor/2026/11/23/out-1.wav"
    sound.parent.mkdir(parents=True)
    sound.write_bytes(b"RIFF" + bytes(60_000))
    async with house(tmp_path) as home:
        home.context.directory.learn(await home.store.roster(), home.context.settings)
        recorded = call(0, agent="8001", recording=str(sound))
        await home.store.write([recorded])
        await enter(home, whose)
        answer = await home.client.get(f"/api/recordings/{recorded.id}")
        assert answer.status_code == {True: 200, False: 404, None: 403}[heard]
        if whose == "8001":
            row = (await got(home, f"/api/calls/{recorded.id}"))["recording"]
            assert (row["state"], row["url"]) == ("present", None)


@pytest.mark.parametrize(
    ("whose", "teams", "agents"),
    [
        ("site", ["t1", "t2"], ["8001", "8002", "8003"]),
        ("t2", ["t2"], ["8003"]),
        ("8002", [], ["8002"]),
        ("none", [], []),
    ],
)
async def test_choices_and_people_are_of_whom_one_sees(
    floor: House, whose: str, teams: list[str], agents: list[str]
) -> None:
    await enter(floor, whose)
    choices = await got(floor, "/api/filters")
    assert [team["id"] for team in choices["teams"]] == teams
    assert [agent["extension"] for agent in choices["agents"]] == agents
    assert [row["extension"] for row in await got(floor, "/api/people")] == agents


@pytest.mark.parametrize(
    ("whose", "seen"), [("site", {1, 2, 3}), ("t1", {1, 2}), ("8002", {2}), ("none", set())]
)
async def test_the_check_is_of_whom_one_sees(floor: House, whose: str, seen: set[int]) -> None:
    people = {number: await person_of(floor, f"800{number}") for number in (1, 2, 3)}
    kept = floor.store.discipline
    absences = [
        Absence(
            person=person,
            kind=AbsenceKind.LEAVE,
            starts_at=NOON,
            ends_at=NOON + 60,
            reason=f"reason of {number}",
            granted_by="wang",
            granted_at=NOON,
        )
        for number, person in people.items()
    ]
    made = await kept.add_absences(absences)
    await kept.put_own_days([own_day("2026-12-01", person=person) for person in people.values()])
    await kept.put_own_days([own_day("2026-12-02", team="t1"), own_day("2026-12-03", team="t2")])
    await kept.put_own_days([own_day("2026-12-04")])
    mine = {people[number] for number in seen}
    await enter(floor, whose)
    found = await got(floor, f"/api/absences?from={NOON}&to={NOON + 60}")
    assert {row["person"] for row in found} == mine
    ledger = await got(floor, "/api/ledger?month=2026-11")
    assert {row["person"] for row in ledger["accounts"]} == mine
    file = (await floor.client.get("/api/ledger.csv?month=2026-11")).text
    assert {extension for extension in ("8001", "8002", "8003") if extension in file} <= {
        f"800{number}" for number in seen
    }
    year = await got(floor, "/api/calendar/2026")
    assert {row["person"] for row in year["own"] if row["person"]} == mine
    teams = {"site": {"t1", "t2"}, "t1": {"t1"}, "8002": {"t1"}, "none": set()}[whose]
    assert {row["team"] for row in year["own"] if row["team"]} == teams
    assert any(not (row["team"] or row["person"]) for row in year["own"])
    for number, person in people.items():
        day = await floor.client.get(f"/api/people/{person}/days?from={DAY}")
        assert day.status_code == (200 if number in seen else 404), number
        history = await floor.client.get(f"/api/verdicts/{person}/{DAY}/morning")
        assert history.json() == [] or number in seen
        entered = {
            "person": person,
            "kind": "training",
            "starts_at": NOON,
            "ends_at": NOON + 1,
            "reason": "x",
        }
        may = whose in ("site", "t1")
        answer = await floor.client.post("/api/absences", json=entered, headers=floor.ours)
        expected = 403 if not may and whose != "none" else 201 if number in seen else 404
        assert answer.status_code == expected, number
        answer = await floor.client.post(
            f"/api/absences/{made[number - 1]}/withdraw", json={"reason": "x"}, headers=floor.ours
        )
        assert answer.status_code == (403 if expected == 403 else 200 if number in seen else 404)
        excused = {"person": person, "day": DAY, "shift": "morning", "reason": "x"}
        answer = await floor.client.post("/api/ledger/excuse", json=excused, headers=floor.ours)
        assert answer.status_code == (403 if expected == 403 else 201 if number in seen else 404)


def own_day(day: str, team: str = "", person: int = 0) -> OwnDay:
    return OwnDay(
        day=date.fromisoformat(day),
        working=False,
        name="x",
        team=team,
        person=person,
        official=False,
        entered_by="wang",
        entered_at=NOON,
    )


async def test_days_are_entered_for_whom_one_sees(floor: House) -> None:
    await enter(floor, "t1")
    base = {"day": "2026-12-05", "working": False, "name": "x"}
    other = await person_of(floor, "8003")
    for wanted, status in (
        ({"team": "t1"}, 201),
        ({"person": await person_of(floor, "8001")}, 201),
        ({"team": "t2"}, 403),
        ({"person": other}, 404),
        ({}, 403),
        ({"official": True}, 403),
    ):
        answer = await floor.client.post("/api/calendar/days", json=base | wanted, headers=floor.ours)
        assert answer.status_code == status, wanted
        gone = await floor.client.post("/api/calendar/days/remove", json=base | wanted, headers=floor.ours)
        assert gone.status_code == (204 if status == 201 else status), wanted


async def test_a_file_with_others_in_it_is_not_taken(floor: House) -> None:
    await enter(floor, "t1")
    for path, mine, others in (
        (
            "calendar",
            "日期,类型,名称,班组\n2026-12-06,休息,x,t1\n",
            "日期,类型,名称,班组\n2026-12-06,休息,x,t2\n",
        ),
        (
            "calendar",
            "日期,类型,名称,班组\n2026-12-07,休息,x,t1\n",
            "日期,类型,名称,班组\n2026-12-07,休息,x,\n",
        ),
        (
            "absences",
            "姓名,请假类型,开始时间,结束时间\n张伟,事假,2026-11-24 09:00,2026-11-24 12:00\n",
            "姓名,请假类型,开始时间,结束时间\n李娜,事假,2026-11-24 09:00,2026-11-24 12:00\n",
        ),
    ):
        address = f"/api/{path}/import?write=true"
        taken = await floor.client.post(address, content=mine.encode(), headers=floor.ours)
        assert (taken.status_code, taken.json()["written"]) == (200, True), taken.text
        refused = await floor.client.post(address, content=others.encode(), headers=floor.ours)
        assert (refused.status_code, refused.json()["error"]) == (403, "not_yours"), refused.text


@pytest.mark.parametrize(
    ("teams", "query", "status", "named"),
    [
        (["t1"], "", 200, ["t1"]),
        (["t1"], "?team=t1", 200, ["t1"]),
        (["t1"], "?team=t2", 403, []),
        (["t1", "t2"], "", 422, []),
        (["t1", "t2"], "?team=t2", 200, ["t2"]),
        ([], "", 422, []),
    ],
)
async def test_a_report_is_of_a_team_of_ones_own(
    floor: House, teams: list[str], query: str, status: int, named: list[str]
) -> None:
    await floor.log_in("lead", "team_lead", teams)
    answer = await floor.client.get(f"/api/reports/daily{query}")
    assert answer.status_code == status, answer.text
    if status == 200:
        told = json.dumps(answer.json(), ensure_ascii=False)
        assert ("李娜" in told, "张伟" in told) == ("t2" in named, "t1" in named)
    for form in ("csv", "xlsx"):
        mark = "&" if query else "?"
        file = await floor.client.get(f"/api/reports/daily{query}{mark}format={form}")
        assert file.status_code == status


@pytest.mark.parametrize(
    ("role", "teams", "extensions"),
    [
        ("board", [], {"8001", "8002", "8003"}),
        ("board", ["t2"], {"8003"}),
        ("team_lead", ["t1"], {"8001", "8002"}),
        ("supervisor", [], set()),
        ("qa", [], {"8001", "8002", "8003"}),
    ],
)
async def test_the_board_and_its_socket_are_of_whom_one_sees(
    floor: House, role: str, teams: list[str], extensions: set[str]
) -> None:
    token = await floor.log_in("somebody", role, teams)
    asked = (await got(floor, "/api/board"))["board"]
    async with floor.socket(token) as socket:
        first = json.loads(await within(socket.recv()))
        assert first["type"] == "snapshot"
        for board in (asked, first["board"]):
            assert {agent["extension"] for agent in board["agents"]} == extensions
            assert {team["id"] for team in board["teams"]} == (
                {*teams} if teams or not extensions else {"t1", "t2"}
            )
            named = {each for deadline in board["deadlines"] for each in deadline["not_begun"]}
            assert named <= {f"main/{extension}" for extension in extensions}
        # A call in each team: only one's own is told, and the next message is in order.
        for extension in ("8003", "8001"):
            index = 20 + int(extension[-1])
            floor.board.apply(call(index, agent=extension), NOON)
            floor.context.hub.wake()
        seen: set[str] = set()
        wanted = {"8003", "8001"} & extensions
        while seen != wanted:
            message = json.loads(await within(socket.recv()))
            if message["type"] == "delta":
                told = {agent["extension"] for agent in message["changes"].get("agents", [])}
                assert told <= extensions
                seen |= told & wanted


async def test_two_audiences_are_told_each_their_own(floor: House) -> None:
    one, two = await floor.log_in("one", "team_lead", ["t1"]), await floor.log_in("two", "team_lead", ["t2"])
    async with floor.socket(one) as first, floor.socket(two) as second:
        for socket, extensions in ((first, {"8001", "8002"}), (second, {"8003"})):
            board = json.loads(await within(socket.recv()))["board"]
            assert {agent["extension"] for agent in board["agents"]} == extensions
            assert board["site"]["agents_total"] == len(extensions)
        assert floor.context.hub.clients == 2
        assert floor.context.hub.sessions != set()
    # Beats go to each audience by itself.
    async with floor.socket(one) as again:
        kinds = [json.loads(await within(again.recv()))["type"] for _ in range(2)]
        assert kinds[0] == "snapshot"


@pytest.mark.parametrize(("role", "code"), [("agent", 4405), ("nonsense", 4405)])
async def test_who_may_not_see_the_floor_has_no_socket(floor: House, role: str, code: int) -> None:
    token = await floor.log_in("somebody", role)
    socket = floor.socket(token)
    async with socket as open_socket:
        with pytest.raises(Exception, match=str(code)):
            await within(open_socket.recv())


async def test_a_call_is_its_teams_of_that_time(floor: House) -> None:
    """Who moves to another team takes the calls to come along, not those before."""
    moved = floor.context.settings.teams
    t1, t2 = moved
    agent = t1.agents[1]
    changed = floor.context.settings.model_copy(
        update={
            "teams": (
                t1.model_copy(update={"agents": t1.agents[:1]}),
                t2.model_copy(update={"agents": (*t2.agents, agent)}),
            )
        }
    )
    at = CALLS[1].started_at + 30
    await floor.store.sync_roster(changed, at)
    floor.context.directory.learn(await floor.store.roster(), floor.context.settings)
    later = call(40, agent="8002")
    await floor.store.write([later])
    for team, before, after in (("t1", 200, 404), ("t2", 404, 200)):
        await enter(floor, team)
        ids = {row["id"] for row in (await got(floor, "/api/calls"))["calls"]}
        assert (CALLS[1].id in ids, later.id in ids) == (before == 200, after == 200)
        assert (await floor.client.get(f"/api/calls/{CALLS[1].id}")).status_code == before
        assert (await floor.client.get(f"/api/calls/{later.id}")).status_code == after


WHOLE = "13800000000"


async def numbers(home: House) -> str:
    """All that is answered about the first call, in one text."""
    person = await person_of(home, "8001")
    first = CALLS[0].id
    paths = ["/api/calls", f"/api/calls/{first}", "/api/calls.csv", f"/api/people/{person}/days?from={DAY}"]
    return "\n".join([(await home.client.get(path)).text for path in paths])


async def test_numbers_are_masked_for_every_role_where_nothing_else_is_said(floor: House) -> None:
    for role in ("administrator", "manager", "supervisor", "team_lead", "qa", "agent"):
        await floor.log_in(role, role, ["t1"], await person_of(floor, "8001"))
        told = await numbers(floor)
        assert "138****0000" in told, role
        assert WHOLE not in told, role
    assert [each for each in await floor.store.discipline.audited() if each.what == "numbers_seen"] == []


async def test_a_role_of_the_setting_sees_whole_numbers_and_each_look_is_written_down(tmp_path: Path) -> None:
    async with house(tmp_path, parts={"access": {"whole_numbers": ["administrator"]}}) as home:
        home.context.directory.learn(await home.store.roster(), home.context.settings)
        await home.store.write(CALLS)
        await home.log_in("boss", "administrator")
        told = await numbers(home)
        assert "****" not in told
        assert told.count(WHOLE) >= 4
        looks = [each for each in await home.store.discipline.audited() if each.what == "numbers_seen"]
        assert {each.who for each in looks} == {"boss"}
        assert {each.subject for each in looks} == {
            "calls",
            f"call/{CALLS[0].id}",
            "calls.csv",
            f"person/{await person_of(home, '8001')}",
        }
        await home.log_in("manager", "manager")
        assert WHOLE not in await numbers(home)

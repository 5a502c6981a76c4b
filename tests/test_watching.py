"""The watch from what is stored."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from monitor.config_guard import GuardSettings
from monitor.contacts import CAMPAIGN, DO_NOT_CALL, OWN, Listed, Listing, contact_of
from monitor.domain import Call, Direction, Outcome
from monitor.metrics import gaming, harassment
from monitor.metrics.cases import Found
from monitor.store.discipline import Audited
from monitor.store.store import Store
from monitor.watching import breaches, forbidden, listing, missed_inbound, private_calls, questions
from tests.metrics.test_board import SETTINGS, ZONE, at, dial
from tests.store.test_watch import lost
from tests.test_attendance import inbound


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/dialwatch.db")
    await opened.upgrade()
    await opened.sync_roster(SETTINGS, 0.0)
    yield opened
    await opened.close()


async def test_missed_inbound_by_team_and_site(store: Store) -> None:
    calls: list[Call] = [
        lost("9:00", "13900002222", None, "8001"),
        dial("8010", at("9:10"), number="013900002222", talk=30),
        lost("9:20", "+8613900003333", "600", "8001", "8010"),
        lost("9:40", "13900004444", "600"),
        lost("9:41", "anonymous", None, "8009"),
        msgspec.structs.replace(
            inbound("8017", at("9:50"), at("9:52")), queue="600", number="1", answered_at=at("9:50")
        ),
    ]
    await store.write(calls)
    found = await missed_inbound(store, SETTINGS, at("0:00"), at("23:59"))
    assert found.team_ids == [["t1"], ["t1", "t2"], ["t1", "t2", "t3"], ["t2"]]
    assert [each.seconds for each in found.cases] == [580.0, None, None, None]
    assert (found.site.missed, found.site.called_back, found.site.open, found.site.no_number) == (4, 1, 2, 1)
    assert {team: (each.missed, each.open) for team, each in found.teams.items()} == {
        "t1": (3, 2),
        "t2": (3, 2),
        "t3": (1, 1),
    }
    assert (await missed_inbound(store, SETTINGS, at("10:00"), at("23:59"))).cases == []


# ---------------------------------------------------------------- cases, against the pure functions over all calls

GUARD = GuardSettings.model_validate(
    {
        "caps": [{"most": 2, "minutes": 10}, {"most": 4, "minutes": 1440}],
        "hours": ["08:00-12:00", "13:00-21:00"],
        "own_numbers": ["1370000*"],
        "private_days": 2,
        "private_connects": 2,
        "private_talk_seconds": 50,
        "cluster_least": 5,
        "cancel_run": 3,
        "repeat_dials": 3,
    }
)
GUARDED = SETTINGS.model_copy(update={"guard": GUARD})
NUMBERS = [
    "13800001111",
    "013800001111",
    "+8613800001111",
    "13900002222",
    "13700003333",
    "13600004444",
    "8005",
]


def a_month(seed: int) -> list[Call]:
    """Calls of some days, of all kinds, with numbers that come again."""
    dice = random.Random(seed)
    found: list[Call] = []
    for n in range(400):
        when = at("7:00", dice.randrange(20, 25)) + dice.randrange(15 * 60) * 60.0
        talk = dice.choice([0.0, 0.0, 27.0, 31.0, 32.0, 33.0, 34.0, 38.0, 60.0])
        quick = dice.random() < 0.3
        number = dice.choice([*NUMBERS, f"1350000{n:04}", f"1350000{n:04}"])
        call = dial(
            dice.choice(["8001", "8002", "8010"]),
            when,
            serial=n,
            number=number,
            talk=0.0 if quick else talk,
            ring=3.0 if quick else 9.0,
            outcome=Outcome.CANCELLED if quick else None,
        )
        if dice.random() < 0.1:
            call = msgspec.structs.replace(call, direction=Direction.INBOUND, talk_seconds=talk * 9)
        if dice.random() < 0.05:
            call = msgspec.structs.replace(call, agent=None)
        if dice.random() < 0.05:
            call = msgspec.structs.replace(call, complete=False)
        found.append(call)
    for n in range(20):
        begun = at("14:00", 24) + 120 * n
        found.append(dial("8003", begun, serial=600 + n, talk=32.0, number=f"136000088{n:02}"))
    for n in range(5):
        begun = at("6:30", 23) + 30 * n
        found.append(
            dial(
                "8002", begun, serial=500 + n, ring=2.0, outcome=Outcome.CANCELLED, number=f"136000099{n:02}"
            )
        )
    return found


def plain(found: list[Found]) -> list[tuple[str, str | None, str | None, list[str], str]]:
    return [
        (
            each.rule,
            each.number,
            each.agent,
            [call.id for call in each.calls],
            str(sorted(each.figures.items(), key=str)),
        )
        for each in found
    ]


@pytest.mark.parametrize("seed", range(6))
async def test_what_the_store_picks_out_is_what_all_calls_say(store: Store, seed: int) -> None:
    calls = a_month(seed)
    await store.write(calls)
    entry = Listed(
        list=DO_NOT_CALL,
        key="13600004444",
        hint="",
        since=at("12:00", 22),
        reason="x",
        entered_at=at("12:00", 22),
    )
    own = Listed(list=OWN, key=GUARD.numbering.plain(calls[0].number or ""), hint="", since=0.0)
    campaign = Listed(list=CAMPAIGN, key="13900002222", hint="", since=0.0)
    for each in (entry, own, campaign):
        await store.numbers.put([each], Audited(1.0, "", "", "", ""))
    listed = await listing(store, GUARDED, DO_NOT_CALL)
    start, end = at("0:00", 22), at("0:00", 25)
    contacts = [contact_of(call) for call in calls if call.started_at < end]
    inside = [each for each in contacts if each.started_at >= start]

    recent = [each for each in contacts if each.started_at >= start - GUARD.watched_seconds]
    expected = harassment.breaches(recent, GUARD, listed, ZONE, start, end)
    assert {each.rule for each in expected} == {"cap", "hours", "do_not_call"}
    assert plain(await breaches(store, GUARDED, start, end)) == plain(expected)

    extensions = {agent.extension for team in SETTINGS.teams for agent in team.agents}
    plainly = GUARD.numbering.plain

    def is_own(number: str) -> bool:
        return number in extensions or number.startswith("1370000") or number == own.key

    others = [each for each in inside if not is_own(plainly(each.number or ""))]
    asked = gaming.all_of(
        gaming.own_numbers(inside, is_own, GUARD),
        gaming.just_over(inside, GUARD, SETTINGS.site.effective_seconds),
        gaming.cancel_runs(inside, GUARD),
        gaming.repeats(others, GUARD, ZONE),
    )
    assert {"own_number", "just_over", "cancel_run", "repeats"} == {each.rule for each in asked}
    assert plain(await questions(store, GUARDED, start, end)) == plain(asked)

    private = gaming.all_of(
        gaming.private_numbers(others, GUARD, Listing([campaign]), ZONE), gaming.long_inbound(inside, GUARD)
    )
    assert "long_inbound" in {each.rule for each in private}
    assert plain(await private_calls(store, GUARDED, start, end)) == plain(private)


async def test_private_numbers_are_found_however_written(store: Store) -> None:
    day = 86400.0
    mine = [
        dial("8001", at("9:00") - day, number="13800001111"),
        dial("8001", at("9:00"), number="+8613800001111"),
        dial("8001", at("9:00") - day, number="13900002222", serial=1),
        dial("8002", at("9:00"), number="013900002222", serial=2),
    ]
    await store.write(mine)
    (case,) = await private_calls(store, GUARDED, at("0:00") - day, at("0:00") + day)
    assert [call.id for call in case.calls] == [mine[0].id, mine[1].id]


def test_the_hours_in_which_nobody_is_to_be_called() -> None:
    spans = list(forbidden(GUARD.hours, at("7:00"), at("8:30", 24), ZONE))
    assert spans == [
        (at("7:00"), at("8:00")),
        (at("12:00"), at("13:00")),
        (at("21:00"), at("0:00", 24)),
        (at("0:00", 24), at("8:00", 24)),
    ]
    whole = GuardSettings.model_validate({"hours": ["00:00-24:00"]})
    assert list(forbidden(whole.hours, at("7:00"), at("8:30", 24), ZONE)) == []

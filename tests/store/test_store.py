"""One contract for both engines: what is written once or twice is there once, and reads back as it was."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.domain import Brief, Call, ExtensionStatus, Gap, GapReason, brief
from monitor.errors import StoreError
from monitor.store.calls import CallFilter
from monitor.store.schema import CallRow, RecordingRow
from monitor.store.store import Store
from monitor.store.upgrade import HEAD, MIGRATIONS
from tests.metrics.test_board import SETTINGS, at, dial, open_states


def some_calls(count: int = 40) -> list[Call]:
    return [
        dial(
            f"80{i % 4 + 1:02d}",
            at("9:00") + i * 60,
            serial=i,
            talk=float(i % 3 * 20),
            number=f"1380000{i:04d}",
        )
        for i in range(count)
    ]


async def how_many(store: Store, wanted: CallFilter) -> int:
    return (await store.sums(wanted, 30)).calls


async def test_calls_read_back_as_they_were_written(store: Store) -> None:
    calls = some_calls()
    await store.write(calls)
    await store.write(calls)
    assert await store.calls_between(at("0:00"), at("23:59")) == calls
    assert await store.call(calls[3].id) == calls[3]
    assert await store.call("main/none/0") is None
    assert await how_many(store, CallFilter()) == len(calls)


async def test_a_call_on_its_way_is_one_row_and_the_latest_value_wins(store: Store) -> None:
    call = dial("8001", at("9:00"), talk=40)
    for state in open_states(call):
        await store.write([state])
    assert await store.calls_between(at("0:00"), at("23:59")) == [call]
    assert await store.open_calls("main") == []


async def test_a_whole_call_is_never_replaced_by_a_cut_off_value_of_itself(store: Store) -> None:
    call = dial("8001", at("9:00"), talk=40)
    states = open_states(call)
    poorer = [*states[:-1], msgspec.structs.replace(call, complete=False, talk_seconds=1.0)]
    await store.write([call])
    for state in poorer:
        await store.write([state, dial("8002", at("9:05"))])
    assert await store.call(call.id) == call
    corrected = msgspec.structs.replace(call, talk_seconds=41.0)
    await store.write([corrected])
    assert await store.call(call.id) == corrected


async def test_any_order_of_batches_with_repeats_ends_the_same(store: Store) -> None:
    chance = random.Random(4)
    calls = some_calls(12)
    batches = [[state] for call in calls for state in open_states(call)]
    chance.shuffle(batches)
    for batch in [*batches, calls, *batches]:
        await store.write(batch)
    assert await store.calls_between(at("0:00"), at("23:59")) == calls


async def test_pages_follow_each_other_without_hole_or_repeat(store: Store) -> None:
    calls = [msgspec.structs.replace(call, started_at=at("9:00")) for call in some_calls(25)]
    await store.write(calls)
    found: list[str] = []
    after: str | None = None
    while True:
        page = await store.calls(CallFilter(), after=after, limit=7)
        found += [call.id for call in page.calls]
        after = page.next
        if after is None:
            break
    assert sorted(found) == sorted(call.id for call in calls)
    with pytest.raises(ValueError, match="no such page"):
        await store.calls(CallFilter(), after="@@@")


async def test_filters(store: Store) -> None:
    calls = some_calls()
    transferred = msgspec.structs.replace(
        calls[2], segments=(*calls[2].segments, msgspec.structs.replace(calls[2].segments[0], agent="8024"))
    )
    await store.write([*calls, transferred])
    assert await how_many(store, CallFilter(agents=("8001",))) == 10
    assert await how_many(store, CallFilter(agents=("main/8001", "main/8002"))) == 20
    assert await how_many(store, CallFilter(agents=("other/8001",))) == 0
    assert await how_many(store, CallFilter(agents=("main/8024",))) == 1
    assert await how_many(store, CallFilter(number="00039")) == 1
    assert await how_many(store, CallFilter(number="%")) == 0
    assert await how_many(store, CallFilter(outcome="answered")) == 26
    assert await how_many(store, CallFilter(talk_min=40)) == 13
    assert await how_many(store, CallFilter(start=at("9:10"), end=at("9:20"))) == 10
    assert await how_many(store, CallFilter(live=True)) == 0
    assert await how_many(store, CallFilter(direction="inbound")) == 0


async def test_gaps_extensions_and_hearing(store: Store) -> None:
    gap = Gap(pbx="main", started_at=at("9:00"), reason=GapReason.LINK_LOST)
    await store.write([gap])
    closed = msgspec.structs.replace(gap, ended_at=at("9:02"), calls_cut=2)
    await store.write([closed, ExtensionStatus(pbx="main", extension="8001", reachable=False, at=at("9:01"))])
    assert await store.gaps(at("9:01"), at("9:30")) == [closed]
    assert await store.gaps(at("9:03"), at("9:30")) == []
    assert [status.reachable for status in await store.extensions()] == [False]
    assert await store.last_heard("main") is None
    await store.heard("main", 5.0)
    await store.heard("main", 7.5)
    assert await store.last_heard("main") == 7.5


async def test_an_extension_changes_hands_and_a_person_changes_extension(store: Store) -> None:
    await store.sync_roster(SETTINGS, at("9:00"))
    await store.sync_roster(SETTINGS, at("9:30"))
    first = SETTINGS.teams[0]
    swapped = first.model_copy(
        update={
            "agents": (
                first.agents[0].model_copy(update={"name": first.agents[1].name}),
                first.agents[1].model_copy(update={"name": "新人"}),
                *first.agents[2:],
            )
        }
    )
    await store.sync_roster(
        SETTINGS.model_copy(update={"teams": (swapped, *SETTINGS.teams[1:])}), at("10:00")
    )
    roster = await store.roster()
    assert roster.names("main", "8001", at("9:59")) == ("张伟", "t1")
    assert roster.names("main", "8001", at("10:00")) == ("王芳", "t1")
    assert roster.names("main", "8002", at("10:00")) == ("新人", "t1")
    before, after = roster.who("main", "8002", at("9:59")), roster.who("main", "8001", at("10:01"))
    assert before is not None and after is not None
    assert before.person_id == after.person_id
    assert roster.names("main", "8003", 0.0) == ("李娜", "t1")


async def test_logins_sessions_and_the_one_time_link(store: Store) -> None:
    await store.create_user("lead", "hash", "supervisor")
    await store.create_session("lead", "t1", 4e9)
    await store.create_session("lead", "t2", 1.0)
    session = await store.session("t1")
    assert session is not None
    assert (session.username, session.role) == ("lead", "supervisor")
    assert await store.session("t2") is None
    assert await store.disable_user("lead")
    assert await store.session("t1") is None
    assert not await store.set_password("nobody", "x")
    await store.create_setup_token("s1", 4e9)
    assert await store.use_setup_token("s1")
    assert not await store.use_setup_token("s1")


async def test_what_a_user_may_is_kept_and_every_change_is_in_the_audit(store: Store) -> None:
    assert await store.create_user("lead", "hash", "team_lead", ["t1", "t2"], by="boss")
    assert not await store.create_user("lead", "other", "administrator", by="thief")
    await store.create_session("lead", "t1", 4e9)
    session = await store.session("t1")
    assert session is not None
    assert (session.role, session.teams, session.person) == ("team_lead", ("t1", "t2"), None)
    assert await store.set_role("lead", "agent", (), 7, by="boss")
    assert await store.session("t1") is None
    assert not await store.set_role("nobody", "agent", (), 7, by="boss")
    user = await store.user("lead")
    assert user is not None
    assert (user.password_hash, user.role, user.teams, user.person) == ("hash", "agent", (), 7)
    assert await store.disable_user("lead", by="boss")
    assert await store.disable_user("lead", disabled=False, by="boss")
    assert await store.set_password("lead", "new", by="boss")
    told = [(each.who, each.what, each.why) for each in await store.discipline.audited("user/lead")]
    assert told == [
        ("boss", "user_password", ""),
        ("boss", "user_enabled", ""),
        ("boss", "user_disabled", ""),
        ("boss", "user_role", "role=agent person=7"),
        ("boss", "user_added", "role=team_lead team=t1 team=t2"),
    ]


async def test_schema_is_told_and_upgraded_once(store: Store) -> None:
    assert (await store.schema_status()).up_to_date
    await store.upgrade()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://x/y", "not supported"),
        ("nonsense", "no database URL"),
        ("sqlite:////proc/nowhere/dialwatch.db", "can't be made"),
        ("postgresql://dialwatch@127.0.0.1:1/none", "is it running"),
    ],
)
async def test_errors_name_the_place_and_the_mend(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        await (await Store.open(url)).users()


async def test_an_empty_database_says_what_to_run(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/new.db")
    with pytest.raises(StoreError, match="dialwatch db upgrade"):
        await store.users()
    await store.close()


async def test_only_an_answered_call_has_a_recording_to_keep(store: Store) -> None:
    call = msgspec.structs.replace(dial("8001", at("9:00"), talk=40), recording="/rec/out-1.wav")
    unanswered = msgspec.structs.replace(dial("8002", at("9:01"), talk=0), recording=None)
    ringing = msgspec.structs.replace(open_states(unanswered)[0], recording="/rec/out-2.wav")
    await store.write([call, ringing])
    await store.write([unanswered])
    async with store._engine.connect() as connection:
        kept = await connection.execute(select(RecordingRow.call_id, RecordingRow.path))
        assert [tuple(row) for row in kept] == [(call.id, "/rec/out-1.wav")]


async def counted(store: Store, start: float, end: float) -> tuple[list[Brief], list[Call]]:
    briefs: list[Brief] = []
    calls: list[Call] = []
    async for some, others in store.counted_between(start, end):
        briefs += some
        calls += others
    return briefs, calls


async def test_a_day_is_read_in_brief_and_what_goes_on_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.store.BRIEFS", 7)
    calls = some_calls()
    going_on = open_states(dial("8001", at("9:30"), serial=99, talk=5))[1]
    await store.write([*calls, going_on, dial("8001", at("23:59:59"))])
    briefs, others = await counted(store, at("0:00"), at("23:59"))
    assert briefs == [brief(call) for call in calls]
    assert others == [going_on]
    assert await counted(store, at("8:00"), at("8:01")) == ([], [])


async def test_a_call_that_ends_or_is_cut_has_the_brief_of_its_newest_value(store: Store) -> None:
    call = dial("8001", at("9:00"), talk=40)
    cut = msgspec.structs.replace(call, complete=False, talk_seconds=1.0)
    for value, expected in (
        (open_states(call)[0], ([], [open_states(call)[0]])),
        (cut, ([brief(cut)], [])),
        (call, ([brief(call)], [])),
        (cut, ([brief(call)], [])),
    ):
        await store.write([value])
        assert await counted(store, at("0:00"), at("23:59")) == expected


async def test_a_call_stored_before_there_were_briefs_is_read_whole(store: Store) -> None:
    old, new = dial("8001", at("9:00"), talk=40), dial("8002", at("9:01"))
    await store.write([old, new])
    async with store._engine.begin() as connection:
        await connection.execute(update(CallRow).where(CallRow.id == old.id).values(brief=None))
    assert await counted(store, at("0:00"), at("23:59")) == ([brief(new)], [old])


PERSON_COLUMNS = ("number", "hired_on", "newcomer_until", "working")


async def without_sums(connection: AsyncConnection) -> None:
    """As before sums (0004), alerts (0005), the check (0006), people (0008), the watch (0009), outages (0011), sent (0010)."""
    for index in ("ix_calls_number", "ix_calls_watch"):
        await connection.execute(text(f"DROP INDEX {index}"))
    for table, columns in {"people": PERSON_COLUMNS, "assignments": ("lead",)}.items():
        for column in columns:
            await connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
    check = ("own_days", "absences", "verdicts", "audit")
    later = ("alerts", "deliveries", *check, "targets", "overtime", "outages")
    later += ("numbers",)
    later += ("sent_files", "sent_reports", "send_plans", "alert_rules")
    for table in ("parts", "rollups", "agent_days", "rollup_state", *later):
        await connection.execute(text(f"DROP TABLE {table}"))
    for column in ("teams", "person_id"):
        await connection.execute(text(f"ALTER TABLE users DROP COLUMN {column}"))


async def test_a_database_of_the_first_schema_keeps_its_calls(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/old.db")
    calls = some_calls(3)
    await store.upgrade()
    await store.write(calls)
    await store.create_user("lead", "hash", "supervisor")
    async with store._engine.begin() as connection:
        await connection.execute(text("ALTER TABLE calls DROP COLUMN brief"))
        await connection.execute(text("ALTER TABLE calls DROP COLUMN seized"))
        await without_sums(connection)
        await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert not (await store.schema_status()).up_to_date
    await store.upgrade()
    assert (await store.schema_status()).up_to_date
    assert await counted(store, at("0:00"), at("23:59")) == ([], calls)
    assert await store.calls_between(at("0:00"), at("23:59")) == calls
    # Who saw the whole site before goes on seeing it.
    (lead,) = await store.users()
    assert (lead.name, lead.role, lead.teams, lead.person) == ("lead", "manager", (), None)
    await store.close()


async def test_an_older_database_learns_which_trunks_were_seized(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/dialwatch.db")
    await store.upgrade()
    await store.write([dial("8001", at("9:00")), dial("8002", at("9:01"), serial=1)])
    async with store._engine.begin() as connection:
        await connection.execute(text("ALTER TABLE calls DROP COLUMN seized"))
        await without_sums(connection)
        await connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    await store.upgrade()
    assert await how_many(store, CallFilter(seized="main/trunk-a")) == 2
    await store.close()

"""``dialwatch check`` as a whole: every room tried for real, one line each, the exit code."""

from __future__ import annotations

import io
import os
import socket
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from monitor import check
from monitor.check import Finding
from monitor.config import Alert, Settings, load
from monitor.config_duty import CalendarSettings
from monitor.config_guard import GuardSettings
from monitor.config_sending import Send
from monitor.duty import OwnDay
from monitor.store.store import Store
from tests.alerts import standins
from tests.clock import FakeClock
from tests.pbx.fake_ami import fake_ami, link

CONFIG = """
[site]
name = "x"
timezone = "Asia/Shanghai"
[[team]]
id = "t1"
name = "朝阳组"
agents = [{{extension = "8001", name = "张伟"}}]
[[pbx]]
name = "main"
host = "127.0.0.1"
port = {port}
username = "dialwatch"
secret_env = "SECRET"
agents = ["PJSIP/80[0-9][0-9]"]
trunks = ["PJSIP/trunk-*"]
recordings = "{folder}/recordings"
[store]
data_dir = "{folder}/var"
[web]
port = 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recordings").mkdir()
    return tmp_path


def settings_of(folder: Path, port: int = 1) -> Settings:
    path = folder / "config.toml"
    path.write_text(CONFIG.format(port=port, folder=folder), encoding="utf-8")
    return load(path, {"SECRET": "s3cr3t-word"})


async def test_all_rooms_are_tried_and_nothing_is_hidden(folder: Path) -> None:
    async with fake_ami() as fake:
        findings = await check.examine_all(settings_of(folder, fake.port), FakeClock(), 0)
    text = "\n".join(found.what for found in findings)
    for room in (
        "config.toml: valid",
        "Asia/Shanghai",
        "PBX main: user",
        "database",
        "recordings",
        "dashboard",
    ):
        assert room in text
    assert [found for found in findings if found.level == "fail"] == []


def test_a_failure_is_printed_with_its_mend_and_the_exit_code_is_1(folder: Path) -> None:
    out = io.StringIO()
    assert check.run(settings_of(folder), out=out, seconds=0) == 1
    lines = out.getvalue().splitlines()
    failed = next(number for number, line in enumerate(lines) if line.startswith("✗ fail"))
    assert "cannot connect to 127.0.0.1:1" in lines[failed]
    assert lines[failed + 1].strip().startswith("→")
    assert lines[-1].endswith("1 failed")


def test_channels_are_understood_or_not_and_nothing_is_sent(folder: Path) -> None:
    with standins.http() as server:
        text = CONFIG.format(port=1, folder=folder)
        for name in ("HOOK", "WRONG", "NONE"):
            text += f'[[channel]]\nname = "{name.lower()}"\nurl_env = "{name}"\n'
        path = folder / "config.toml"
        path.write_text(text, encoding="utf-8")
        wrong = "dingtalk://a-b-c!"
        hook, wrong_one, none = check.channels(
            load(path, {"HOOK": f"json://{server.address}/t0p-s3cr3t", "WRONG": wrong})
        )
        assert (hook.level, hook.mend) == ("ok", "to send: dialwatch alert test hook")
        assert hook.what == f"channel hook: json://{server.address}/**** is understood; nothing was sent"
        assert wrong_one.level == "fail" and "a-b-c" not in wrong_one.what
        assert wrong_one.mend.startswith("write such as dingtalk://")
        assert (none.level, none.what) == ("fail", "channel none: has no URL")
        assert none.mend == "put its Apprise URL into the environment variable NONE"
        assert server.received == []


def test_reports_to_be_sent_have_to_be_known_and_say_where_they_are_opened(folder: Path) -> None:
    path = folder / "config.toml"
    path.write_text(CONFIG.format(port=1, folder=folder), encoding="utf-8")
    settings = load(path, {})
    assert check.sendings(settings) == []
    send = Send.model_validate({"name": "daily", "report": "daily", "at": "18:00", "channels": ["hook"]})
    with_send = settings.model_copy(update={"sends": (send,)})
    (bare,) = check.sendings(with_send)
    assert (bare.level, "public_url" in (bare.mend or "")) == ("warn", True)
    web = settings.web.model_copy(update={"public_url": "https://watch.example.cn"})
    assert [each.level for each in check.sendings(with_send.model_copy(update={"web": web}))] == ["ok"]
    unknown = send.model_copy(update={"report": "dayly"})
    (wrong,) = check.sendings(settings.model_copy(update={"sends": (unknown,)}))
    assert (wrong.level, "no such report" in wrong.what) == ("fail", True)


def test_without_channels_alerts_are_on_the_board_only(folder: Path) -> None:
    settings = settings_of(folder)
    assert check.channels(settings) == []
    with_rule = settings.model_copy(update={"alerts": (Alert(kind="idle"),)})
    assert [found.level for found in check.channels(with_rule)] == ["ok"]


def test_warnings_alone_do_not_fail(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def all_well(*_: object) -> list[Finding]:
        return [Finding("ok", "fine"), Finding("warn", "not quite", "do this")]

    monkeypatch.setattr(check, "examine_all", all_well)
    out = io.StringIO()
    assert check.run(settings_of(folder), out=out) == 0
    assert out.getvalue().splitlines() == [
        "✓ ok    fine",
        "! warn  not quite",
        "        → do this",
        "1 ok, 1 to look at, 0 failed",
    ]


def test_the_time_at_the_site(folder: Path) -> None:
    clock = FakeClock(start=datetime(2026, 11, 23, 1, 2, tzinfo=UTC).timestamp())
    assert "2026-11-23 09:02" in check.time_zone(settings_of(folder), clock).what


# ---------------------------------------------------------------------------------- database


async def test_an_empty_database(folder: Path) -> None:
    (found,) = await check.database(settings_of(folder))
    assert found.level == "ok"
    assert "is empty" in found.what


async def test_a_database_in_use(folder: Path) -> None:
    settings = settings_of(folder)
    settings.store.data_dir.mkdir()
    store = await Store.open(settings.store.database_url)
    await store.upgrade()
    await store.heard("main", 123.0)
    (found,) = await check.database(settings)
    assert "can be written" in found.what
    assert await store.last_heard("main") == 123.0
    await store.close()


async def test_a_data_folder_that_cannot_be(folder: Path) -> None:
    (folder / "var").write_text("a file")
    (found,) = await check.database(settings_of(folder))
    assert found.level == "fail"
    assert "cannot be written" in found.what


async def test_a_file_that_is_no_database(folder: Path) -> None:
    (folder / "var").mkdir()
    (folder / "var" / "dialwatch.db").write_bytes(b"not a database at all" * 100)
    (found,) = await check.database(settings_of(folder))
    assert found.level == "fail"


# ---------------------------------------------------------------------------------- folders and ports


def test_recordings(folder: Path) -> None:
    recordings = folder / "recordings"
    assert check.recordings(link(recordings=recordings)).level == "ok"
    assert check.recordings(link(recordings=folder / "nowhere")).level == "warn"
    assert check.recordings(link()).level == "warn"


@pytest.mark.parametrize("what", ["folder", "entry"])
def test_recordings_that_cannot_be_read(folder: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root reads everything, so the question to the system is answered for it.
    entry = folder / "recordings" / "2026"
    entry.mkdir()
    shut = folder / "recordings" if what == "folder" else entry
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != shut)
    found = check.recordings(link(recordings=folder / "recordings"))
    assert found.level == "fail"
    assert "group" in found.mend


def test_a_port_that_is_taken(folder: Path) -> None:
    settings = settings_of(folder)
    assert check.web_port(settings).level == "ok"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        web = settings.web.model_copy(update={"port": port})
        found = check.web_port(settings.model_copy(update={"web": web}))
    assert found.level == "fail"
    assert f":{port}: cannot be had" in found.what


async def test_a_year_whose_holidays_are_not_known_is_told_until_they_are_entered(folder: Path) -> None:
    settings = settings_of(folder)
    no_country = await check.holidays_known(settings, FakeClock())
    assert no_country.level == "ok" and "no country" in no_country.what
    settings = settings.model_copy(update={"calendar": CalendarSettings(country="CN")})
    december = FakeClock(datetime(2030, 12, 1, 9, tzinfo=UTC).timestamp())
    unknown = await check.holidays_known(settings, december)
    assert unknown.level == "warn" and "2030" in unknown.what and "calendar import" in unknown.mend
    store = await Store.open(settings.store.database_url)
    await store.upgrade()
    for year in (2030, 2031):
        await store.discipline.put_own_days(
            [OwnDay(day=date(year, 10, 1), working=False, name="国庆节", official=True)]
        )
    await store.close()
    assert (await check.holidays_known(settings, december)).level == "ok"


def test_lists_kept_as_hashes_need_their_key(folder: Path) -> None:
    settings = settings_of(folder)
    assert check.number_lists(settings) == []
    guard = GuardSettings(hash_numbers=True, secret_env="LIST_KEY")
    (missing,) = check.number_lists(settings.model_copy(update={"guard": guard}))
    assert (missing.level, missing.mend) == ("fail", "put it into environment variable LIST_KEY")
    known = guard.model_copy(update={"secret": SecretStr("k")})
    (found,) = check.number_lists(settings.model_copy(update={"guard": known}))
    assert found.level == "ok"

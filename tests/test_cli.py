"""Every command, really run: exit codes, what goes to stdout and what to stderr, and never a bare traceback."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from monitor.cli import app
from tests.alerts import standins
from tests.pbx import captures
from tests.pbx.fake_ami import fake_ami

CONFIG = """\
[site]
name = "x"
[store]
data_dir = "{folder}/data"
[web]
port = {web_port}
[[pbx]]
name = "main"
host = "127.0.0.1"
port = {port}
username = "dialwatch"
secret_env = "SECRET"
agents = ["PJSIP/80[0-9][0-9]"]
trunks = ["PJSIP/trunk-*"]
dial_prefix = "9"
"""
SECRET = "s3cr3t-word"

#: Each command with what it needs to be complete.
COMMANDS = {
    "run": [],
    "listen": [],
    "web": [],
    "check": [],
    "capture": ["--out", "x.ami"],
    "replay": ["x.ami"],
    "report": ["daily"],
    "send": ["daily"],
    "alert test": ["hook"],
    "db upgrade": [],
    "db rollup": [],
    "db check": [],
    "user add": ["wang", "--role", "manager"],
    "user list": [],
    "user passwd": ["wang"],
    "user role": ["wang", "--role", "manager"],
    "user disable": ["wang"],
    "calendar import": ["days.csv"],
    "leave import": ["leave.csv"],
    "roster import": ["people.csv"],
}


class Done:
    """What a finished command left behind."""

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code, self.out, self.err = code, out.decode(), err.decode()
        assert "Traceback" not in self.out + self.err
        assert SECRET not in self.out + self.err


class Site:
    """A folder with a configuration, in which commands are run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configure()

    def configure(self, port: int = 1, web_port: int = 0) -> None:
        text = CONFIG.format(folder=self.folder, port=port, web_port=web_port)
        (self.folder / "config.toml").write_text(text)

    def run(self, line: str, *more: str | Path, typed: str = "", secret: str = SECRET) -> Done:
        argv = [sys.executable, "-m", "monitor.cli", *line.split(), *map(str, more)]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DIALWATCH_")}
        environment |= {
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "SECRET": secret,
            "COLUMNS": "200",
            "TERM": "dumb",
            "NO_COLOR": "1",
        }
        found = subprocess.run(
            argv, cwd=self.folder, env=environment, input=typed.encode(), capture_output=True, timeout=60
        )
        return Done(found.returncode, found.stdout, found.stderr)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def names(command: object, before: str = "") -> list[str]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return [before.strip()]
    return [name for key, each in inner.items() for name in names(each, f"{before} {key}")]


def test_every_command_is_run_here() -> None:
    assert set(names(typer.main.get_command(app))) == {"demo", *COMMANDS}


@pytest.mark.parametrize("name", ["demo", *COMMANDS])
def test_help_names_every_option_and_its_default(site: Site, name: str) -> None:
    command = typer.main.get_command(app)
    for part in name.split():
        command = command.commands[part]  # type: ignore[attr-defined]
    told = site.run(name, "--help")
    assert (told.code, told.err) == (0, "")
    for option in command.params:
        if option.param_type_name == "argument":
            assert option.name is not None
            assert option.name in told.out.lower()
            continue
        assert option.opts[0] in told.out
        line = next(each for each in told.out.splitlines() if option.opts[0] in each)
        assert option.help, option.name
        if option.is_flag and option.default is False:
            continue  # not given: not so
        assert option.required or option.default is None or f"[default: {option.default}]" in line, line


def test_without_a_command_the_help_is_shown(site: Site) -> None:
    told = site.run("")
    assert told.code == 2
    assert all(name in told.out + told.err for name in ("run", "listen", "replay", "demo"))


@pytest.mark.parametrize(
    "line", ["nonsense", "run --nope", "replay", "capture", "user add", "replay x --format xml"]
)
def test_wrong_usage_is_2_on_stderr(site: Site, line: str) -> None:
    told = site.run(line)
    assert (told.code, told.out) == (2, "")
    assert "Usage: dialwatch" in told.err


@pytest.mark.parametrize("name", COMMANDS)
def test_a_missing_configuration_is_2(site: Site, name: str) -> None:
    told = site.run(name, *COMMANDS[name], "--config", "none.toml", typed="longenough\n")
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("dialwatch: none.toml: no such file; give it with --config")
    assert told.err.count("\n") == 1


def test_a_wrong_configuration_is_2_with_its_line(site: Site) -> None:
    (site.folder / "config.toml").write_text('[site]\nname = "x"\ntimezone = "Mars/Base"\n')
    told = site.run("run")
    assert told.code == 2
    assert told.err.startswith("dialwatch: config.toml:3: site.timezone = 'Mars/Base': no such time zone")


@pytest.mark.parametrize(
    "line", ["demo --start 9.99", "demo --agents 0", "demo --speed 0", "demo --speed nan"]
)
def test_a_demo_out_of_range_is_2(site: Site, line: str) -> None:
    told = site.run(line)
    assert (told.code, told.out) == (2, "")
    assert re.match(r"dialwatch: --(start|agents|speed) .*write ", told.err)


@pytest.mark.parametrize("name", ["run", "web", "demo"])
def test_a_port_in_use_is_1_and_said_at_once(site: Site, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        site.configure(web_port=port)
        told = site.run(name, *(["--port", str(port)] if name == "demo" else []))
    assert told.code == 1
    assert f"127.0.0.1:{port} " in told.err
    assert "Address already in use" in told.err
    assert not (site.folder / "data").exists()


# ---------------------------------------------------------------- alerts


def test_one_message_is_sent_on_a_channel_or_it_is_said_why_not(site: Site) -> None:
    text = (site.folder / "config.toml").read_text()
    with standins.http() as server:
        url = site.folder / "hook.url"
        url.write_text(f"json://{server.address}/{SECRET}")
        url.chmod(0o600)
        channels = '[[channel]]\nname = "hook"\nurl_file = "hook.url"\n'
        (site.folder / "config.toml").write_text(text + channels)
        sent = site.run("alert test hook")
        assert (sent.code, sent.out, sent.err) == (0, "channel hook: sent\n", "")
        assert server.bodies == ["【测试】x\nDialwatch 测试消息，通道 hook 可用。"]
        server.answer = (500, {})
        failed = site.run("alert test hook")
        assert (failed.code, failed.out) == (1, "")
        assert failed.err.startswith("dialwatch: channel hook: not sent: ")
        assert "mend the URL in the file hook.url" in failed.err
        none = site.run("alert test leads")
        assert (none.code, none.out) == (2, "")
        assert none.err.startswith(
            "dialwatch: no [[channel]] is called 'leads' in config.toml; there are: hook"
        )


# ---------------------------------------------------------------- the database


def test_a_database_that_is_absent_is_1(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    text = (site.folder / "config.toml").read_text()
    url = f'url = "postgresql://d:{SECRET}@127.0.0.1:{port}/d"'
    (site.folder / "config.toml").write_text(text.replace("[web]", f"{url}\n[web]"))
    for line in ("db check", "db upgrade", "user list"):
        told = site.run(line)
        assert (told.code, told.out) == (1, "")
        assert told.err.startswith("dialwatch: ")


def test_a_database_of_no_kind_we_know_is_told(site: Site) -> None:
    text = (site.folder / "config.toml").read_text()
    (site.folder / "config.toml").write_text(text.replace("[web]", 'url = "oracle://x"\n[web]'))
    told = site.run("db check")
    assert told.code in (1, 2)
    assert told.err.startswith("dialwatch: ")
    assert "unexpected" not in told.err


def test_a_locked_database_is_1(site: Site) -> None:
    assert site.run("db upgrade").code == 0
    with sqlite3.connect(site.folder / "data/dialwatch.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        told = site.run("user add", "wang", "--role", "manager", typed="longenough\n")
        other.execute("ROLLBACK")
    other.close()
    assert (told.code, told.out) == (1, "")
    assert "locked" in told.err
    assert "unexpected" not in told.err


def test_the_schema_is_told_and_upgraded(site: Site) -> None:
    before = site.run("db check")
    assert before.code == 1
    assert before.out.startswith("schema none")
    assert before.err == "run: dialwatch db upgrade\n"
    assert "up to date" in site.run("db upgrade").out
    after = site.run("db check")
    assert (after.code, after.err) == (0, "")


# ---------------------------------------------------------------- reports


def test_sums_are_made_and_a_report_is_printed_or_written(site: Site) -> None:
    assert "run: dialwatch db upgrade" in site.run("report daily").err
    made = site.run("db rollup")
    assert (made.code, made.out) == (0, "sums made of 0 calls\n")
    told = site.run("report daily --date 2026-11-23 --language en")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("x Daily dialing report  2026-11-23 Mon\n")
    assert site.run("report weekly --format csv --date 2026-11-23").out.startswith("\ufeff分机,姓名,班组,")
    written = site.run("report monthly --format xlsx --out m.xlsx")
    assert (written.code, written.out) == (0, "")
    assert (site.folder / "m.xlsx").read_bytes().startswith(b"PK")
    found = json.loads(site.run("report range --date 2026-11-23 --to 2026-11-24 --group hour -f json").out)
    assert (found["first"], found["last"], found["group"]) == ("2026-11-23", "2026-11-24", "hour")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("report daily --date 23.11.2026", "--date '23.11.2026': no day; write YYYY-MM-DD"),
        ("report daily --team none", "--team 'none': no such team; there are none"),
        ("report daily --group hour", "--group hour: for a range, write one of"),
        ("report range --group colour", "--group colour: for a range, write one of"),
        ("report range --date 2026-11-23 --to 2026-11-22", "--to 2026-11-22 is before --date 2026-11-23"),
        ("report daily --to 2026-11-22", "--to is for a range"),
        ("report daily --language fr", "--language 'fr': write one of zh-CN, en"),
    ],
)
def test_a_report_that_cannot_be_meant_is_2(site: Site, line: str, words: str) -> None:
    assert site.run("db upgrade").code == 0
    told = site.run(line)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(f"dialwatch: {words}")


def test_a_report_that_cannot_be_written_is_1(site: Site) -> None:
    assert site.run("db upgrade").code == 0
    told = site.run("report daily -f csv --out nowhere/x.csv")
    assert told.code == 1
    assert "--out nowhere/x.csv: can't be written" in told.err


def test_a_report_is_sent_by_hand_and_kept(site: Site) -> None:
    with standins.http() as server:
        (site.folder / "config.toml").write_text(
            CONFIG.format(folder=site.folder, port=1, web_port=0)
            + '[[channel]]\nname = "hook"\nurl_file = "hook.url"\n'
            + '[[send]]\nname = "daily"\nreport = "daily"\nat = "18:00"\nchannels = ["hook"]\nlanguage = "en"\n'
        )
        url = site.folder / "hook.url"
        url.write_text(f"json://{server.address}/")
        url.chmod(0o600)
        sent = site.run("send daily")
        assert sent.code == 0
        assert re.search(
            r"^x Daily dialing report .*: dialwatch-daily-\S+\.xlsx, \d+ bytes, archive 1$", sent.out, re.M
        )
        assert sent.out.endswith("channel hook: sent\n")
        assert len(server.received) == 1
        server.answer = (500, {})
        failed = site.run("send daily")
    assert failed.code == 1
    assert "channel hook: given_up (" in failed.out
    assert "not every channel took it; it is kept, and /archive/ sends it again" in failed.err
    none = site.run("send weekly")
    assert none.code == 2
    assert "no [[send]] is called 'weekly' in config.toml; there are: daily" in none.err


# ---------------------------------------------------------------- people


def test_a_user_is_added_once_listed_changed_and_kept_out(site: Site) -> None:
    assert site.run("user list").out == ""
    added = site.run("user add", "王经理", "--role", "manager", typed="longenough\n")
    assert (added.code, added.out, added.err) == (0, "user 王经理 added: manager\n", "")
    again = site.run("user add", "王经理", "--role", "manager", typed="longenough\n")
    assert (again.code, again.out) == (2, "")
    assert (
        again.err
        == "dialwatch: user '王经理' exists; change the password with: dialwatch user passwd 王经理\n"
    )
    assert site.run("user list").out == "王经理\tmanager\tenabled\t-\n"
    assert site.run("user passwd", "王经理", typed="another one\n").out == "password of 王经理 changed\n"
    assert site.run("user disable", "王经理").code == 0
    assert site.run("user list").out == "王经理\tmanager\tdisabled\t-\n"


def test_a_role_names_whom_it_sees(site: Site) -> None:
    typed = "longenough\n"
    with (site.folder / "config.toml").open("a", encoding="utf-8") as file:
        file.write('[[team]]\nid = "t1"\nname = "朝阳组"\n')
    assert site.run("user add", "组长", "--role", "team_lead", "--team", "朝阳组", typed=typed).code == 0
    assert site.run("user list").out == "组长\tteam_lead\tenabled\tt1\n"
    assert site.run("user role", "组长", "--role", "qa").out == "user 组长 is now: qa\n"
    assert site.run("user list").out == "组长\tqa\tenabled\t-\n"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--role", "team_lead"], "--role team_lead: it sees its own teams; name them with --team"),
        (["--role", "supervisor", "--team", "nobody"], "--team 'nobody': there is no such team; there are: "),
        (["--role", "manager", "--team", "t1"], "--role manager: it has no teams; leave --team out"),
        (["--role", "qa", "--extension", "8001"], "--role qa: it is nobody's own login"),
        (["--role", "agent"], "--role agent: it is somebody's own login; say whose"),
        (["--role", "agent", "--team", "t1", "--extension", "1"], "it has no teams"),
        (["--role", "agent", "--extension", "1"], "--extension 1: nobody sits there"),
    ],
)
def test_a_role_with_the_wrong_people_is_2(site: Site, options: list[str], told: str) -> None:
    for line in (["user add", "wang"], ["user role", "wang"]):
        answer = site.run(*line, *options, typed="longenough\n")
        assert (answer.code, answer.out) == (2, "")
        assert told in answer.err


@pytest.mark.parametrize("line", ["user passwd", "user disable"])
def test_a_user_of_no_name_known_is_2(site: Site, line: str) -> None:
    told = site.run(line, "nobody", typed="longenough\n")
    assert (told.code, told.out) == (2, "")
    assert told.err == "dialwatch: no user is called 'nobody'; see: dialwatch user list\n"


@pytest.mark.parametrize("typed", ["", "short\n", "x" * 300])
def test_a_password_too_short_or_too_long_is_2(site: Site, typed: str) -> None:
    told = site.run("user add", "wang", "--role", "manager", typed=typed)
    assert (told.code, told.out) == (2, "")
    length = len(typed.strip())
    assert told.err == f"dialwatch: this password has {length} characters; choose one of 8 to 256\n"


@pytest.mark.parametrize("name", ["", "  ", "x" * 65])
def test_a_name_must_be_one(site: Site, name: str) -> None:
    told = site.run("user add", name, "--role", "manager", typed="longenough\n")
    assert told.code == 2
    assert "a name has 1 to 64 characters" in told.err


# ---------------------------------------------------------------- captures


def test_a_capture_to_an_unwritable_place_is_1(site: Site) -> None:
    told = site.run("capture", "--out", site.folder / "none/x.ami")
    assert (told.code, told.out) == (1, "")
    assert "x.ami: cannot be created (No such file or directory); choose a folder" in told.err


def test_an_unreachable_pbx_is_1_and_leaves_no_file(site: Site) -> None:
    told = site.run("capture", "--out", "x.ami")
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("dialwatch: cannot connect to 127.0.0.1:1: ")
    assert "is Asterisk up" in told.err
    assert list(site.folder.glob("x.ami*")) == []


async def test_a_wrong_password_is_1_and_names_what_to_check(site: Site) -> None:
    async with fake_ami() as ami:
        site.configure(port=ami.port)
        told = await asyncio.to_thread(site.run, "capture --out x.ami", secret="not the one")
    assert (told.code, told.out) == (1, "")
    assert "check username, environment variable SECRET and the permit lines in manager.conf" in told.err


async def test_a_capture_ends_by_itself_and_can_be_replayed(site: Site) -> None:
    async with fake_ami() as ami:
        site.configure(port=ami.port)
        told = await asyncio.to_thread(site.run, "capture --out x.ami.gz --seconds 1")
    assert told.code == 0, told.err
    assert "connected to main" in told.err
    assert (site.folder / "x.ami.gz").stat().st_size > 0
    assert site.run("replay x.ami.gz").code == 0


def test_check_fails_with_1_and_says_what_to_mend(site: Site) -> None:
    told = site.run("check")
    assert told.code == 1
    assert "✗ fail" in told.out
    assert "cannot connect to 127.0.0.1:1" in told.out
    assert told.err == ""


def test_replay_prints_a_line_a_call_on_stdout(site: Site) -> None:
    capture = captures.TRACES / "out_busy.ami.gz"
    told = site.run("replay", capture, "--format", "jsonl")
    assert (told.code, told.err) == (0, "")
    (call,) = (json.loads(line) for line in told.out.splitlines())
    assert (call["agent"], call["outcome"]) == ("8001", "busy")
    table = site.run("replay", capture)
    assert len(table.out.splitlines()) == 2


@pytest.mark.parametrize(
    ("content", "code", "wanted"),
    [
        (None, 1, "there is no such capture"),
        (b"\x00\x01nothing", 1, "damaged after 0 bytes"),
        (b"", 0, "no calls in it; is it a capture"),
        ((captures.TRACES / "out_busy.ami.gz").read_bytes()[:3000], 1, "cut off after "),
    ],
)
def test_a_capture_that_is_missing_damaged_empty_or_cut_is_told(
    site: Site, content: bytes | None, code: int, wanted: str
) -> None:
    name = "x.ami" if content == b"" else "x.ami.gz"
    if content is not None:
        (site.folder / name).write_bytes(content)
    told = site.run("replay --format jsonl", name)
    assert (told.code, told.out) == (code, "")
    assert f"{name}: " in told.err
    assert wanted in told.err


def test_a_pbx_of_no_name_known_is_2(site: Site) -> None:
    told = site.run("replay --pbx west", captures.TRACES / "out_busy.ami.gz")
    assert (told.code, told.out) == (2, "")
    assert "no PBX is called 'west' in config.toml; there are: main" in told.err


TEAM = """
[[team]]
id = "t1"
name = "朝阳组"
agents = [{ extension = "8001", name = "张伟" }]
"""


def test_leave_is_imported_once_and_wrong_rows_are_named(site: Site) -> None:
    with (site.folder / "config.toml").open("a", encoding="utf-8") as config:
        config.write(TEAM)
    file = site.folder / "leave.csv"
    right = "a1,张伟,年假,2026-11-23,2026-11-24"
    file.write_text(f"审批编号,姓名,请假类型,开始时间,结束时间\n{right}\n", encoding="gb18030")
    told = site.run("leave import", file, "--dry-run")
    assert told.code == 0
    assert "1 new or changed, 0 known" in told.out
    assert "张伟 请假 2026-11-23 00:00 – 2026-11-25 00:00" in told.out
    assert "1 new or changed, 0 known" in site.run("leave import", file).out  # the dry run wrote nothing
    assert "0 new or changed, 1 known" in site.run("leave import", file).out
    file.write_text(f"审批编号,姓名,请假类型,开始时间,结束时间\n{right}\na2,赵六,年假,2026-11-23,\n")
    told = site.run("leave import", file)
    assert told.code == 2
    assert "leave.csv:3: 缺少 结束时间" in told.err and "nothing was taken" in told.err
    assert site.run("leave import", file, "--skip-bad").code == 0
    missing = site.run("leave import", "none.csv")
    assert (missing.code, missing.out) == (2, "")


def test_calendar_days_are_imported_and_the_check_knows_the_year(site: Site) -> None:
    file = site.folder / "days.csv"
    file.write_text("日期,类型,名称\n2031-01-01,休,元旦\n2031-01-05,班,调休上班\n", encoding="utf-8-sig")
    told = site.run("calendar import", file, "--official")
    assert told.code == 0
    assert told.out.splitlines() == ["2031-01-01 休息 元旦", "2031-01-05 上班 调休上班", "2 days, 0 wrong"]
    file.write_text("日期,类型,名称\n2031-01-01,也许,\n")
    told = site.run("calendar import", file)
    assert told.code == 2
    assert "days.csv:2:" in told.err


def test_the_roster_is_imported_once_and_only_where_the_store_is_its_source(site: Site) -> None:
    file = site.folder / "people.csv"
    file.write_text("姓名,分机,班组\n张伟,8001,朝阳组\n王芳,8002,朝阳组\n", encoding="gb18030")
    told = site.run("roster import", file, "--dry-run")
    assert (told.code, told.out.splitlines()[-1]) == (0, "2 new or changed, 0 known, 0 wrong")
    refused = site.run("roster import", file)
    assert refused.code == 2 and 'source = "store"' in refused.err
    with (site.folder / "config.toml").open("a", encoding="utf-8") as config:
        config.write('[roster]\nsource = "store"\n')
    told = site.run("roster import", file)
    assert told.code == 0 and "张伟 新增 8001 t1" in told.out
    assert "0 new or changed, 2 known, 0 wrong" in site.run("roster import", file).out
    file.write_text("姓名,分机,班组\n张伟,8001,朝阳组\n李娜,,朝阳组\n")
    told = site.run("roster import", file)
    assert told.code == 2 and "people.csv:3: 没有分机" in told.err and "nothing was taken" in told.err
    assert site.run("roster import", file, "--from", "gestern").code == 2

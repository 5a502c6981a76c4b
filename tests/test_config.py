"""config.toml: valid as shipped; whatever is wrong is told with file, line, key, value and mend."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path

import pytest

from monitor.config import OVERRIDES, Settings, load
from monitor.config_duty import Discipline, Working
from monitor.errors import ConfigError

SHIPPED = Path(__file__).parents[1] / "config.toml"

WHOLE = """\
[site]
name = "中心"
timezone = "Asia/Shanghai"
[[shift]]
id = "morning"
name = "上午班"
start = "09:00"
end = "12:00"
dial_by = "09:10"
[[team]]
id = "t1"
name = "朝阳组"
agents = [
  { extension = "8001", name = "张伟" },
  # 8002 是空位
  { extension = "8003", name = "李娜" },
]
[[pbx]]
name = "main"
host = "127.0.0.1"
port = 5038
username = "dialwatch"
secret_env = "SECRET"
agents = ["PJSIP/80[0-9][0-9]"]
trunks = ["PJSIP/trunk-*"]
[web]
port = 8000
"""

SHIFT = '[[shift]]\nid = "{}"\nname = "班"\nstart = "{}"\nend = "{}"\ndial_by = "{}"\n'
PBX = (
    '[[pbx]]\nname = "{}"\nhost = "10.0.0.2"\nusername = "d"\nagents = ["PJSIP/9*"]\ntrunks = ["PJSIP/t*"]\n'
)


def line_of(text: str, part: str) -> int:
    return text[: text.rindex(part)].count("\n") + 1


def told(folder: Path, text: str | bytes, env: dict[str, str] | None = None) -> str:
    """The message about a wrong file, without the folder's name; it must be one line and a usage error."""
    path = folder / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as raised:
        load(path, env or {})
    assert raised.value.exit_code == 2
    message = str(raised.value)
    assert "\n" not in message
    return message.replace(f"{folder}/", "")


#: What stands in ``WHOLE``, what is written instead, the part that is at fault (its line has to be told),
#: and what the message has to say: key, value and mend.
WRONG = {
    "unknown key": (
        "timezone =",
        "time_zone =",
        "time_zone",
        "site.time_zone: no such key; did you mean 'timezone'\\?",
    ),
    "unknown key, like no other": (
        "timezone =",
        "colour =",
        "colour",
        "site.colour: no such key; allowed here: name, timezone, language, .*",
    ),
    "unknown table": ("[web]", "[wbe]", "[wbe]", "wbe: no such key; did you mean 'web'\\?"),
    "unknown key in an inline table": (
        'name = "李娜"',
        'nmae = "李娜"',
        "nmae",
        "team#1.agents#2.nmae: no such key; did you mean 'name'\\?",
    ),
    "missing key": ('host = "127.0.0.1"\n', "", "[[pbx]]", "pbx#1.host: missing; add it"),
    "no text": ('name = "中心"', "name = 7", "name = 7", 'site.name = 7: write text in "quotes"'),
    "empty text": ('name = "中心"', 'name = ""', 'name = ""', "site.name = '': is empty; fill it in"),
    "no number": (
        "port = 8000",
        'port = "web"',
        'port = "web"',
        "web.port = 'web': write a whole number, without quotes",
    ),
    "bad port": (
        "port = 5038",
        "port = 70000",
        "port = 70000",
        "pbx#1.port = 70000: must be at most 65535",
    ),
    "port of nothing": ("port = 5038", "port = 0", "port = 0", "pbx#1.port = 0: must be at least 1"),
    "no truth": (
        "port = 5038",
        'tls = "perhaps"',
        "tls",
        "pbx#1.tls = 'perhaps': write true or false, without quotes",
    ),
    "no list": (
        'trunks = ["PJSIP/trunk-*"]',
        'trunks = "PJSIP/trunk-*"',
        "trunks",
        r"pbx#1.trunks = 'PJSIP/trunk-\*': write a list in \[brackets\]",
    ),
    "empty list": (
        'trunks = ["PJSIP/trunk-*"]',
        "trunks = []",
        "trunks",
        r"pbx#1.trunks = \[\]: needs at least one entry",
    ),
    "one of a few words": (
        'timezone = "Asia/Shanghai"',
        'language = "zh"',
        "language",
        "site.language = 'zh': write 'zh-CN' or 'en'",
    ),
    "true or a word": (
        "port = 8000",
        'secure_cookies = "always"',
        "secure_cookies",
        "web.secure_cookies = 'always': write 'auto', true or false",
    ),
    "seconds below nothing": (
        'timezone = "Asia/Shanghai"',
        "wrap_up_seconds = -1",
        "wrap_up_seconds",
        "site.wrap_up_seconds = -1: must be at least 0",
    ),
    "bad zone": (
        "Asia/Shanghai",
        "Asia/Shangai",
        "Shangai",
        "site.timezone = 'Asia/Shangai': no such time zone; write an IANA name, such as Asia/Shanghai",
    ),
    "zone by number": ('"Asia/Shanghai"', "8", "timezone = 8", "site.timezone = 8: no such time zone; .*"),
    "bad time": (
        '"09:10"',
        '"9.10"',
        "9.10",
        "shift#1.dial_by = '9.10': no time of day; write hours and minutes, such as \"09:10\"",
    ),
    "time by number": ('"09:00"', "900", "start = 900", "shift#1.start = 900: no time of day; .*"),
    "hour 25": ('"12:00"', '"25:00"', "25:00", "shift#1.end = '25:00': no time of day; .*"),
    "dial_by outside": (
        '"09:10"',
        '"12:30"',
        "12:30",
        "shift#1.dial_by = '12:30': is outside the shift; put it between 09:00 and 12:00",
    ),
    "counts_from inside": (
        'dial_by = "09:10"',
        'dial_by = "09:10"\ncounts_from = "09:05"',
        "counts_from",
        "shift#1.counts_from = '09:05': is after the start; put it at 09:00 or before",
    ),
    "no length": ('"12:00"', '"09:00"', "end", "shift#1.end = '09:00': is the start too; .*"),
    "eighth day": (
        'dial_by = "09:10"',
        'dial_by = "09:10"\ndays = [1, 7]',
        "days",
        "shift#1.days#2 = 7: must be at most 6",
    ),
    "overlap": (
        "[[team]]",
        SHIFT.format("noon", "11:30", "13:00", "11:40") + "[[team]]",
        'start = "11:30"',
        r"shift#2.start = '11:30': overlaps with shift 'morning' \(09:00 to 12:00\); let one end before .*",
    ),
    "overlap at midnight": (
        "[[team]]",
        SHIFT.format("night", "22:00", "09:30", "22:10") + "[[team]]",
        'end = "09:30"',
        "shift#2.end = '09:30': overlaps with shift 'morning' .*",
    ),
    "country nobody has": (
        "[[shift]]",
        '[calendar]\ncountry = "XX"\n[[shift]]',
        'country = "XX"',
        "calendar.country = 'XX': no holidays are known for it; write an ISO code, such as CN, .*",
    ),
    "half a rota": (
        "[[shift]]",
        "[calendar]\nrota = [6]\nrota_from = 2026-11-02\n[[shift]]",
        "rota = [6]",
        r"calendar.rota = \[6\]: needs days on and days off in turn, .*",
    ),
    "rota without a begin": (
        'name = "朝阳组"',
        'name = "朝阳组"\nworking = { rota = [6, 1] }',
        "working",
        r"team#1.working.rota = \[6, 1\]: rota and rota_from belong together; .*",
    ),
    "tiers that fall": (
        "[[shift]]",
        '[discipline]\ntiers = [{ name = "a", from_minute = 9 }, { name = "b", from_minute = 3 }]\n[[shift]]',
        "tiers",
        "discipline.tiers: must rise by from_minute, each once; put them in order",
    ),
    "break outside its shift": (
        'dial_by = "09:10"',
        'dial_by = "09:10"\nbreaks = [{ start = "11:50", end = "12:10" }]',
        "breaks",
        "shift#1.breaks#1: must lie between 09:00 and 12:00, its start before its end",
    ),
    "grace without end": (
        'dial_by = "09:10"',
        'dial_by = "09:10"\ngrace_minutes = 171',
        "grace_minutes",
        "shift#1.grace_minutes = 171: reaches past the end of the shift; make it shorter",
    ),
    "shift of a team that is none": (
        'name = "朝阳组"',
        'name = "朝阳组"\nshifts = ["noon"]',
        "shifts",
        "team#1.shifts#1 = 'noon': no \\[\\[shift\\]\\] has this id; there are: morning",
    ),
    "same shift id": (
        "[[team]]",
        SHIFT.format("morning", "13:30", "17:30", "13:50") + "[[team]]",
        'id = "morning"',
        r"shift#2.id = 'morning': is given twice; each \[\[shift\]\] needs its own id",
    ),
    "same team id": (
        "[[pbx]]",
        '[[team]]\nid = "t1"\nname = "远航组"\n[[pbx]]',
        'id = "t1"',
        r"team#2.id = 't1': is given twice; .*",
    ),
    "same extension in two teams": (
        "[[pbx]]",
        '[[team]]\nid = "t2"\nname = "远航组"\nagents = [{ extension = "8003", name = "王芳" }]\n[[pbx]]',
        "agents = [{",
        r"team#2.agents#1.extension = '8003': 李娜 \(朝阳组\) has this extension already; remove one of the two",
    ),
    "same extension in one team": (
        '"8003", name = "李娜"',
        '"8001", name = "张伟"',
        '"8001"',
        r"team#1.agents#2.extension = '8001': 张伟 \(朝阳组\) has this extension already; .*",
    ),
    "agent of no PBX": (
        'name = "李娜" }',
        'name = "李娜", pbx = "west" }',
        '"8003"',
        r"team#1.agents#2.pbx = 'west': no \[\[pbx\]\] has this name; there are: main",
    ),
    "same PBX name": (
        "[web]",
        PBX.format("main") + "[web]",
        'name = "main"',
        r"pbx#2.name = 'main': is given twice; each \[\[pbx\]\] needs its own name",
    ),
    "glob without technology": (
        '"PJSIP/80[0-9][0-9]"',
        '"80*"',
        "agents = [",
        r"pbx#1.agents#1 = '80\*': has no technology; write it as \"PJSIP/80\*\"",
    ),
    "glob with an open bracket": (
        "80[0-9][0-9]",
        "80[0-9][0-9",
        "80[0-9][0-9",
        r"pbx#1.agents#1 = 'PJSIP/80\[0-9\]\[0-9': a \[ or \] has no partner; write it as .*",
    ),
    "prefix with a letter": (
        'secret_env = "SECRET"',
        'dial_prefix = "9w"',
        "dial_prefix",
        "pbx#1.dial_prefix = '9w': has a character that is not allowed; .*",
    ),
    "encoding of nobody": (
        'secret_env = "SECRET"',
        'encoding_fallback = "gb99"',
        "encoding_fallback",
        "pbx#1.encoding_fallback = 'gb99': is no encoding; write gb18030",
    ),
    "two secrets": (
        'secret_env = "SECRET"',
        'secret_env = "SECRET"\nsecret_file = "s"',
        "secret_file",
        "pbx#1.secret_file = 's': secret_env is given too; keep one of them",
    ),
    "quote not closed": (
        'name = "朝阳组"',
        'name = "朝阳组',
        "name",
        "not valid TOML: .*; strings need quotes, .*",
    ),
    "key twice": ("port = 8000", "port = 1\nport = 2", "port = 2", "not valid TOML: .*"),
    "list not closed": ("]\n[[pbx]]", "[[pbx]]", "[[pbx]]", "not valid TOML: .*"),
    "text after a value": ("port = 8000", "port = 8000 8001", "8001", "not valid TOML: .*"),
    "the file's own path": (
        "[site]",
        "path = 'x'\n[site]",
        None,
        "path: no such key; allowed here: site, .*",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_line_key_value_and_mend(tmp_path: Path, name: str) -> None:
    old, new, at, wanted = WRONG[name]
    assert WHOLE.count(old)
    head, _, tail = WHOLE.rpartition(old)
    text = head + new + tail
    message = told(tmp_path, text)
    line = (
        f":{line_of(text[: len(head) + len(new) + (len(tail) if at == '[[pbx]]' else 0)], at)}" if at else ""
    )
    assert re.fullmatch(rf"config\.toml{line}: {wanted}", message), message


def test_the_shipped_file_is_valid_and_describes_a_believable_centre() -> None:
    shipped = load(SHIPPED, {})
    extensions = [agent.extension for team in shipped.teams for agent in team.agents]
    assert extensions == [str(number) for number in range(8001, 8025)]
    assert len(shipped.teams) == 3
    assert all(re.search(r"[一-鿿]", agent.name) for team in shipped.teams for agent in team.agents)
    assert [(shift.start, shift.end, shift.dial_by) for shift in shipped.shifts] == [
        (time(9, 0), time(12, 0), time(9, 10)),
        (time(13, 30), time(17, 30), time(13, 50)),
    ]
    assert shipped.site.timezone.key == "Asia/Shanghai"
    assert [pbx.name for pbx in shipped.pbx] == ["main"]
    assert all(agent.pbx == "main" for team in shipped.teams for agent in team.agents)
    assert shipped.pbx[0].secret is None


def test_the_file_that_the_wrong_ones_are_made_from_is_right(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("\ufeff" + WHOLE.replace("\n", "\r\n"), encoding="utf-8")
    found = load(path, {"SECRET": "s3cr3t"})
    assert found.path == path
    assert found.shifts[0].counts_from == time(8, 45)
    assert found.pbx[0].secret is not None
    assert found.pbx[0].secret.get_secret_value() == "s3cr3t"


def test_shifts_may_touch_and_share_hours_on_other_days(tmp_path: Path) -> None:
    more = SHIFT.format("noon", "12:00", "13:00", "12:10")
    more += SHIFT.format("sunday", "10:00", "16:00", "10:10") + "days = [6]\n"
    path = tmp_path / "config.toml"
    path.write_text(
        WHOLE.replace('dial_by = "09:10"\n', f'dial_by = "09:10"\ndays = [0, 1, 2, 3, 4]\n{more}')
    )
    with pytest.raises(ConfigError, match="'noon'"):
        load(path, {})
    path.write_text(path.read_text().replace('dial_by = "12:10"\n', 'dial_by = "12:10"\ndays = [0]\n'))
    assert [shift.id for shift in load(path, {}).shifts] == ["morning", "noon", "sunday"]


def test_two_pbxs_have_the_same_extension_for_two_people(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    second = '  { extension = "8001", name = "王芳", pbx = "west" },\n]\n[[pbx]]'
    path.write_text(WHOLE.replace("]\n[[pbx]]", second) + PBX.format("west"))
    people = [(agent.pbx, agent.extension) for agent in load(path, {}).teams[0].agents]
    assert people == [("main", "8001"), ("main", "8003"), ("west", "8001")]


def test_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    message = told(tmp_path, WHOLE.encode("gb18030"))
    assert message == "config.toml:2: is not UTF-8; save the file as UTF-8, not as GBK"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: no such file; give it with --config, or start from"):
        load(tmp_path / "none.toml", {})
    with pytest.raises(ConfigError, match="cannot be read .*; mend its path or rights"):
        load(tmp_path, {})


# ---------------------------------------------------------------- secrets


def with_file(name: str) -> str:
    return WHOLE.replace('secret_env = "SECRET"', f'secret_file = "{name}"')


def test_a_secret_in_clear_is_refused_and_not_repeated(tmp_path: Path) -> None:
    text = WHOLE.replace('secret_env = "SECRET"', 'secret = "hunter2"')
    message = told(tmp_path, text)
    assert "hunter2" not in message
    assert message == (
        f"config.toml:{line_of(text, 'secret =')}: pbx#1.secret: a secret must not stand in this file; "
        'write secret_env = "NAME" or secret_file = "PATH" instead'
    )


def test_a_misspelt_secret_is_not_repeated(tmp_path: Path) -> None:
    message = told(tmp_path, WHOLE.replace('secret_env = "SECRET"', 'sercet = "hunter2"'))
    assert "hunter2" not in message
    assert "pbx#1.sercet: no such key; did you mean 'secret_" in message


def test_a_secret_file_beside_the_configuration_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "ami.secret"
    secret.write_text("s3cr3t\n")
    secret.chmod(0o640)
    path = tmp_path / "config.toml"
    path.write_text(with_file("ami.secret"))
    found = load(path, {}).pbx[0].secret
    assert found is not None
    assert found.get_secret_value() == "s3cr3t"
    assert "s3cr3t" not in repr(load(path, {}))


@pytest.mark.parametrize(
    ("content", "mode", "wanted"),
    [
        (None, 0, r"cannot be read \(No such file or directory\); mend its path or rights"),
        (b"s3cr3t", 0o644, r"can be read by everybody on this machine; run: chmod 600 ami\.secret"),
        (b" \n", 0o600, r"is empty; write the secret of manager\.conf into it"),
        (b"\xff\xfe", 0o600, r"is not text; .*"),
    ],
)
def test_a_secret_file_that_will_not_do_is_told(
    tmp_path: Path, content: bytes | None, mode: int, wanted: str
) -> None:
    if content is not None:
        (tmp_path / "ami.secret").write_bytes(content)
        (tmp_path / "ami.secret").chmod(mode)
    message = told(tmp_path, with_file("ami.secret"))
    assert re.fullmatch(rf"config\.toml: secret_file of \[\[pbx\]\] main: ami\.secret {wanted}", message), (
        message
    )
    assert "s3cr3t" not in message


def test_a_secret_file_that_is_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "ami.secret").mkdir()
    assert "cannot be read (Is a directory)" in told(tmp_path, with_file("ami.secret"))


@pytest.mark.parametrize("env", [{}, {"SECRET": ""}])
def test_without_its_variable_there_is_no_secret_and_where_it_belongs_is_known(
    tmp_path: Path, env: dict[str, str]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WHOLE)
    pbx = load(path, env).pbx[0]
    assert pbx.secret is None
    assert pbx.secret_source == "environment variable SECRET"


# ---------------------------------------------------------------- the environment


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WHOLE)
    values = {"DIALWATCH_WEB_PORT": "9000", "DIALWATCH_DATA_DIR": "/srv/d", "DIALWATCH_LOG_LEVEL": "debug"}
    found = load(path, values)
    assert (found.web.port, str(found.store.data_dir), found.log.level) == (9000, "/srv/d", "debug")
    assert all(table in Settings.model_fields for table, _ in OVERRIDES.values())


def test_a_wrong_variable_is_told_by_its_name(tmp_path: Path) -> None:
    message = told(tmp_path, WHOLE, {"DIALWATCH_WEB_PORT": "many"})
    assert message.startswith("environment variable DIALWATCH_WEB_PORT: ")
    assert "web.port = 'many': write a whole number" in message


def test_shifts_of_different_teams_may_overlap(tmp_path: Path) -> None:
    other = SHIFT.format("early", "08:00", "11:00", "08:10")
    teams = '[[team]]\nid = "t2"\nname = "远航组"\nshifts = ["early"]\n'
    apart = WHOLE.replace("[[team]]", f"{other}[[team]]").replace(
        'name = "朝阳组"', 'name = "朝阳组"\nshifts = ["morning"]'
    )
    path = tmp_path / "config.toml"
    path.write_text(apart + teams, encoding="utf-8")
    assert [team.shifts for team in load(path, {}).teams] == [("morning",), ("early",)]
    assert "overlaps" in told(tmp_path, apart + teams.replace('shifts = ["early"]', ""))


def test_a_rota_is_a_cycle_of_days() -> None:
    assert Working.model_validate({"rota": [2, 1, 1, 2], "rota_from": "2026-11-02"}).cycle == (
        True,
        True,
        False,
        True,
        False,
        False,
    )


def test_a_tier_begins_at_its_minute() -> None:
    tiers = [{"name": "一档", "from_minute": 3}, {"name": "二档", "from_minute": 31}]
    rules = Discipline.model_validate({"tiers": tiers})
    assert [rules.tier(minutes) for minutes in (None, 2, 3, 30, 31)] == [None, None, "一档", "一档", "二档"]

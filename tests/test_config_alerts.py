"""Rules and channels of config.toml: what is wrong is told, and a channel's URL is never repeated."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from monitor.config import load
from monitor.config_alerts import KINDS
from tests.test_config import SHIPPED, WHOLE, line_of, told

URL = "dingtalk://SECa0b1c2d3@f00dcafe"
CHANNEL = '[[channel]]\nname = "leads"\nurl_env = "LEADS"\n'
RULE = '[[alert]]\nkind = "not_begun"\nchannels = ["leads"]\n'


def file(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(WHOLE + text, encoding="utf-8")
    return path


def test_the_shipped_file_watches_for_everything_and_sends_nothing() -> None:
    settings = load(SHIPPED, {})
    assert [rule.kind for rule in settings.alerts] == list(KINDS)
    assert not any(rule.channels for rule in settings.alerts)
    assert settings.channels == ()


def test_a_channels_url_comes_from_the_environment_or_a_file_and_is_never_shown(tmp_path: Path) -> None:
    secret = tmp_path / "leads.url"
    secret.write_text(f"{URL}\n")
    secret.chmod(0o600)
    path = file(tmp_path, CHANNEL + '[[channel]]\nname = "b"\nurl_file = "leads.url"\n' + RULE)
    settings = load(path, {"LEADS": URL})
    assert [each.url.get_secret_value() for each in settings.channels if each.url] == [URL, URL]
    assert URL not in repr(settings)
    assert [each.url for each in load(path, {}).channels][0] is None
    secret.chmod(0o644)
    with pytest.raises(Exception, match=r"url_file of \[\[channel\]\] b: .* chmod 600"):
        load(path, {})


def test_quiet_hours_and_defaults(tmp_path: Path) -> None:
    text = '[[alert]]\nkind = "idle"\nquiet = "21:00-08:00"\n[[alert]]\nkind = "idle"\nid = "b"\nquiet = ""\n'
    one, two = load(file(tmp_path, text), {}).alerts
    assert (one.id, one.quiet, one.idle_minutes) == ("idle", (time(21), time(8)), 15)
    assert (two.id, two.quiet) == ("b", None)


@pytest.mark.parametrize(
    ("text", "at_fault", "message"),
    [
        (
            f'[[channel]]\nname = "leads"\nurl = "{URL}"\n',
            "url =",
            "channel#1.url: a channel's URL is a secret and must not stand in this file; "
            'write url_env = "NAME" or url_file = "PATH" instead',
        ),
        ('[[channel]]\nname = "leads"\n', "name =", 'has no URL; write url_env = "NAME" or url_file = "PATH"'),
        (
            CHANNEL + 'url_file = "x"\n',
            "url_file",
            "channel#1.url_file = 'x': url_env is given too; keep one of them",
        ),
        (
            CHANNEL + 'host = "proxy:8443"\n',
            "host",
            "channel#1.host = 'proxy:8443': is no address; write it as \"https://proxy.example:8443\"",
        ),
        (CHANNEL + CHANNEL, "name", "channel#2.name = 'leads': is given twice"),
        (
            RULE,
            "channels",
            "alert#1.channels#1 = 'leads': no [[channel]] has this name; there are: none",
        ),
        (
            '[[alert]]\nkind = "idle"\nteams = ["t9"]\n',
            "teams",
            "alert#1.teams#1 = 't9': no [[team]] has this name; there are: t1",
        ),
        (
            '[[alert]]\nkind = "idle"\nner = 0.5\n',
            "ner",
            "alert#1.ner = 0.5: says nothing for 'idle'; it may have: teams, idle_minutes",
        ),
        ('[[alert]]\nkind = "late"\n', "kind", "alert#1.kind = 'late': write 'not_begun', 'idle'"),
        ('[[alert]]\nkind = "idle"\n' * 2, '[[alert]]', "alert#2.id"),
        (
            '[[alert]]\nkind = "idle"\nquiet = "21-8"\n',
            "quiet",
            'alert#1.quiet = \'21-8\': no span of the day; write it as "21:00-08:00"',
        ),
        ('[[alert]]\nkind = "idle"\nidle_minutes = 0\n', "idle_minutes", "must be above 0"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_line_and_mend(
    tmp_path: Path, text: str, at_fault: str, message: str
) -> None:
    said = told(tmp_path, WHOLE + text)
    assert said.startswith(f"config.toml:{line_of(WHOLE + text, at_fault)}: "), said
    assert message in said
    assert URL not in said

"""Sending for real, to local servers: what arrives, what a refusal says, and that no secret is ever told."""

from __future__ import annotations

import base64
import logging
import socket

import pytest
from pydantic import SecretStr

from monitor.alerts.channels import Enclosure, RefusedError, masked_url
from monitor.alerts.outlet import Outlet
from monitor.alerts.robots import pieces
from monitor.config_alerts import Channel
from monitor.errors import ConfigError
from tests.alerts import standins

TOKEN, SECRET = "0a1b2c3d4e5f60718293", "SECa0b1c2d3e4f5a6b7c8d9"


def channel(url: str | None, **values: object) -> Channel:
    made = Channel.model_validate({"name": "leads", "url_env": "LEADS_URL"} | values)
    return made.model_copy(update={"url": None if url is None else SecretStr(url)})


def outlet(url: str, **values: object) -> Outlet:
    return Outlet(channel(url, **values))


def test_a_dingtalk_robot_behind_a_proxy_takes_the_signed_message() -> None:
    with standins.http() as server:
        server.check = standins.dingtalk(TOKEN, SECRET)
        robot = outlet(f"dingtalk://{SECRET}@{TOKEN}/13800138000", host=f"http://{server.address}")
        robot.send("【告警】华东", "朝阳组：张伟、王芳")
    ((path, body),) = server.received
    assert path.startswith("/robot/send?access_token=")
    assert body == {
        "msgtype": "text",
        "text": {"content": "【告警】华东\n朝阳组：张伟、王芳"},
        "at": {"atMobiles": ["13800138000"], "isAtAll": False},
    }


@pytest.mark.parametrize("scheme", ["feishu", "lark"])
def test_a_feishu_robot_with_a_signature_takes_what_is_signed_and_nothing_else(scheme: str) -> None:
    with standins.http() as server:
        server.check_body = standins.feishu("kQ2OtGk0aB")
        host = f"http://{server.address}"
        robot = outlet(f"{scheme}://kQ2OtGk0aB@{TOKEN}", host=host)
        robot.send("【告警】华东", "朝阳组：张伟、王芳")
        robot.send("日报", "- 外呼：3", markdown=True)
        assert server.bodies == ["【告警】华东\n朝阳组：张伟、王芳", "日报\n- 外呼：3"]
        assert {path for path, _ in server.received} == {f"/open-apis/bot/v2/hook/{TOKEN}"}
        for wrong in (f"{scheme}://{TOKEN}", f"{scheme}://another@{TOKEN}"):
            with pytest.raises(RefusedError, match="^19021 sign match fail"):
                outlet(wrong, host=host).send("a", "b")
    assert len(server.received) == 2


MARKDOWN = "- **外呼**：[1,234](https://watch.example/calls/?explain=dials)\n\n[看报表](https://watch.example/reports/?date=2026-11-23)"


def test_each_service_gets_markdown_as_it_shows_it() -> None:
    with standins.http() as server:
        host = f"http://{server.address}"
        outlet(f"dingtalk://{TOKEN}", host=host).send("日报", MARKDOWN, markdown=True)
        outlet(f"wecombot://{TOKEN}", host=host).send("日报", MARKDOWN, markdown=True)
        outlet(f"feishu://{TOKEN}", host=host).send("日报", MARKDOWN, markdown=True)
        outlet(f"json://{server.address}/").send("日报", MARKDOWN, markdown=True)
    ding, wecom, feishu, hook = (body for _, body in server.received)
    assert ding["markdown"] == {"title": "日报", "text": f"### 日报\n\n{MARKDOWN}"}
    assert wecom == {"msgtype": "markdown", "markdown": {"content": f"### 日报\n{MARKDOWN}"}}
    assert feishu["card"]["elements"] == [{"tag": "markdown", "content": MARKDOWN}]
    assert hook["message"] == "- 外呼：1,234\n\n看报表: https://watch.example/reports/?date=2026-11-23"


def test_a_file_goes_with_a_mail_and_a_webhook_and_with_no_robot() -> None:
    sheet = Enclosure("dialwatch-daily-2026-11-23.pdf", "application/pdf", b"%PDF-1.7 \x00\xff bytes")
    with standins.http() as server, standins.smtp() as mail:
        url = f"mailto://127.0.0.1:{mail.port}/?from=dialwatch@example.cn&to=lead@example.cn&mode=insecure"
        for each in (outlet(url), outlet(f"json://{server.address}/")):
            assert each.encloses
            each.send("日报", MARKDOWN, markdown=True, enclosure=sheet)
        robot = outlet(f"dingtalk://{TOKEN}", host=f"http://{server.address}")
        assert not robot.encloses
        robot.send("日报", MARKDOWN, markdown=True, enclosure=sheet)
    ((_, message),) = mail.received
    shown = message.get_body(("html",))
    assert shown is not None
    assert '<a href="https://watch.example/calls/?explain=dials">1,234</a>' in shown.get_content()
    (part,) = message.iter_attachments()
    assert (part.get_filename(), part.get_content_type()) == (sheet.name, sheet.media_type)
    assert part.get_content() == sheet.content
    (attached,) = server.received[0][1]["attachments"]
    assert attached["filename"] == sheet.name
    assert base64.b64decode(attached["base64"]) == sheet.content


def test_what_a_robot_refuses_is_not_taken_for_sent() -> None:
    with standins.http() as server:
        server.check = standins.dingtalk(TOKEN, SECRET)
        robot = outlet(f"dingtalk://SECwrong0000000@{TOKEN}", host=f"http://{server.address}")
        with pytest.raises(RefusedError, match="^310000 sign not match$") as refused:
            robot.send("a", "b")
    assert refused.value.wait_seconds is None


def test_too_many_messages_block_a_robot_for_ten_minutes() -> None:
    with standins.http() as server:
        server.answer = (200, {"errcode": 410100, "errmsg": "too fast"})
        with pytest.raises(RefusedError) as refused:
            outlet(f"dingtalk://{TOKEN}", host=f"http://{server.address}").send("a", "b")
    assert refused.value.wait_seconds == 600


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("wecombot://f00dcafe-1111-2222-3333-444455556666", "/cgi-bin/webhook/send?key=f00dcafe-1111-2222-3333-444455556666"),
        (f"feishu://{TOKEN}", f"/open-apis/bot/v2/hook/{TOKEN}"),
        (f"lark://{TOKEN}", f"/open-apis/bot/v2/hook/{TOKEN}"),
    ],
)  # fmt: skip
def test_the_other_robots_take_theirs_and_their_refusals_count(url: str, path: str) -> None:
    with standins.http() as server:
        robot = outlet(url, host=f"http://{server.address}")
        robot.send("标题", "内容")
        assert server.received[0][0] == path
        assert server.bodies == ["标题\n内容"]
        server.answer = (200, {"errcode": 93000, "code": 19024, "errmsg": "no", "msg": "no"})
        with pytest.raises(RefusedError, match="no$"):
            robot.send("标题", "内容")


def test_a_robot_without_host_is_at_its_own_service() -> None:
    for url, service in (
        (f"dingtalk://{TOKEN}", "https://oapi.dingtalk.com/robot/send?access_token="),
        (f"dingtalk://{SECRET}@{TOKEN}", "https://oapi.dingtalk.com/robot/send?access_token="),
        (f"wecombot://{TOKEN}", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="),
        (f"feishu://{TOKEN}", "https://open.feishu.cn/open-apis/bot/v2/hook/"),
        (f"lark://{TOKEN}", "https://open.larksuite.com/open-apis/bot/v2/hook/"),
    ):
        robot = outlet(url)._robot
        assert robot is not None
        assert robot.address().startswith(service + TOKEN)


def test_a_long_message_to_wecom_goes_in_parts_and_none_of_it_is_lost() -> None:
    names = "、".join(f"坐席{number:03}" for number in range(400))
    with standins.http() as server:
        outlet(f"wecombot://{TOKEN}", host=f"http://{server.address}").send("标题", names)
    assert all(len(body.encode()) <= 2048 for body in server.bodies)
    assert "".join(server.bodies) == f"标题\n{names}"
    assert pieces("a" * 5, 2) == ["aa", "aa", "a"]


def test_a_webhook_gets_json() -> None:
    with standins.http() as server:
        outlet(f"json://{server.address}/hook").send("标题", "内容")
    assert server.bodies == ["标题\n内容"]


def test_a_mail_arrives_whole() -> None:
    with standins.smtp() as server:
        url = f"mailto://127.0.0.1:{server.port}/?from=dialwatch@example.cn&to=lead@example.cn&smtp=127.0.0.1&mode=insecure"
        outlet(url).send("【告警】华东", "朝阳组：张伟\n远航组：黄强")
        ((to, message),) = server.received
        assert to == ["lead@example.cn"]
        assert message["Subject"] == "【告警】华东"
        body = message.get_body(("plain", "html"))
        assert body is not None
        text = body.get_content().replace("<br/>", "\n").replace("<br />", "\n")
        assert "朝阳组：张伟" in text and "远航组：黄强" in text
        server.refuse = "550 relaying is not allowed here"
        with pytest.raises(RefusedError, match="550.*relaying is not allowed"):
            outlet(url).send("a", "b")


def test_who_does_not_answer_or_says_no_is_named_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        urls = {
            f"dingtalk://{SECRET}@{TOKEN}": {"host": f"http://127.0.0.1:{port}"},
            f"json://user:{SECRET}@127.0.0.1:{port}/{TOKEN}": {},
            f"mailto://lead:{SECRET}@127.0.0.1:{port}/?from=a@example.cn&to=b@example.cn&mode=insecure": {},
        }
        with caplog.at_level(logging.DEBUG):
            for url, values in urls.items():
                with pytest.raises(RefusedError) as refused:
                    outlet(url, **values).send("a", "b")
                assert SECRET not in str(refused.value) and TOKEN not in str(refused.value)
                assert len(str(refused.value)) > 10
    assert not [each for each in caplog.records if SECRET in each.getMessage() and each.name != "apprise"]
    with standins.http() as server:
        server.answer = (500, {})
        for url, values in (
            (f"json://{server.address}/{TOKEN}", {}),
            (f"feishu://{TOKEN}", {"host": f"http://{server.address}"}),
        ):
            with pytest.raises(RefusedError, match="500|Internal"):
                outlet(url, **values).send("a", "b")


@pytest.mark.parametrize(
    ("url", "values", "told"),
    [
        (None, {}, "channel leads: has no URL; put its Apprise URL into the environment variable LEADS_URL"),
        (f"dingtalk://{SECRET}@not-a-token!", {}, "no Apprise URL"),
        (f"nonsense://{SECRET}", {}, "nonsense://\\*\\*\\*\\* in the environment variable LEADS_URL is no Apprise"),
        (f"{SECRET}", {}, "is no Apprise URL"),
        ("json://127.0.0.1/x", {"host": "http://127.0.0.1"}, "host is for dingtalk, wecombot, feishu and lark"),
    ],
)  # fmt: skip
def test_a_url_that_leads_nowhere_is_told_with_its_mend(
    url: str | None, values: dict[str, object], told: str
) -> None:
    with pytest.raises(ConfigError, match=told) as raised:
        Outlet(channel(url, **values))
    assert SECRET not in str(raised.value)


def test_urls_are_shown_without_their_secrets() -> None:
    assert masked_url(f"dingtalk://{SECRET}@{TOKEN}/138") == "dingtalk://****"
    assert (
        masked_url(f"jsons://user:{SECRET}@hooks.example.cn:8443/{TOKEN}")
        == "jsons://hooks.example.cn:8443/****"
    )
    assert masked_url("mailto://me:pw@smtp.example.cn?to=a@b.cn") == "mailto://smtp.example.cn/****"
    assert masked_url(SECRET) == masked_url("") == "****"
    assert masked_url("json://[broken") == "json://****"


def test_the_pace_is_the_services_or_what_is_asked_for() -> None:
    assert outlet(f"dingtalk://{TOKEN}").per_minute == 20
    assert outlet(f"feishu://{TOKEN}").per_minute == 100
    assert outlet("json://127.0.0.1/").per_minute == 60
    assert outlet(f"dingtalk://{TOKEN}", per_minute=5).per_minute == 5

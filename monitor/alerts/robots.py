"""Apprise's chat robots, each as a site needs it: told by its answer whether it took the message, behind a proxy.

A robot answers HTTP 200 also to what it refuses, and says so in the body; DingTalk wants its signature
encoded once (Apprise 2.3 encodes it twice and takes every 200 for sent), Feishu and Lark want theirs in the body, which
Apprise has not. Each robot's own Apprise class still reads the URL, knows the address and its limits; only
the sending is ours, and with it ``host``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import requests
from apprise.plugins.base import NotifyBase
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.wecombot import NotifyWeComBot

from monitor.alerts.channels import RefusedError


class Robot:
    """A robot: its address, what it is sent, and what its answer says."""

    #: Messages a minute that the service takes.
    per_minute: ClassVar[int] = 20
    #: What fits into one message, as UTF-8.
    most_bytes: ClassVar[int] = 18_000
    #: Where the answer has its code; 0 is fine.
    code_key: ClassVar[str] = "errcode"
    #: Codes that say "too many", and for how long the service then takes nothing.
    too_many: ClassVar[Mapping[int, float]] = {}

    def __init__(self, plugin: Any, host: str | None) -> None:
        self._plugin = plugin  # Any: each class of Apprise's has its own attributes
        self._host = host

    def address(self) -> str:
        """The service's own address of this robot."""
        raise NotImplementedError

    def payload(self, text: str) -> dict[str, Any]:
        """What is posted."""
        raise NotImplementedError

    def card(self, title: str, markdown: str) -> dict[str, Any]:
        """What is posted of a text in Markdown."""
        raise NotImplementedError

    def send(self, title: str, body: str, *, markdown: bool = False) -> None:
        """Send; blocks. Raises ``RefusedError``."""
        if markdown:
            for part in pieces(body, self.most_bytes):
                self._post(self.card(title, part))
            return
        for part in pieces(f"{title}\n{body}", self.most_bytes):
            self._post(self.payload(part))

    def _post(self, payload: dict[str, Any]) -> None:
        address = self.address()
        if self._host is not None:
            to = urlsplit(address)
            address = f"{self._host.rstrip('/')}{to.path}" + (f"?{to.query}" if to.query else "")
        try:
            answer = requests.post(
                address,
                json=payload,
                timeout=self._plugin.request_timeout,
                verify=self._plugin.verify_certificate,
                allow_redirects=False,
            )
        except requests.Timeout:
            raise RefusedError(f"{urlsplit(address).hostname} did not answer in time") from None
        except requests.RequestException as error:
            raise RefusedError(f"{urlsplit(address).hostname}: {_reason(error)}") from None
        if answer.status_code != requests.codes.ok:
            raise RefusedError(f"HTTP {answer.status_code} {answer.reason}")
        try:
            told = answer.json()
            code = int(told[self.code_key])
        except (ValueError, KeyError, TypeError):
            raise RefusedError("the answer is not the robot's; is host right?") from None
        if code != 0:
            words = told.get("errmsg") or told.get("msg") or ""
            raise RefusedError(f"{code} {words}".strip(), self.too_many.get(code))


def pieces(text: str, most_bytes: int) -> list[str]:
    """A text in parts that fit, cut behind a line, a name or, if need be, a character; nothing is lost."""
    found = []
    while len(raw := text.encode()) > most_bytes:
        fits = raw[:most_bytes].decode(errors="ignore")
        cut = max(fits.rfind(mark) + 1 for mark in "\n、,")
        found.append(text[: cut or len(fits)])
        text = text[cut or len(fits) :]
    return [*found, text]


def _reason(error: requests.RequestException) -> str:
    """The innermost cause in words: the outer ones quote the address, which is secret."""
    inner: BaseException = error
    while (cause := inner.__cause__ or inner.__context__) is not None:
        inner = cause
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    return type(inner).__name__


class DingTalk(Robot):
    """钉钉: 20 messages a minute, then nothing for ten minutes."""

    per_minute = 20
    too_many: ClassVar[Mapping[int, float]] = {410100: 600.0, 130101: 600.0}

    def address(self) -> str:
        """With the time and its signature, where the robot has a secret."""
        address = str(NotifyDingTalk.notify_url).format(token=self._plugin.token)
        secret = self._plugin.secret
        if not secret:
            return address
        timestamp = str(round(time.time() * 1000))
        signed = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
        return f"{address}&{urlencode({'timestamp': timestamp, 'sign': base64.b64encode(signed).decode()})}"

    def payload(self, text: str) -> dict[str, Any]:
        """Plain text; the phone numbers of the URL are called upon."""
        at = {"atMobiles": self._plugin.targets, "isAtAll": False}
        return {"msgtype": "text", "text": {"content": text}, "at": at}

    def card(self, title: str, markdown: str) -> dict[str, Any]:
        """The title shows in the list of chats, so the text has it again."""
        return {"msgtype": "markdown", "markdown": {"title": title, "text": f"### {title}\n\n{markdown}"}}


class WeCom(Robot):
    """企业微信: 20 messages a minute, of 2,048 bytes of text each."""

    per_minute = 20
    most_bytes = 2048
    too_many: ClassVar[Mapping[int, float]] = {45009: 60.0}

    def address(self) -> str:
        """With its key."""
        return str(self._plugin.api_url)

    def payload(self, text: str) -> dict[str, Any]:
        """Plain text."""
        return {"msgtype": "text", "text": {"content": text}}

    def card(self, title: str, markdown: str) -> dict[str, Any]:
        """Markdown without a title of its own."""
        return {"msgtype": "markdown", "markdown": {"content": f"### {title}\n{markdown}"}}


class Feishu(Robot):
    """飞书: 100 messages a minute; with 签名校验 the secret stands before the token, ``feishu://SECRET@TOKEN``."""

    per_minute = 100
    code_key = "code"
    too_many: ClassVar[Mapping[int, float]] = {11232: 60.0}

    def address(self) -> str:
        """With its token."""
        return str(NotifyFeishu.notify_url).format(token=self._plugin.token).rstrip("/")

    def payload(self, text: str) -> dict[str, Any]:
        """Plain text."""
        return self._signed({"msg_type": "text", "content": {"text": text}})

    def card(self, title: str, markdown: str) -> dict[str, Any]:
        """A card."""
        card = {
            "config": {"wide_screen_mode": True},
            "header": {"title": {"tag": "plain_text", "content": title}, "template": "blue"},
            "elements": [{"tag": "markdown", "content": markdown}],
        }
        return self._signed({"msg_type": "interactive", "card": card})

    def _signed(self, payload: dict[str, Any]) -> dict[str, Any]:
        """With the time and its signature: the secret is part of the key here, and nothing is what is signed."""
        secret = self._plugin.user
        if not secret:
            return payload
        timestamp = str(int(time.time()))
        signed = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
        return {"timestamp": timestamp, "sign": base64.b64encode(signed).decode(), **payload}


class Lark(Feishu):
    """Feishu outside of China."""

    def address(self) -> str:
        """With its token."""
        return str(self._plugin.webhook_url)


ROBOTS: Mapping[type[NotifyBase], type[Robot]] = {
    NotifyDingTalk: DingTalk,
    NotifyWeComBot: WeCom,
    NotifyFeishu: Feishu,
    NotifyLark: Lark,
}


def robot_for(plugin: NotifyBase, host: str | None) -> Robot | None:
    """The robot that an Apprise plugin stands for, if it is one of ours."""
    kind = ROBOTS.get(type(plugin))
    return kind(plugin, host) if kind is not None else None

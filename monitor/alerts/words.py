"""What is said of an alert, in both languages: one template per kind and occasion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from monitor.alerts.links import link
from monitor.notices import Alert, What

Language = Literal["zh-CN", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh-CN", "en")
TEMPLATES: Final[Mapping[Language, Mapping[str, str]]] = {
    "zh-CN": {
        "title.raised": "【告警】{site}",
        "title.cleared": "【恢复】{site}",
        "title.test": "【测试】{site}",
        "title.many": "【{site}】{count} 条消息",
        "test": "Dialwatch 测试消息，通道 {channel} 可用。",
        "not_begun": "{team} {shift}：到 {by} 尚未开始外呼 {count} 人：{names}",
        "not_begun.inbound": "（其中正在接听来电：{names}）",
        "not_begun.undecided": "另有 {count} 人无法判断：与交换机 {pbx} 的连接曾中断",
        "not_begun.blind": "{team} {shift}：{by} 开呼检查无法判断 {count} 人：与交换机 {pbx} 的连接自 {blind_from} 起曾中断，不作认定",
        "not_begun.cleared": "{team} {shift}：到 {by} 未开呼的 {count} 人已全部开始外呼",
        "not_begun.still": "{team} {shift}：班次结束，仍未外呼 {count} 人：{names}",
        "idle": "{agent}（{extension}）自 {since} 起没有通话，已 {minutes} 分钟",
        "idle.cleared": "{agent}（{extension}）已恢复通话，空闲 {minutes} 分钟",
        "connect_rate": "{team}：最近 {minutes} 分钟接通率 {rate}，低于 {threshold}（已结束外呼 {dials} 个）",
        "connect_rate.cleared": "{team}：最近 {minutes} 分钟接通率已回到 {rate}（目标 {threshold}，已结束外呼 {dials} 个）",
        "link_down": "交换机 {pbx} 自 {since} 起无法监听：{reason}",
        "link_down.cleared": "交换机 {pbx} 已恢复监听，中断 {minutes} 分钟（{since} 起）",
        "trunk_failing": "中继 {trunk}：最近 {seizures} 次占用的网络有效率 {ner}，低于 {threshold}",
        "trunk_failing.cleared": "中继 {trunk}：最近 {seizures} 次占用的网络有效率已回到 {ner}",
        "disk_short": "磁盘空间不足：{path} 只剩 {free_gb} GB，低于 {threshold} GB",
        "disk_short.cleared": "磁盘空间已恢复：{path} 剩余 {free_gb} GB",
        "breach": "骚扰防护：{what}（今日共 {today} 例）",
        "breach.cleared": "骚扰防护提示已过：{what}",
        "breach.cap": "{number} 在 {within}内被拨打 {peak} 次，上限 {most} 次（{names}）",
        "breach.hours": "{names} 在允许时段 {hours} 之外外呼 {dials} 次",
        "breach.do_not_call": "{names} 拨打了免打扰名单上的号码 {number}（{dials} 次）",
        "within.minutes": "{n} 分钟",
        "within.hours": "{n} 小时",
        "within.days": "{n} 天",
        "listed": "、",
        "link": "依据：",
        "below": "不足 1",
    },
    "en": {
        "title.raised": "[Alert] {site}",
        "title.cleared": "[Recovered] {site}",
        "title.test": "[Test] {site}",
        "title.many": "[{site}] {count} messages",
        "test": "A test message of Dialwatch: channel {channel} works.",
        "not_begun": "{team}, {shift}: {count} had not begun dialing by {by}: {names}",
        "not_begun.inbound": " (on an inbound call: {names})",
        "not_begun.undecided": "Of {count} more nothing can be said: the link to PBX {pbx} was down",
        "not_begun.blind": "{team}, {shift}: of {count} it can't be said whether they had begun by {by}: the link to PBX {pbx} was down from {blind_from}; nobody is held to it",
        "not_begun.cleared": "{team}, {shift}: everybody who had not begun by {by} ({count}) is dialing now",
        "not_begun.still": "{team}, {shift}: the shift is over and {count} have not dialed: {names}",
        "idle": "{agent} ({extension}) has had no call since {since}, {minutes} min",
        "idle.cleared": "{agent} ({extension}) is on a call again after {minutes} min",
        "connect_rate": "{team}: connect rate of the last {minutes} min is {rate}, under {threshold} ({dials} finished dials)",
        "connect_rate.cleared": "{team}: connect rate of the last {minutes} min is back at {rate} (target {threshold}, {dials} finished dials)",
        "link_down": "PBX {pbx} has not been heard since {since}: {reason}",
        "link_down.cleared": "PBX {pbx} is heard again after {minutes} min (since {since})",
        "trunk_failing": "Trunk {trunk}: NER of the last {seizures} seizures is {ner}, under {threshold}",
        "trunk_failing.cleared": "Trunk {trunk}: NER of the last {seizures} seizures is back at {ner}",
        "disk_short": "Disk space is short: {path} has {free_gb} GB left, under {threshold} GB",
        "disk_short.cleared": "Disk space is back: {path} has {free_gb} GB free",
        "breach": "Harassment guard: {what} ({today} of today's cases so far)",
        "breach.cleared": "The harassment guard's notice is over: {what}",
        "breach.cap": "{number} was dialed {peak} times within {within}, {most} are allowed ({names})",
        "breach.hours": "{names} dialed {dials} times outside of the hours allowed, {hours}",
        "breach.do_not_call": "{names} dialed {number}, which is on the do-not-call list ({dials} times)",
        "within.minutes": "{n} min",
        "within.hours": "{n} h",
        "within.days": "{n} days",
        "listed": ", ",
        "link": "Why: ",
        "below": "under 1",
    },
}

_CLOCKS = ("by", "since", "blind_from")
_RATES = ("rate", "ner")


class Text(msgspec.Struct, frozen=True):
    """A message."""

    title: str
    body: str


class Writer:
    """Writes messages of one site."""

    def __init__(self, site: str, zone: ZoneInfo, public_url: str = "") -> None:
        self._site = site
        self._zone = zone
        self._public_url = public_url

    def body(self, alert: Alert, what: What, language: Language) -> str:
        """What is said of an alert."""
        words, facts = TEMPLATES[language], alert.facts
        shown = {key: self._shown(key, value, alert.kind, language) for key, value in facts.items()}
        if alert.kind == "breach":
            within = _within(facts["minutes"], language) if "minutes" in facts else ""
            shown["what"] = words[f"breach.{facts['rule']}"].format(**shown | {"within": within})
        if what is What.CLEARED:
            begun, ended = facts.get("since"), alert.cleared_at
            if begun is not None and ended is not None:
                shown["minutes"] = _minutes(ended - begun, language)
            if facts.get("still"):
                return words["not_begun.still"].format(
                    **shown | {"count": str(len(facts["still"])), "names": shown["still"]}
                )
            count = str(len(facts.get("agents", ())))
            return words[f"{alert.kind}.cleared"].format(**shown, count=count)
        if alert.kind != "not_begun":
            return words[alert.kind].format(**shown)
        if not facts["agents"]:
            return words["not_begun.blind"].format(**shown, count=str(facts["undecided"]))
        text = words["not_begun"].format(**shown, count=str(len(facts["agents"])))
        if facts["on_inbound"]:
            text += words["not_begun.inbound"].format(names=shown["on_inbound"])
        if facts["undecided"]:
            count = str(facts["undecided"])
            text += "\n" + words["not_begun.undecided"].format(pbx=shown["pbx"], count=count)
        return text

    def text(self, alert: Alert, what: What, language: Language) -> Text:
        """A message about an alert, with the address where its number is explained if the pages' own is known."""
        title = TEMPLATES[language][f"title.{what}"].format(site=self._site)
        to = link(alert, self._public_url, self._zone)
        body = self.body(alert, what, language)
        return Text(title, f"{body}\n{TEMPLATES[language]['link']}{to}" if to else body)

    def test(self, channel: str, language: Language) -> Text:
        """A message that says that a channel works."""
        words = TEMPLATES[language]
        return Text(words["title.test"].format(site=self._site), words["test"].format(channel=channel))

    def joined(self, texts: Sequence[Text], language: Language) -> Text:
        """Several messages as one: a title for all, a paragraph for each, under its own title where they differ."""
        if len(texts) == 1:
            return texts[0]
        title = TEMPLATES[language]["title.many"].format(site=self._site, count=len(texts))
        same = len({text.title for text in texts}) == 1
        parts = [text.body if same else f"{text.title}\n{text.body}" for text in texts]
        return Text(texts[0].title if same else title, "\n\n".join(parts))

    def _shown(self, key: str, value: Any, kind: str, language: Language) -> str:
        if value is None:
            return "—"
        if isinstance(value, list):
            return TEMPLATES[language]["listed"].join(str(each) for each in value)
        if key in _CLOCKS:
            return f"{datetime.fromtimestamp(value, self._zone):%H:%M}"
        if key == "threshold" and kind == "disk_short":
            return f"{value:g}"
        if key in _RATES or key == "threshold":
            return f"{value:.1%}"
        if key == "minutes":
            return _minutes(value * 60, language)
        return f"{value:.1f}" if isinstance(value, float) else str(value)


def _within(minutes: float, language: Language) -> str:
    """A stretch of time in its own unit."""
    unit, size = ("days", 1440) if minutes > 1440 else ("hours", 60) if minutes > 60 else ("minutes", 1)
    return TEMPLATES[language][f"within.{unit}"].format(n=f"{minutes / size:g}")


def _minutes(seconds: float, language: Language) -> str:
    whole = int(seconds // 60)
    return str(whole) if whole else TEMPLATES[language]["below"]

"""Every number the product shows, once: key, unit, name in both languages, formula, source."""

from __future__ import annotations

import msgspec


class Metric(msgspec.Struct, frozen=True):
    """A number's definition, as the interface explains it."""

    key: str
    unit: str
    zh: str
    en: str
    formula: str
    source: str = ""


METRICS = (
    Metric(
        "dials",
        "count",
        "外呼量",
        "Dials",
        "logical outbound calls: one extension trying one outside number once; failover is still one dial",
    ),
    Metric("finished", "count", "已结束外呼", "Finished dials", "dials whose end is known"),
    Metric("connects", "count", "接通量", "Connects", "dials whose far end was in one bridge with an agent"),
    Metric(
        "connect_rate",
        "share",
        "接通率",
        "Connect rate",
        "connects ÷ finished dials; dials in progress are in neither",
    ),
    Metric(
        "effective_connects",
        "count",
        "有效接通",
        "Effective connects",
        "connects with talk time ≥ effective_seconds",
    ),
    Metric(
        "talk_seconds",
        "seconds",
        "通话时长",
        "Talk time",
        "seconds an agent was in conversation with the far end of an outbound dial, hold included",
    ),
    Metric(
        "average_talk_seconds",
        "seconds",
        "平均通话时长",
        "Average talk time",
        "talk time ÷ connects, of finished dials",
        "ACD",
    ),
    Metric(
        "ring_seconds",
        "seconds",
        "振铃时长",
        "Ring time",
        "dial begin until answer, or until the end when there was none",
    ),
    Metric(
        "longest_idle_seconds",
        "seconds",
        "最长空闲间隔",
        "Longest idle gap",
        "end of one call to the begin of the next, inside shift hours; calls of any direction end a gap",
    ),
    Metric(
        "first_dial",
        "time",
        "首呼时间",
        "First dial",
        "begin of the first dial of a half-day, counted from the shift's counts_from",
    ),
    Metric("asr", "share", "应答率", "ASR", "answered ÷ finished seizures per trunk", "ITU-T E.411, E.425"),
    Metric(
        "ner",
        "share",
        "网络有效率",
        "NER",
        "(answered + busy + no answer + rejected by the user) ÷ finished seizures per trunk",
        "ITU-T E.425",
    ),
    Metric(
        "ranking",
        "share",
        "排名",
        "Ranking",
        "connect rate shrunken towards the site's mean (beta-binomial); interval: Wilson 95 %",
    ),
    Metric("pace", "ratio", "进度", "Pace", "dials ÷ (target × share of scheduled time that has passed)"),
    Metric(
        "mos",
        "score",
        "语音质量 MOS",
        "MOS (estimated)",
        "E-model estimate from RTCP; none without RTCP",
        "ITU-T G.107",
    ),
)

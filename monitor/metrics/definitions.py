"""Every number the product shows, once: key, unit, name and formula in both languages, source."""

from __future__ import annotations

import msgspec


class Metric(msgspec.Struct, frozen=True):
    """A number's definition, as the interface explains it."""

    key: str
    unit: str
    zh: str
    en: str
    formula: str
    formula_zh: str
    source: str = ""


METRICS = (
    Metric(
        "dials",
        "count",
        "外呼量",
        "Dials",
        "logical outbound calls: one extension trying one outside number once; failover is still one dial",
        "一部分机尝试呼叫一个外部号码一次算一次外呼；换中继重试仍是同一次，重拨算另一次；内部与呼入不计",
    ),
    Metric("finished", "count", "已结束外呼", "Finished dials", "dials whose end is known", "已知结束的外呼"),
    Metric(
        "connects",
        "count",
        "接通量",
        "Connects",
        "dials whose far end was in one bridge with an agent",
        "对方与坐席真正接通的外呼；回铃音、语音提示不算",
    ),
    Metric(
        "connect_rate",
        "share",
        "接通率",
        "Connect rate",
        "connects ÷ finished dials; dials in progress are in neither",
        "接通量 ÷ 已结束外呼；进行中的两边都不计；旁注 95% Wilson 区间",
    ),
    Metric(
        "effective_connects",
        "count",
        "有效接通",
        "Effective connects",
        "connects with talk time ≥ effective_seconds",
        "通话时长不短于 effective_seconds 的接通",
    ),
    Metric(
        "talk_seconds",
        "seconds",
        "通话时长",
        "Talk time",
        "seconds an agent was in conversation with the far end of an outbound dial, hold included",
        "坐席与外呼对方通话的时间，含保持；转接后各算各的",
    ),
    Metric(
        "average_talk_seconds",
        "seconds",
        "平均通话时长",
        "Average talk time",
        "talk time ÷ connects, of finished dials",
        "通话时长 ÷ 接通量，只算已结束的外呼",
        "ACD",
    ),
    Metric(
        "ring_seconds",
        "seconds",
        "振铃时长",
        "Ring time",
        "dial begin until answer, or until the end when there was none",
        "开始拨号到接通；未接通则到结束",
    ),
    Metric(
        "longest_idle_seconds",
        "seconds",
        "最长空闲间隔",
        "Longest idle gap",
        "end of one call to the begin of the next, inside the time expected (shift hours without breaks, absences and"
        " outages); calls of any direction end a gap, and a time in which the PBX was not heard parts it",
        "上一通电话结束到下一通开始，只算应工作时间（班次内，去掉休息、请假和故障）；任何方向的通话都结束间隔，监控中断把间隔分成两段",
    ),
    Metric(
        "idle_seconds",
        "seconds",
        "空闲总时长",
        "Total idle",
        "sum of the idle gaps between calls, inside the time expected",
        "应工作时间内两通电话之间空闲间隔的总和",
    ),
    Metric(
        "first_dial",
        "time",
        "首呼时间",
        "First dial",
        "begin of the first dial of a half-day, counted from the shift's counts_from",
        "半天内第一次外呼的开始时间，从班次的 counts_from 起算",
    ),
    Metric(
        "dial_start",
        "verdict",
        "开呼检查",
        "Dial-start verdict",
        "first dial of the half-day by the deadline: on time; later: late, in begun minutes; none until the end: not "
        "started; leave or exception: excused; the monitor was blind and saw no dial: indeterminate",
        "半天内首呼不晚于检查时间为准时，晚了按分钟计迟，整班没有外呼为未开始；请假与例外为免责；监控中断而未见外呼为待定",
    ),
    Metric(
        "dials_per_hour",
        "rate",
        "每小时外呼",
        "Dials per hour",
        "dials ÷ hours expected so far (scheduled, without breaks, absences and outages)",
        "外呼量 ÷ 已过去的应工作小时数（排班去掉休息、请假和故障）",
    ),
    Metric(
        "utilisation",
        "share",
        "工时利用率",
        "Utilisation",
        "time on calls (ringing and talking) inside the time expected ÷ time expected so far",
        "应工作时间内在电话上的时间（振铃与通话）÷ 已过去的应工作时间",
    ),
    Metric(
        "lost_seconds",
        "seconds",
        "故障免计时长",
        "Lost to outages",
        "scheduled time in which PBX, all trunks or the phone were down: nobody's fault, so it is not expected",
        "排班时间内交换机、全部中继或话机不可用的时间：不是任何人的责任，不计入应工作时间",
    ),
    Metric(
        "attainment",
        "share",
        "达成率",
        "Attainment",
        "value ÷ target of the whole period",
        "完成值 ÷ 整个时段的目标",
    ),
    Metric(
        "inbound",
        "count",
        "呼入量",
        "Inbound calls",
        "calls from outside; with an agent: those this extension answered",
        "外部打进来的电话；坐席一栏为该分机接起的",
    ),
    Metric(
        "missed_inbound",
        "count",
        "呼入未接",
        "Missed inbound",
        "inbound calls that ended without anybody answering; of a team or an agent: those for which a phone of theirs rang, so teams do not add up to the site",
        "无人接起就结束的呼入；班组或坐席一栏为其话机响过铃的，因此各班组之和不等于全场",
    ),
    Metric(
        "called_back",
        "count",
        "已回拨",
        "Called back",
        "missed inbound calls whose number was dialled within seven days after, or whose caller was answered on calling again",
        "七天内有人回拨，或客户再打来被接起的未接呼入",
    ),
    Metric(
        "callback_seconds",
        "seconds",
        "回拨用时",
        "Time to call back",
        "end of the missed call to the begin of the call back; the median of those called back",
        "未接呼入结束到回拨开始的时间；已回拨者的中位数",
    ),
    Metric(
        "decided",
        "count",
        "接通率分解",
        "Connect rate, split",
        "finished dials by who decided: connected; customer (no answer, busy, rejected); number (invalid, unreachable); network (congestion); agent (cancelled)",
        "已结束外呼按由谁决定分：接通；客户（无人接听、忙、拒接）；号码（空号、不可达）；网络（失败）；坐席（自己放弃）",
    ),
    Metric(
        "forecast",
        "count",
        "预计收工时",
        "Forecast",
        "value so far × the mean growth (logarithmic) from this time of day to the end on the past eight same weekdays; 80 % prediction interval; none in the first hour or from fewer than three usual days",
        "目前值 × 过去八个同星期日从此刻到收工的平均增长（对数）；附 80% 预测区间；开工首小时内或可比天数不足三天时没有",
    ),
    Metric(
        "appraisal",
        "score",
        "绩效得分",
        "Appraisal points",
        "results × weight + discipline × weight, of 100; quality is not known yet, and its weight is not given to the others",
        "业绩 × 权重 + 纪律 × 权重（满分 100）；质量暂缺，其权重不分摊给其他项",
    ),
    Metric(
        "asr",
        "share",
        "应答率",
        "ASR",
        "answered ÷ finished seizures per trunk",
        "中继上应答次数 ÷ 已结束占用次数",
        "ITU-T E.411, E.425",
    ),
    Metric(
        "ner",
        "share",
        "网络有效率",
        "NER",
        "(answered + busy + no answer + rejected by the user) ÷ finished seizures per trunk, without those given up by"
        " the agent before the far end rang",
        "（应答 + 忙 + 无人接听 + 用户拒接）÷ 已结束占用次数，坐席在对方振铃前放弃的不计",
        "ITU-T E.425",
    ),
    Metric(
        "ranking",
        "share",
        "排名",
        "Ranking",
        "connect rate shrunken towards the site's mean (beta-binomial); interval: Wilson 95 %",
        "接通率向全场均值收缩（beta-binomial）后的估计；区间为 95% Wilson",
    ),
    Metric(
        "pace",
        "ratio",
        "进度",
        "Pace",
        "dials ÷ (target × share of everybody's scheduled time that has passed, without outages)",
        "外呼量 ÷（目标 × 全体排班时间中已过去的占比，故障时间不计为已过去）",
    ),
    Metric(
        "mos",
        "score",
        "语音质量 MOS",
        "MOS (estimated)",
        "E-model estimate from RTCP; none without RTCP",
        "由 RTCP 按 E-model 估计；没有 RTCP 就没有此值",
        "ITU-T G.107",
    ),
)

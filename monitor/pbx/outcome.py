"""How an unanswered dial ended: DialStatus, Q.850 cause and SIP code → outcome (AMI.md 2.3).

DialStatus alone cannot tell: Asterisk calls everything but busy, congestion and channel-unavailable
NOANSWER (main/dial.c), a rejected call and a number that does not exist too. The hang-up cause of the
dialled leg tells them apart.
"""

from __future__ import annotations

from monitor.domain import Outcome

_BY_CAUSE: dict[int, Outcome] = {
    17: Outcome.BUSY,
    21: Outcome.REJECTED,
    **dict.fromkeys((1, 22, 28), Outcome.INVALID_NUMBER),
    **dict.fromkeys((18, 19, 102), Outcome.NO_ANSWER),
    **dict.fromkeys((3, 20, 27), Outcome.UNREACHABLE),
    **dict.fromkeys((34, 38, 41, 42, 44, 58, 127), Outcome.CONGESTION),
}

_BY_SIP_CODE: dict[str, Outcome] = {
    **dict.fromkeys(("486", "600"), Outcome.BUSY),
    **dict.fromkeys(("403", "603"), Outcome.REJECTED),
    **dict.fromkeys(("404", "410", "484", "485", "604"), Outcome.INVALID_NUMBER),
}

_BY_STATUS: dict[str, Outcome] = {
    "BUSY": Outcome.BUSY,
    "CONGESTION": Outcome.CONGESTION,
    "CHANUNAVAIL": Outcome.CONGESTION,
    "NOANSWER": Outcome.NO_ANSWER,
    "DONTCALL": Outcome.REJECTED,
    "TORTURE": Outcome.REJECTED,
    # The far end picked up but the call was never put through: not confirmed, sent elsewhere, aborted.
    "ANSWER": Outcome.NO_ANSWER,
    "CONTINUE": Outcome.NO_ANSWER,
    "ABORT": Outcome.NO_ANSWER,
}

#: Causes a leg may carry when the caller gave up: none, normal, answered elsewhere, interworking (SIP 487).
GIVEN_UP = (None, 0, 16, 26, 127)

#: Hang-up cause of a fork's loser: another leg was answered.
ANSWERED_ELSEWHERE = 26


def unanswered(status: str | None, cause: int | None, sip_code: str | None) -> Outcome:
    """Outcome of a dialled leg that was never put through and that the caller did not give up."""
    if status == "BUSY":
        return Outcome.BUSY
    if sip_code in _BY_SIP_CODE:
        return _BY_SIP_CODE[sip_code]
    if cause in _BY_CAUSE:
        return _BY_CAUSE[cause]
    if status is not None:
        return _BY_STATUS.get(
            status.partition(":")[0], Outcome.NO_ANSWER if status.startswith("GOTO") else Outcome.UNKNOWN
        )
    return Outcome.UNKNOWN

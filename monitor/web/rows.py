"""From stored calls to what the HTTP side shows of them: masked, with the names of the call's time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from monitor.domain import Call, Gap, Hold, Segment
from monitor.masking import masked_channel, masked_number, masked_text
from monitor.metrics.tally import Tally
from monitor.pbx.recordings import Recording, RecordingState
from monitor.store.sums import Sums
from monitor.web.models import (
    CallDetail,
    CallRow,
    CallSums,
    GapRow,
    LegRow,
    RecordingRow,
    Stretch,
    TransferRow,
    Voice,
)

Names = Callable[[str, str, float], tuple[str, str] | None]
"""``names(pbx, extension, at)``: the name and team id of who had an extension then."""


def call_row(call: Call, names: Names, *, whole: bool = False) -> CallRow:
    """One line of a list; numbers are masked unless ``whole``."""
    return CallRow.model_construct(**_row(call, names, whole))


def _row(call: Call, names: Names, whole: bool) -> dict[str, Any]:
    who = names(call.pbx, call.agent, call.started_at) if call.agent else None
    return {
        "id": call.id,
        "pbx": call.pbx,
        "direction": call.direction,
        "agent": call.agent,
        "agent_name": who[0] if who else None,
        "team": who[1] if who else None,
        "number": masked_number(call.number, call.direction, whole=whole),
        "name": masked_text(call.name, whole=whole),
        "trunk": call.trunk,
        "queue": call.queue,
        "started_at": call.started_at,
        "ringing_at": call.ringing_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "ring_seconds": call.ring_seconds,
        "talk_seconds": call.talk_seconds,
        "hold_seconds": call.hold_seconds,
        "outcome": call.outcome,
        "phase": call.phase,
        "hangup_cause": call.hangup_cause,
        "hangup_by": call.hangup_by,
        "has_recording": call.recording is not None,
        "complete": call.complete,
        "click_to_dial": call.click_to_dial,
        "notes": call.notes,
    }


def call_sums(sums: Sums | None) -> CallSums:
    """The figures of stored calls; ``None`` for no call at all. Rates are the board's own (``Tally``)."""
    tally = Tally()
    if sums is not None:
        tally.dials, tally.finished, tally.connects = sums.dials, sums.finished, sums.connects
        tally.finished_connects, tally.effective = sums.finished_connects, sums.effective
        tally.talk_micros, tally.finished_talk_micros = sums.talk_micros, sums.finished_talk_micros
        tally.incomplete = sums.incomplete
    figures = tally.figures()
    return CallSums(
        calls=sums.calls if sums else 0,
        live=sums.live if sums else 0,
        seizures=sums.seizures if sums else 0,
        dials=figures.dials,
        finished=figures.finished,
        connects=figures.connects,
        connect_rate=figures.connect_rate,
        effective_connects=figures.effective_connects,
        talk_seconds=figures.talk_seconds,
        average_talk_seconds=figures.average_talk_seconds,
        incomplete=figures.incomplete,
    )


def call_detail(
    call: Call,
    names: Names,
    gaps: Sequence[Gap],
    recording: Recording,
    *,
    whole: bool = False,
    heard: bool = True,
) -> CallDetail:
    """One call with its whole story; numbers are masked unless ``whole``, it may be played where it is ``heard``."""

    def stretch(each: Segment | Hold) -> Stretch:
        who = names(call.pbx, each.agent, each.started_at)
        return Stretch(
            agent=each.agent,
            agent_name=who[0] if who else None,
            started_at=each.started_at,
            ended_at=each.ended_at,
        )

    playable = heard and recording.state is RecordingState.PRESENT
    voice = call.voice
    return CallDetail.model_construct(
        **_row(call, names, whole),
        dialed=masked_number(call.dialed, call.direction, whole=whole),
        linkedid=call.linkedid,
        segments=[stretch(each) for each in call.segments],
        holds=[stretch(each) for each in call.holds],
        transfers=[
            TransferRow(
                kind=each.kind,
                at=each.at,
                by=masked_text(each.by, whole=whole),
                to=masked_text(each.to, whole=whole),
            )
            for each in call.transfers
        ],
        legs=[
            LegRow(
                uniqueid=leg.uniqueid,
                channel=masked_channel(leg.channel, whole=whole),
                role=leg.role,
                endpoint=masked_text(leg.endpoint, whole=whole) or "",
                number=masked_text(leg.number, whole=whole),
                started_at=leg.started_at,
                ringing_at=leg.ringing_at,
                answered_at=leg.answered_at,
                ended_at=leg.ended_at,
                dial_status=leg.dial_status,
                cause=leg.cause,
                tech_cause=leg.tech_cause,
                requested_hangup_at=leg.requested_hangup_at,
            )
            for leg in call.legs
        ],
        voice=None
        if voice is None
        else Voice(
            mos=voice.mos,
            loss_percent=voice.loss_percent,
            jitter_ms=voice.jitter_ms,
            rtt_ms=voice.rtt_ms,
            reports=voice.reports,
        ),
        gaps=[
            GapRow(
                pbx=gap.pbx,
                started_at=gap.started_at,
                ended_at=gap.ended_at,
                reason=gap.reason,
                calls_cut=gap.calls_cut,
            )
            for gap in gaps
        ],
        recording=RecordingRow(
            state=recording.state.value,
            duration_seconds=recording.duration_seconds,
            url=f"/api/recordings/{quote(call.id)}" if playable else None,
            why=recording.why,
        ),
    )

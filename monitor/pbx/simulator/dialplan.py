"""The dialplan that calls run through: FreePBX's habits, and the VarSet and Newexten noise of them.

A real dialplan sends about 130 such events a call. This one sends those that matter or are typical,
at the same places; the tests hold each against the captures.
"""

from __future__ import annotations

from datetime import datetime

from monitor.pbx.simulator.centre import Centre, TrueCall
from monitor.pbx.simulator.parts import Channel


def bookkeeping(
    centre: Centre,
    channel: Channel,
    exten: str,
    user: str,
    entry: tuple[str, str] = ("Gosub", "macro-user-callerid,s,1()"),
) -> None:
    """``macro-user-callerid``: remember whose call it is; ``entry`` is the application that stands there."""
    x = centre.exchange
    x.step(channel, *entry, ("from-internal", exten, 1))
    x.step(channel, "Set", f"AMPUSER={user}", ("macro-user-callerid", "s", 2))
    x.variable(channel, "AMPUSER", user)
    x.step(channel, "Set", f"__REALCALLERIDNUM={user}", ("macro-user-callerid", "s", 5))
    x.variable(channel, "__REALCALLERIDNUM", user)
    x.step(channel, "Return", "", ("macro-user-callerid", "s", 8))


def record(centre: Centre, channel: Channel, kind: str, dest: str, source: str, call: TrueCall) -> None:
    """``sub-record-check``: start the recording; the channel is at the Gosub to it.

    The file's name and day are in the PBX's local time.
    """
    x = centre.exchange
    local = datetime.fromtimestamp(x.now, centre.zone)
    name = f"{kind}-{dest}-{source}-{local:%Y%m%d-%H%M%S}-{channel.uniqueid}"
    call.recording = f"{local:%Y/%m/%d}/{name}.wav"
    path = centre.recordings + call.recording
    serial = f"0x7f29{int(channel.uniqueid.rpartition('.')[2]) * 16:08x}"
    place = "sub-record-check", "s"
    x.step(channel, "Set", "__REC_STATUS=INITIALIZED", (*place, 3))
    x.variable(channel, "__REC_STATUS", "INITIALIZED")
    x.step(channel, "Set", f"__CALLFILENAME={name}", (*place, 11))
    x.variable(channel, "__CALLFILENAME", name)
    x.step(channel, "MixMonitor", f"{path},abi(LOCAL_MIXMON_ID)", (*place, 12))
    x.variable(channel, "MIXMONITOR_FILENAME", path)
    x.variable(channel, "LOCAL_MIXMON_ID", serial)
    x.send("MixMonitorStart", "call", channel.fields())
    x.step(channel, "Set", "__REC_STATUS=RECORDING", (*place, 15))
    x.variable(channel, "__REC_STATUS", "RECORDING")
    x.step(channel, "Set", f"CDR(recordingfile)={name}.wav", (*place, 16))
    x.step(channel, "Return", "", (*place, 17))


def to_trunk(
    centre: Centre, channel: Channel, exten: str, number: str, trunk: str, seconds: int, at: int
) -> None:
    """``macro-dialout-trunk`` up to its Dial(); ``at`` is the priority of the Gosub to it."""
    x = centre.exchange
    place = "macro-dialout-trunk", "s"
    x.step(
        channel, "Gosub", f"macro-dialout-trunk,s,1({number},{trunk},{seconds})", ("from-internal", exten, at)
    )
    x.step(channel, "Set", f"OUTNUM={number}", (*place, 2))
    x.variable(channel, "OUTNUM", number)
    x.step(channel, "Set", f"CALLERID(num)={centre.outgoing_number}", (*place, 3))
    if channel.number != centre.outgoing_number:
        x.caller_id(channel, centre.outgoing_number)
    x.step(channel, "Dial", f"PJSIP/{number}@{trunk},{seconds},Tt", (*place, 6))
    x.variable(channel, "DIALSTATUS", "")


def trunk_failed(centre: Centre, channel: Channel, exten: str, at: int) -> None:
    """``macro-dialout-trunk`` returns, and the dialplan goes to ``outisbusy``."""
    x = centre.exchange
    x.step(channel, "Return", "", ("macro-dialout-trunk", "s", 8))
    x.variable(channel, "GOSUB_RETVAL", "")
    x.step(channel, "Goto", "outisbusy,s,1", ("from-internal", exten, at))
    x.step(channel, "Progress", "", ("outisbusy", "s", 1))


def last_words(centre: Centre, channel: Channel, cause: int) -> None:
    """The ``h`` extension of from-internal."""
    centre.exchange.step(channel, "NoOp", f"h extension: {cause}", (channel.context, "h", 1))
    channel.change(priority=2)

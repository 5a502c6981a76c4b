"""What a phone does, as data, and as the SIPp scenario that does it.

A ``Caller`` sends the INVITE, an ``Answerer`` gets it. After the answer both go through ``then``, step
by step; a BYE from the other side at any step ends the call. When the steps are over, they hang up.
All times are in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FOREVER = 600.0
FAILURES = (302, 400, 403, 404, 408, 410, 480, 484, 486, 487, 488, 500, 502, 503, 504, 600, 603)


@dataclass(frozen=True)
class Talk:
    """Stay in the call for so long, or until the other side hangs up."""

    seconds: float = FOREVER


@dataclass(frozen=True)
class Reinvite:
    """Change the direction of the media: ``sendonly`` holds the other side, ``sendrecv`` takes it back."""

    direction: str


@dataclass(frozen=True)
class Digits:
    """Press keys, one SIP INFO each."""

    keys: str
    gap: float = 0.15


@dataclass(frozen=True)
class Refer:
    """Ask Asterisk to transfer the other side to ``target`` (an extension)."""

    target: str


Step = Talk | Reinvite | Digits | Refer


@dataclass(frozen=True)
class Caller:
    """A phone that dials ``number`` as ``user``; it gives up after ``patience`` when nobody answers."""

    user: str
    number: str
    then: tuple[Step, ...] = (Talk(),)
    name: str | None = None
    patience: float = FOREVER


@dataclass(frozen=True)
class Answerer:
    """A phone that is called.

    ``provisional`` is 180, 183 (with early media) or 100; after ``ring`` seconds it sends ``code``: 200
    answers, anything else refuses; with 302 the caller is sent on to ``moved_to``.
    """

    ring: float = 1.0
    code: int = 200
    provisional: int = 180
    then: tuple[Step, ...] = (Talk(),)
    moved_to: str = ""


def caller_xml(script: Caller, media: str, *, stream: bool = True) -> str:
    """The SIPp scenario of a Caller; ``media`` is the SDP port (a number or a SIPp keyword)."""
    name = (
        (script.name if script.name is not None else f"Agent {script.user}")
        .replace("\\", "\\\\")
        .replace('"', '\\"')
    )
    me = f'"{name}" <sip:{script.user}@[local_ip]:[local_port]>'
    target = f"sip:{script.number}@[remote_ip]:[remote_port]"
    dialog = _Dialog(
        f"{me};tag=[pid]C[call_number]", "[$5]", f"<sip:{script.user}@[local_ip]:[local_port]>", media, 2
    )
    wait = _ms(script.patience)
    invite = _message(
        f"INVITE {target} SIP/2.0",
        [_VIA, f"From: {me};tag=[pid]C[call_number]", f"To: <{target}>", "Call-ID: [call_id]", "CSeq: 1 INVITE",
         f"Contact: {dialog.contact}", "Max-Forwards: 70"],
        _sdp(media),
    )  # fmt: skip
    cancel = _message(
        f"CANCEL {target} SIP/2.0",
        ["[last_Via:]", f"From: {me};tag=[pid]C[call_number]", f"To: <{target}>", "Call-ID: [call_id]",
         "CSeq: 1 CANCEL", "Max-Forwards: 70"],
    )  # fmt: skip
    ack_failure = _message(
        f"ACK {target} SIP/2.0",
        [
            "[last_Via:]",
            "[last_From:]",
            "[last_To:]",
            "Call-ID: [call_id]",
            "CSeq: 1 ACK",
            "Max-Forwards: 70",
        ],
    )
    late = f'timeout="{wait}" ontimeout="cancel"'
    parts = [_send(invite, retrans=True)]
    # Before anything has come back a CANCEL is not allowed: the 100 is waited for.
    parts += (
        ['<recv response="100"/>']
        if script.patience < FOREVER
        else ['<recv response="100" optional="true"/>']
    )
    parts += [f'<recv response="{code}" optional="true" {late}/>' for code in (180, 181, 183)]
    parts += [f'<recv response="{code}" optional="true" {late} next="failed"/>' for code in FAILURES]
    parts += [f'<recv response="200" rrs="true" {late}><action>{_save("To:", 5)}</action></recv>']
    parts += [_send(dialog.ack(1)), *([_STREAM] if stream else []), *_steps(dialog, script.then)]
    parts += ['<label id="cancel"/>', _send(cancel, retrans=True)]
    parts += [f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183)]
    parts += [
        '<recv response="487" optional="true" next="failed"/>',
        '<recv response="200"/>',
        '<recv response="487"/>',
    ]
    parts += ['<label id="failed"/>', _send(ack_failure), '<label id="end"/>', '<pause milliseconds="200"/>']
    return _scenario(parts)


def answerer_xml(choices: Mapping[str, Answerer], media: str, *, stream: bool) -> str:
    """The SIPp scenario of a phone that chooses its part by the last digit of the number called.

    ``choices`` has the last digits (any of them) and what is done then; "" is any number. ``stream``
    makes SIPp send a tone once a call is up.
    """
    tests = {digits: 10 + index for index, digits in enumerate(choices) if digits}
    saves = [_save("From:", 2), _save("To:", 3), _save("CSeq:", 4)]
    saves += [_save("To:", variable, f"[0-9]*[{digits}]@") for digits, variable in tests.items()]
    parts = [f'<recv request="INVITE" rrs="true"><action>{"".join(saves)}</action></recv>']
    parts += [f'<nop test="{variable}" next="part{variable}"/>' for variable in tests.values()]
    for digits, script in choices.items():
        mark = str(tests.get(digits, ""))
        parts += [f'<label id="part{mark}"/>', *_part(script, media, mark, stream=stream)]
    return _scenario([*parts, '<label id="end"/>', '<pause milliseconds="200"/>'])


def _part(script: Answerer, media: str, mark: str, *, stream: bool) -> list[str]:
    dialog = _Dialog("[$3];tag=[pid]A[call_number]", "[$2]", "<sip:[local_ip]:[local_port]>", media, 70, mark)
    phrase = {100: "Trying", 180: "Ringing", 183: "Session Progress"}[script.provisional]
    parts = [
        _send(dialog.response(f"{script.provisional} {phrase}", sdp=script.provisional == 183)),
        f'<recv request="CANCEL" timeout="{_ms(script.ring)}" ontimeout="final{mark}"/>',
        _send(dialog.response("200 OK", tagged=False)),
        _send(dialog.response("487 Request Terminated", cseq="CSeq:[$4]")),
        '<recv request="ACK" next="end"/>',
        f'<label id="final{mark}"/>',
    ]
    if script.code == 200:
        parts.append(_send(dialog.response("200 OK", cseq="CSeq:[$4]", sdp=True), retrans=True))
        return [*parts, '<recv request="ACK"/>', *([_STREAM] if stream else []), *_steps(dialog, script.then)]
    extra = f"Contact: <sip:{script.moved_to}@127.0.0.1:5060>" if script.moved_to else None
    parts.append(_send(dialog.response(f"{script.code} No", cseq="CSeq:[$4]", contact=extra), retrans=True))
    return [*parts, '<recv request="ACK" next="end"/>']


def _steps(dialog: _Dialog, steps: Iterable[Step]) -> list[str]:
    parts: list[str] = []
    for number, step in enumerate(steps):
        match step:
            case Talk():
                parts += _talk(dialog, number, step.seconds)
            case Reinvite():
                cseq = dialog.next()
                parts += [
                    _send(dialog.request("INVITE", cseq, direction=step.direction), retrans=True),
                    '<recv response="100" optional="true"/>',
                    '<recv response="200" rrs="true"/>',
                    _send(dialog.ack(cseq)),
                ]
            case Digits():
                for key in step.keys:
                    parts += [_send(dialog.info(key), retrans=True), '<recv response="200"/>']
                    parts.append(f'<pause milliseconds="{_ms(step.gap)}"/>')
            case Refer():
                parts += [_send(dialog.refer(step.target), retrans=True), '<recv response="202"/>']
    bye = _send(dialog.request("BYE", dialog.next()), retrans=True)
    ok = _send(dialog.response("200 OK", tagged=False), after="end")
    return [*parts, bye, '<recv response="200" next="end"/>', f'<label id="byed{dialog.mark}"/>', ok]


def _talk(dialog: _Dialog, step: int, seconds: float) -> list[str]:
    number = f"{dialog.mark}_{step}"
    timeout = f'timeout="{_ms(seconds)}" ontimeout="after{number}"'
    return [
        f'<label id="talk{number}"/>',
        f'<recv request="INVITE" optional="true" next="again{number}" {timeout}/>',
        f'<recv request="ACK" optional="true" next="talk{number}" {timeout}/>',
        f'<recv request="BYE" next="byed{dialog.mark}" {timeout}/>',
        f'<label id="again{number}"/>',
        _send(dialog.response("200 OK", tagged=False, sdp=True), after=f"talk{number}"),
        f'<label id="after{number}"/>',
    ]


class _Dialog:
    """Headers of the requests and responses inside one call, for either side."""

    def __init__(self, local: str, remote: str, contact: str, media: str, cseq: int, mark: str = "") -> None:
        self.local, self.remote, self.contact, self.media, self._cseq = local, remote, contact, media, cseq
        self.mark = mark

    def next(self) -> int:
        self._cseq += 1
        return self._cseq

    def request(
        self, method: str, cseq: int, *, direction: str = "", more: Iterable[str] = (), body: str = ""
    ) -> str:
        heads = [_VIA, f"From:{_pad(self.local)}", f"To:{_pad(self.remote)}", "Call-ID: [call_id]",
                 f"CSeq: {cseq} {method}", f"Contact: {self.contact}", "Max-Forwards: 70", *more]  # fmt: skip
        return _message(
            f"{method} [next_url] SIP/2.0", heads, _sdp(self.media, direction) if direction else body
        )

    def ack(self, cseq: int) -> str:
        return self.request("ACK", cseq)

    def info(self, key: str) -> str:
        heads = ["Content-Type: application/dtmf-relay"]
        return self.request("INFO", self.next(), more=heads, body=f"Signal={key}\nDuration=100\n")

    def refer(self, target: str) -> str:
        heads = [f"Refer-To: <sip:{target}@[remote_ip]:[remote_port]>", f"Referred-By: {self.contact}"]
        return self.request("REFER", self.next(), more=heads)

    def response(
        self,
        status: str,
        *,
        tagged: bool = True,
        cseq: str = "[last_CSeq:]",
        sdp: bool = False,
        contact: str | None = None,
    ) -> str:
        to = f"[last_To:];{self.local.split(';')[-1]}" if tagged else "[last_To:]"
        heads = [
            "[last_Via:]",
            "[last_From:]",
            to,
            "[last_Call-ID:]",
            cseq,
            contact or f"Contact: {self.contact}",
        ]
        return _message(f"SIP/2.0 {status}", heads, _sdp(self.media) if sdp else "")


_VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]"
_STREAM = '<nop><action><exec rtp_stream="/tmp/lab/tone.al,-1,8"/></action></nop>'


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _pad(value: str) -> str:
    """A header value saved by SIPp brings its own leading space."""
    return value if value.startswith("[$") else f" {value}"


def _save(header: str, variable: int, pattern: str = ".*") -> str:
    return f'<ereg regexp="{pattern}" search_in="hdr" header="{header}" assign_to="{variable}"/>'


def _sdp(media: str, direction: str = "sendrecv") -> str:
    return (
        "v=0\no=lab 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n"
        f"m=audio {media} RTP/AVP 8\na=rtpmap:8 PCMA/8000\na={direction}\n"
    )


def _message(first: str, heads: list[str], body: str = "") -> str:
    kind = ["Content-Type: application/sdp"] if body.startswith("v=0") else []
    return "\n".join(
        [first, *heads, *kind, "Content-Length: [len]" if body else "Content-Length: 0", "", body]
    )


def _send(message: str, *, retrans: bool = False, after: str = "") -> str:
    attributes = (' retrans="500"' if retrans else "") + (f' next="{after}"' if after else "")
    return f"<send{attributes}><![CDATA[\n{message}\n]]></send>"


def _scenario(parts: list[str]) -> str:
    used = sorted({int(n) for part in parts for n in _assigned(part)})
    reference = f'<Reference variables="{",".join(map(str, used))}"/>' if used else ""
    body = "\n".join(parts)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="lab">\n{body}\n{reference}\n</scenario>\n'
    )


def _assigned(part: str) -> list[str]:
    return [piece.split('"')[0] for piece in part.split('assign_to="')[1:]]

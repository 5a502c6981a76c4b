"""What a PBX is made of: channels and bridges, and how AMI writes them down."""

from __future__ import annotations

from dataclasses import dataclass, field

DOWN, RING, RINGING, UP, BUSY = 0, 4, 5, 6, 7
STATE_WORDS = {DOWN: "Down", RING: "Ring", RINGING: "Ringing", UP: "Up", BUSY: "Busy"}
UNKNOWN = "<unknown>"

#: Q.850 causes in Asterisk's words (main/channel.c).
CAUSE_WORDS = {
    0: "Unknown",
    1: "Unallocated (unassigned) number",
    16: "Normal Clearing",
    17: "User busy",
    19: "User alerting, no answer",
    21: "Call Rejected",
    26: "Answered elsewhere",
    34: "Circuit/channel congestion",
    127: "Interworking, unspecified",
}


def escape(name: str) -> str:
    """A name as AMI writes it: C escapes, as ``ast_escape_c`` does."""
    return name.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r").replace("\n", "\\n")


@dataclass(slots=True, eq=False)
class Bridge:
    """A bridge and who is in it, in order of entering."""

    uniqueid: str
    channels: list[Channel] = field(default_factory=list)

    def fields(self) -> str:
        """Header lines of the bridge."""
        return (
            f"BridgeUniqueid: {self.uniqueid}\r\nBridgeType: basic\r\nBridgeTechnology: simple_bridge\r\n"
            "BridgeCreator: <unknown>\r\nBridgeName: <unknown>\r\n"
            f"BridgeNumChannels: {len(self.channels)}\r\nBridgeVideoSourceMode: none\r\n"
        )


@dataclass(slots=True, eq=False)
class Channel:
    """A channel; change it only by ``change``, which forgets the header lines made before."""

    name: str
    uniqueid: str
    linkedid: str
    created_at: float
    state: int
    context: str
    exten: str
    priority: int = 1
    number: str = UNKNOWN
    caller: str = UNKNOWN
    connected_number: str = UNKNOWN
    connected: str = UNKNOWN
    account: str = ""
    application: str = ""
    data: str = ""
    dialled: str = ""
    answered_at: float | None = None
    bridge: Bridge | None = None
    held: bool = False
    alive: bool = True
    _lines: dict[str, str] = field(default_factory=dict)

    @property
    def device(self) -> str:
        """``PJSIP/8001`` of ``PJSIP/8001-0000001d``."""
        return self.name.rpartition("-")[0]

    @property
    def joined(self) -> Bridge:
        """The bridge it is in. Raises ``ValueError`` if it is in none."""
        if self.bridge is None:
            raise ValueError(f"{self.name} is in no bridge")
        return self.bridge

    def change(self, **values: object) -> None:
        """Set attributes."""
        for key, value in values.items():
            setattr(self, key, value)
        self._lines.clear()

    def fields(self, prefix: str = "") -> str:
        """Header lines of the channel, each name with ``prefix`` before it."""
        lines = self._lines.get(prefix)
        if lines is None:
            p = prefix
            lines = self._lines[prefix] = (
                f"{p}Channel: {self.name}\r\n{p}ChannelState: {self.state}\r\n"
                f"{p}ChannelStateDesc: {STATE_WORDS[self.state]}\r\n"
                f"{p}CallerIDNum: {self.number}\r\n{p}CallerIDName: {escape(self.caller)}\r\n"
                f"{p}ConnectedLineNum: {self.connected_number}\r\n"
                f"{p}ConnectedLineName: {escape(self.connected)}\r\n"
                f"{p}Language: en\r\n{p}AccountCode: {self.account}\r\n{p}Context: {self.context}\r\n"
                f"{p}Exten: {self.exten}\r\n{p}Priority: {self.priority}\r\n"
                f"{p}Uniqueid: {self.uniqueid}\r\n{p}Linkedid: {self.linkedid}\r\n"
            )
        return lines

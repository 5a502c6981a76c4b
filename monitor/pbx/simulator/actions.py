"""Answers to manager actions: a response, and for list actions the rows and the end of the list.

As in Asterisk, answers carry the caller's ActionID and do not pass through event filters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo

from monitor.pbx.simulator.exchange import Exchange
from monitor.pbx.simulator.parts import Channel

Action = Mapping[str, str]
Answer = Callable[["Answers", Action], str]

VERSION = "22.10.1"


class Answers:
    """What the simulated PBX answers to a logged-in session. Times are told in the PBX's own zone."""

    def __init__(self, exchange: Exchange, zone: tzinfo) -> None:
        self._exchange = exchange
        self._zone = zone

    def answer(self, action: Action) -> str:
        """The whole answer to an action, one or many messages."""
        found = _ACTIONS.get(action.get("action", "").lower())
        if found is None:
            name = action.get("action", "")
            return error(
                action,
                f"Invalid/unknown command: {name}. Use Action: ListCommands to show available commands.",
            )
        return found[1](self, action)

    def ping(self, action: Action) -> str:
        """Pong, and what time it is."""
        return response(action, "Success", f"Ping: Pong\r\nTimestamp: {self._exchange.now:.6f}\r\n")

    def core_status(self, action: Action) -> str:
        """When the PBX came up, and how many calls it has."""
        booted = datetime.fromtimestamp(self._exchange.booted_at, self._zone)
        roots = sum(1 for channel in self._exchange.channels.values() if channel.uniqueid == channel.linkedid)
        return response(
            action,
            "Success",
            f"CoreStartupDate: {booted:%Y-%m-%d}\r\nCoreStartupTime: {booted:%H:%M:%S}\r\n"
            f"CoreReloadDate: {booted:%Y-%m-%d}\r\nCoreReloadTime: {booted:%H:%M:%S}\r\n"
            f"CoreCurrentCalls: {roots}\r\nCoreProcessedCalls: {self._exchange.processed_calls}\r\n",
        )

    def core_settings(self, action: Action) -> str:
        """Versions and limits."""
        return response(
            action,
            "Success",
            f"AMIversion: 11.0.0\r\nAsteriskVersion: {VERSION}\r\nSystemName: \r\nCoreMaxCalls: 0\r\n"
            "CoreMaxLoadAvg: 0.000000\r\nCoreRunUser: \r\nCoreRunGroup: \r\nCoreMaxFilehandles: 0\r\n"
            "CoreRealTimeEnabled: No\r\nCoreCDRenabled: Yes\r\nCoreHTTPenabled: No\r\n",
        )

    def channels(self, action: Action) -> str:
        """CoreShowChannels: every channel with its application, age and bridge."""
        rows = []
        for channel in self._exchange.channels.values():
            age = int(self._exchange.now - channel.created_at)
            length = f"{age // 3600:02d}:{age // 60 % 60:02d}:{age % 60:02d}"
            rows.append(
                f"{channel.fields()}Application: {channel.application}\r\nApplicationData: {channel.data}\r\n"
                f"Duration: {length}\r\nBridgeId: {_bridge_id(channel)}\r\n"
            )
        return listing(action, "Channels will follow", "CoreShowChannel", "CoreShowChannelsComplete", rows)

    def status(self, action: Action) -> str:
        """Status: the same with the number dialled, and asked-for variables."""
        wanted = [name.strip() for name in action.get("variables", "").split("),") if name.strip()]
        rows = [self._status(channel, wanted) for channel in self._exchange.channels.values()]
        text = [f"Event: Status\r\nPrivilege: Call\r\n{row}{_action_id(action)}\r\n" for row in rows]
        end = _list_end(action, "StatusComplete", len(rows), f"Items: {len(rows)}\r\n")
        return _list_start(action, "Channel status will follow") + "".join(text) + end

    def _status(self, channel: Channel, wanted: list[str]) -> str:
        answered = channel.answered_at
        variables = ""
        for name in wanted:
            name = name if name.endswith(")") or "(" not in name else f"{name})"
            value = f"{answered:.6f}" if name.startswith("CDR(answer") and answered is not None else ""
            variables += f"Variable: {name}={value}\r\n"
        return (
            f"{channel.fields()}Type: {channel.name.partition('/')[0]}\r\nDNID: {channel.dialled}\r\n"
            f"EffectiveConnectedLineNum: {channel.connected_number}\r\n"
            f"EffectiveConnectedLineName: {channel.connected}\r\nTimeToHangup: 0\r\n"
            f"BridgeID: {_bridge_id(channel)}\r\nApplication: {channel.application}\r\n"
            f"Data: {channel.data}\r\nNativeformats: (alaw)\r\nReadformat: alaw\r\nReadtrans: \r\n"
            "Writeformat: alaw\r\nWritetrans: \r\nCallgroup: 0\r\nPickupgroup: 0\r\n"
            f"Seconds: {int(self._exchange.now - channel.created_at)}\r\n{variables}"
        )

    def bridges(self, action: Action) -> str:
        """BridgeList."""
        rows = [bridge.fields() for bridge in self._exchange.bridges.values()]
        return listing(action, "Bridge listing will follow", "BridgeListItem", "BridgeListComplete", rows)

    def bridge(self, action: Action) -> str:
        """BridgeInfo: who is in one bridge."""
        bridge = self._exchange.bridges.get(action.get("bridgeuniqueid", ""))
        if bridge is None:
            return error(action, "Specified BridgeUniqueid not found")
        rows = [channel.fields() for channel in bridge.channels]
        start = _list_start(action, "Bridge channel listing will follow")
        end = _list_end(action, "BridgeInfoComplete", len(rows), bridge.fields())
        return start + _rows(action, "BridgeInfoChannel", rows) + end

    def devices(self, action: Action) -> str:
        """DeviceStateList."""
        rows = [f"Device: {device}\r\nState: {state}\r\n" for device, state in self._exchange.devices.items()]
        return listing(
            action, "Device State Changes will follow", "DeviceStateChange", "DeviceStateListComplete", rows
        )

    def commands(self, action: Action) -> str:
        """ListCommands."""
        lines = "".join(f"{name}: {about}\r\n" for name, (about, _) in _NAMED.items())
        return response(action, "Success", lines)


_NAMED: dict[str, tuple[str, Answer]] = {
    "BridgeInfo": ("Get information about a bridge.  (Priv: <none>)", Answers.bridge),
    "BridgeList": ("Get a list of bridges in the system.  (Priv: <none>)", Answers.bridges),
    "CoreSettings": (
        "Show PBX core settings (version etc).  (Priv: system,reporting,all)",
        Answers.core_settings,
    ),
    "CoreShowChannels": ("List currently active channels.  (Priv: system,reporting,all)", Answers.channels),
    "CoreStatus": ("Show PBX core status variables.  (Priv: system,reporting,all)", Answers.core_status),
    "DeviceStateList": ("List the current known device states.  (Priv: call,reporting,all)", Answers.devices),
    "ListCommands": ("List available manager commands.  (Priv: <none>)", Answers.commands),
    "Ping": ("Keepalive command.  (Priv: <none>)", Answers.ping),
    "Status": ("List channel status.  (Priv: system,call,reporting,all)", Answers.status),
}
_ACTIONS = {name.lower(): found for name, found in _NAMED.items()}


def response(action: Action, word: str, lines: str) -> str:
    """A response message."""
    return f"Response: {word}\r\n{_action_id(action)}{lines}\r\n"


def error(action: Action, message: str) -> str:
    """An error response."""
    return response(action, "Error", f"Message: {message}\r\n")


def listing(action: Action, message: str, row: str, complete: str, rows: list[str]) -> str:
    """A list: its start, its rows, its end."""
    return _list_start(action, message) + _rows(action, row, rows) + _list_end(action, complete, len(rows))


def _rows(action: Action, event: str, rows: list[str]) -> str:
    return "".join(f"Event: {event}\r\n{_action_id(action)}{row}\r\n" for row in rows)


def _list_start(action: Action, message: str) -> str:
    return response(action, "Success", f"EventList: start\r\nMessage: {message}\r\n")


def _list_end(action: Action, event: str, count: int, lines: str = "") -> str:
    return f"Event: {event}\r\n{_action_id(action)}EventList: Complete\r\nListItems: {count}\r\n{lines}\r\n"


def _action_id(action: Action) -> str:
    found = action.get("actionid")
    return f"ActionID: {found}\r\n" if found else ""


def _bridge_id(channel: Channel) -> str:
    return channel.bridge.uniqueid if channel.bridge is not None else ""

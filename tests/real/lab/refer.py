"""The one request SIPp cannot make: a REFER in one call that names the identifiers of another."""

from __future__ import annotations

import asyncio
import socket

Dialog = tuple[str, str, str]
"""Call-ID, our tag, Asterisk's tag."""


async def refer_with_replaces(agent: str, held: Dialog, target: str, consult: Dialog) -> str:
    """Join the calls ``held`` and ``consult`` of an agent's phone; returns Asterisk's answer.

    It is sent from a socket of its own: a request inside a dialog is known by its tags, not its address.
    """
    replaces = f"{consult[0]}%3Bto-tag%3D{consult[2]}%3Bfrom-tag%3D{consult[1]}".replace("@", "%40")
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        line.setblocking(False)
        port = line.getsockname()[1]
        request = "\r\n".join(
            (
                "REFER sip:127.0.0.1:5060 SIP/2.0",
                f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-lab-{port};rport",
                f"From: <sip:{agent}@127.0.0.1>;tag={held[1]}",
                f"To: <sip:{target}@127.0.0.1>;tag={held[2]}",
                f"Call-ID: {held[0]}",
                "CSeq: 50 REFER",
                f"Contact: <sip:{agent}@127.0.0.1:{port}>",
                f"Refer-To: <sip:{target}@127.0.0.1:5060?Replaces={replaces}>",
                f"Referred-By: <sip:{agent}@127.0.0.1>",
                "Max-Forwards: 70",
                "Content-Length: 0",
                "",
                "",
            )
        )
        await loop.sock_sendto(line, request.encode(), ("127.0.0.1", 5060))
        answer = await asyncio.wait_for(loop.sock_recv(line, 4096), 5)
        return answer.decode("utf-8", "replace").split("\r\n")[0]

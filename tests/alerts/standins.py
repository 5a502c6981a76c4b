"""Local servers that stand in for what alerts are sent to, and check what arrived."""

from __future__ import annotations

import base64
import email
import hashlib
import hmac
import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, Any]]


class Http:
    """A web server that keeps what is posted; ``answers`` are given in turn, then ``answer``."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.answer: Answer = (200, {"errcode": 0, "errmsg": "ok", "code": 0})
        self.answers: list[Answer] = []
        self.check: Callable[[str], Answer | None] = lambda path: None
        self.check_body: Callable[[dict[str, Any]], Answer | None] = lambda body: None
        self.hold = threading.Event()
        self.hold.set()
        self.holding = threading.Event()
        self.address = ""

    @property
    def bodies(self) -> list[str]:
        """The texts that arrived, whoever's format they are in."""
        return [_text(body) for _, body in self.received]

    def post(self, path: str, body: dict[str, Any]) -> Answer:
        self.holding.set()
        self.hold.wait(20)
        refused = self.check(path) or self.check_body(body)
        if refused is not None:
            return refused
        answer = self.answers.pop(0) if self.answers else self.answer
        if answer[0] == 200 and not answer[1].get("errcode") and not answer[1].get("code"):
            self.received.append((path, body))
        return answer


def _text(body: dict[str, Any]) -> str:
    if "text" in body:
        return str(body["text"]["content"])
    if "markdown" in body:
        return str(body["markdown"].get("text") or body["markdown"]["content"])
    if "card" in body:
        card = body["card"]
        return "\n".join(
            [card["header"]["title"]["content"], *(each["content"] for each in card["elements"])]
        )
    if "content" in body:
        return str(body["content"]["text"])
    return f"{body['title']}\n{body['message']}"


@contextmanager
def http() -> Iterator[Http]:
    """Serve on a free port of loopback; ``address`` is ``127.0.0.1:port``."""
    told = Http()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = told.post(self.path, body)
            raw = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        told.hold.set()
        server.shutdown()
        server.server_close()


def dingtalk(token: str, secret: str) -> Callable[[str], Answer | None]:
    """What DingTalk makes of an address: the robot must be known, the signature right and fresh."""

    def check(path: str) -> Answer | None:
        parts = urlsplit(path)
        query = parse_qs(parts.query, strict_parsing=True)
        if parts.path != "/robot/send" or query["access_token"] != [token]:
            return 200, {"errcode": 300001, "errmsg": "token is not exist"}
        (timestamp,) = query["timestamp"]
        signed = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
        if query["sign"] != [base64.b64encode(signed).decode()]:
            return 200, {"errcode": 310000, "errmsg": "sign not match"}
        if abs(time.time() * 1000 - int(timestamp)) > 3_600_000:
            return 200, {"errcode": 310000, "errmsg": "invalid timestamp"}
        return None

    return check


def feishu(secret: str) -> Callable[[dict[str, Any]], Answer | None]:
    """What Feishu makes of a body where the robot has 签名校验: the signature right and not an hour old."""

    def check(body: dict[str, Any]) -> Answer | None:
        refused = (
            200,
            {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"},
        )
        if "timestamp" not in body or "sign" not in body:
            return refused
        signed = hmac.new(f"{body['timestamp']}\n{secret}".encode(), digestmod=hashlib.sha256).digest()
        fresh = abs(time.time() - int(body["timestamp"])) <= 3600
        return None if fresh and body["sign"] == base64.b64encode(signed).decode() else refused

    return check


class Mail:
    """An SMTP server that keeps what it is given; ``refuse`` is the answer to every sender."""

    def __init__(self) -> None:
        self.received: list[tuple[list[str], email.message.EmailMessage]] = []
        self.refuse = ""
        self.port = 0


@contextmanager
def smtp() -> Iterator[Mail]:
    """Serve on a free port of loopback."""
    told = Mail()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 stand-in")
            to: list[str] = []
            while line := self.rfile.readline().decode().strip():
                verb = line.upper()
                if verb.startswith("MAIL") and told.refuse:
                    self._say(told.refuse)
                elif verb.startswith("RCPT"):
                    to.append(line.partition("<")[2].partition(">")[0])
                    self._say("250 ok")
                elif verb == "DATA":
                    self._say("354 go on")
                    lines = []
                    while (each := self.rfile.readline()) != b".\r\n":
                        lines.append(each)
                    message = email.message_from_bytes(b"".join(lines), policy=policy.default)
                    told.received.append((to, message))
                    self._say("250 ok")
                elif verb == "QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 ok")

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()

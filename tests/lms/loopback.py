"""A real HTTP server on loopback for the stand-ins: answers by a function, fails where a test says so."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Request:
    """A request as it came: `form` holds query and body parameters in their order."""

    method: str
    path: str
    query: list[tuple[str, str]]
    form: list[tuple[str, str]]
    headers: Message
    body: bytes
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def value(self, name: str, default: str = "") -> str:
        return next((value for key, value in [*self.form, *self.query] if key == name), default)

    def values(self, name: str) -> list[str]:
        return [value for key, value in [*self.query, *self.form] if key == name]

    @property
    def token(self) -> str:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ")


@dataclass
class Answer:
    """An answer; `cut`: the connection breaks in the middle of it."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False

    def content(self) -> tuple[bytes, str]:
        if isinstance(self.body, bytes):
            return self.body, "application/octet-stream"
        if isinstance(self.body, str) and self.body[:1] == "<":
            return self.body.encode(), "text/html; charset=utf-8"
        if isinstance(self.body, str):
            return self.body.encode(), "text/plain; charset=utf-8"
        return json.dumps(self.body).encode(), "application/json; charset=utf-8"


HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"


class Loopback:
    """A server; subclasses write `answer`.

    `before` may answer instead of it (nothing is done), `after` may change an answer (all is done).
    """

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.log: list[Request] = []
        self.before: list[Callable[[Request], Answer | None]] = []
        self.after: list[Callable[[Request, Answer], Answer | None]] = []
        self.lock = threading.RLock()

    def clock(self) -> float:
        """What its `Date` header says, in seconds since 1970."""
        return time.time()

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def handle(self, request: Request) -> Answer:
        if self.delay:
            time.sleep(self.delay)
        with self.lock:
            self.log.append(request)
            for hook in self.before:
                if (instead := hook(request)) is not None:
                    return instead
            answer = self.answer(request)
            for change in self.after:
                answer = change(request, answer) or answer
            return answer

    def __enter__(self) -> Any:
        self.server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def writes(self) -> list[Request]:
        return [request for request in self.log if request.method not in {"GET"}]

    def fail(self, times: int, matches: Callable[[Request], bool], answer: Answer, *, done: bool = False) -> None:
        """Answer the next `times` requests that match otherwise; `done`: after the request was carried out."""
        left = [times]

        def hit(request: Request) -> bool:
            if left[0] and matches(request):
                left[0] -= 1
                return True
            return False

        if done:
            self.after.append(lambda request, _answer: answer if hit(request) else None)
        else:
            self.before.append(lambda request: answer if hit(request) else None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that was killed is part of the tests


def _handler(loopback: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

        def _any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, parts.path, parse_qsl(parts.query, keep_blank_values=True), [],
                              self.headers, body)  # fmt: skip
            _read_body(request)
            answer = loopback.handle(request)
            content, kind = answer.content()
            self.send_response(answer.status)
            for name, value in {"Content-Type": kind, **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if answer.cut:
                self.wfile.write(content[: len(content) // 2])
                self.wfile.flush()
                # closing with pending data and no linger resets the connection, as a broken line does
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _any

        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate(loopback.clock(), usegmt=True)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _read_body(request: Request) -> None:
    kind = request.headers.get("Content-Type") or ""
    if kind.startswith("application/x-www-form-urlencoded"):
        request.form = parse_qsl(request.body.decode(), keep_blank_values=True)
    elif kind.startswith("multipart/form-data"):
        message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body)
        for part in message.get_payload():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            if part.get_filename():
                request.files[name] = (part.get_filename(), content)
            else:
                request.form.append((name, content.decode()))

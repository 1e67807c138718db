"""A proxy between a browser and a server that cuts, answers or keeps silent at a chosen step of a chosen request."""

import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

# What becomes of a request: where its line breaks, or an answer of the proxy's own.
BEFORE, IN_REQUEST, AFTER_COMMIT, IN_ANSWER, SILENT = "before", "in request", "after commit", "in answer", "silent"


@dataclass
class Answer:
    status: int
    body: bytes = b"{}"
    kind: str = "application/problem+json"
    headers: tuple[str, ...] = ()

    def bytes(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} X", f"Content-Type: {self.kind}", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, *self.headers, "Connection: close", "", ""]).encode() + self.body


Step = str | Answer | Callable[[bytes], "str | Answer | None"]


@dataclass
class Proxy:
    """`faults` are taken one by one by the requests that write records; `seen` counts those, `sizes` their bodies."""

    target: tuple[str, int]
    url: str = ""
    faults: "deque[Step | None]" = field(default_factory=deque)
    always: Step | None = None
    seen: int = 0
    down: bool = False
    held: list[socket.socket] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def next_step(self, head: bytes, body: bytes) -> str | Answer | None:
        if not head.startswith((b"POST /api/v1/encounters", b"POST /api/v1/outings", b"POST /api/v1/shifts/")):
            return None
        self.seen += 1
        self.sizes.append(len(body))
        step = self.faults.popleft() if self.faults else self.always
        return step(body) if callable(step) else step


def _read(client: socket.socket) -> tuple[bytes, bytes]:
    """A request's head and body; an empty head when the browser gave up."""
    text = b""
    while b"\r\n\r\n" not in text:
        more = client.recv(65536)
        if not more:
            return b"", b""
        text += more
    head, _separator, body = text.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < length:
        more = client.recv(65536)
        if not more:
            break
        body += more
    return head, body


def _closing(head: bytes) -> bytes:
    """The same request, over a connection of its own."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close", b"", b""])


def _forward(proxy: Proxy, head: bytes, body: bytes) -> bytes:
    with socket.create_connection(proxy.target, timeout=60) as server:
        server.sendall(_closing(head) + body)
        answer = b""
        while more := server.recv(65536):
            answer += more
    return answer


def _half_sent(proxy: Proxy, head: bytes, body: bytes) -> None:
    with socket.create_connection(proxy.target, timeout=60) as server:
        server.sendall(_closing(head) + body[: len(body) // 2])


def _handle(proxy: Proxy, client: socket.socket) -> None:
    with suppress(OSError):
        head, body = _read(client)
        step = proxy.next_step(head, body) if head else None
        if not head or proxy.down or step == BEFORE:
            pass
        elif isinstance(step, Answer):
            client.sendall(step.bytes())
        elif step == SILENT:
            proxy.held.append(client)
            return
        elif step == IN_REQUEST:
            _half_sent(proxy, head, body)
        else:
            answer = _forward(proxy, head, body)
            if step == IN_ANSWER:
                start = answer.index(b"\r\n\r\n") + 4
                client.sendall(answer[: start + (len(answer) - start) // 2])
            elif step != AFTER_COMMIT:
                client.sendall(answer)
    client.close()


@contextmanager
def proxy_to(url: str) -> Iterator[Proxy]:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_server(("127.0.0.1", 0)) as door:
        proxy = Proxy((host, int(port)), f"http://127.0.0.1:{door.getsockname()[1]}")

        def accept() -> None:
            while True:
                try:
                    client, _address = door.accept()
                except OSError:
                    return
                threading.Thread(target=_handle, args=(proxy, client), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield proxy
        for one in proxy.held:
            one.close()
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)

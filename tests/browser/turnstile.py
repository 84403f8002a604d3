"""Cloudflare at both ends: the script that the browser loads, and the server that checks what came of it.

The gateway asks `challenges.cloudflare.com` through a proxy of the test, which leads to a server with a certificate for that
name; `SSL_CERT_FILE` vouches for it. The browser is given the script by Playwright, under the page's own policy.
"""

import contextlib
import datetime as dt
import socket
import socketserver
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.fakes import Answer, FakeVendor, Received, json_answer
from tests.identity import fields_of

HOST = "challenges.cloudflare.com"
# As documented: `render` draws a frame from the same host, and calls back with a proof; `reset` begins again.
SCRIPT = """
(() => {
  let number = 0;
  const prove = (options) => setTimeout(() => options.callback(`proof-${++number}`), 0);
  const widgets = new Map();
  window.turnstile = {
    render(place, options) {
      const frame = document.createElement("iframe");
      frame.src = "https://challenges.cloudflare.com/frame";
      frame.title = `Widget ${options.sitekey} ${options.language} ${options.theme}`;
      place.append(frame);
      widgets.set(frame.title, { frame, options });
      prove(options);
      return frame.title;
    },
    reset(widget) { prove(widgets.get(widget).options); },
    remove(widget) { widgets.get(widget).frame.remove(); },
  };
})();
"""


@dataclass
class Cloudflare:
    """`accepted` are the proofs that were checked, each good once; `refuses` makes it say no."""

    accepted: list[str] = field(default_factory=list[str])
    refuses: bool = False

    def __call__(self, request: Received) -> Answer:
        form = fields_of(request)
        proof = form["response"]
        is_good = (
            request.path == "/turnstile/v0/siteverify"
            and form["secret"] == "the secret"
            and proof not in self.accepted
            and not self.refuses
        )
        if is_good:
            self.accepted.append(proof)
        return json_answer({"success": is_good, "error-codes": []})

    @contextmanager
    def serving(self, folder: Path) -> Generator[dict[str, str]]:
        """Serve; give the environment of a gateway that finds it."""
        authority = certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority)
        with FakeVendor.in_thread(self) as server, Proxy(context, server.port) as proxy:
            thread = threading.Thread(target=proxy.serve_forever, args=(0.05,))
            thread.start()
            try:
                yield {"RELAY_PROXY": proxy.url, "SSL_CERT_FILE": str(authority)}
            finally:
                proxy.shutdown()
                thread.join()


class Proxy(socketserver.ThreadingTCPServer):
    """An HTTP proxy that leads every CONNECT to one server of ours, and speaks TLS in its stead."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.context, self.port = context, port
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Tunnel(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        proxy = self.server
        assert isinstance(proxy, Proxy)
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.request.recv(4096)
        assert head.startswith(f"CONNECT {HOST}:443 ".encode()), head
        self.request.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        with (
            proxy.context.wrap_socket(self.request, server_side=True) as near,
            socket.create_connection(("127.0.0.1", proxy.port)) as far,
        ):
            back = threading.Thread(target=pump, args=(far, near), daemon=True)
            back.start()
            pump(near, far)
            with contextlib.suppress(OSError):
                far.shutdown(socket.SHUT_RDWR)
            back.join()


def pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            sink.sendall(piece)


def certificate(folder: Path) -> Path:
    """Write a key and a certificate for Cloudflare's name, which vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - a real certificate needs the real time
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "cloudflare.pem"
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(pem))
    return path

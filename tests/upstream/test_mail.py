"""Mail, handed to a real SMTP server."""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from oneapi.upstream.mail import Mail, Mailer, MailServer
from tests.fakes import until
from tests.gateway import free_port

CERTIFICATE = Path(__file__).with_name("localhost.pem")
MAIL = Mail("carol@gmail.com", "验证 <b>", "Hello 你好: 123456\n", "<p>Hello 你好: 123456</p>\n")


class Post:
    """What the server was handed; `answers` are its answers to the next recipients."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.answers: list[str] = []
        self.passwords: list[tuple[bytes, bytes]] = []
        self.asked = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        self.envelopes.append(envelope)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, said: Any
    ) -> AuthResult:
        assert isinstance(said, LoginPassword)
        self.passwords.append((said.login, said.password))
        return AuthResult(success=said.password == b"right")


def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@asynccontextmanager
async def mail_server(post: Post, host: str = "127.0.0.1", **options: Any) -> AsyncGenerator[int]:
    """Serve SMTP in a thread of its own; gives the port."""
    controller = Controller(post, hostname=host, port=free_port(), enable_SMTPUTF8=True, **options)
    await asyncio.to_thread(controller.start)
    try:
        yield controller.port
    finally:
        await asyncio.to_thread(controller.stop)


def at(port: int, **changes: Any) -> MailServer:
    told: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "account": "",
        "password": "",
        "sender": "noreply@site.example",
        "name": "Our Site, 站",
    }
    return MailServer(**(told | changes))


@asynccontextmanager
async def mailing(
    server: Callable[[], MailServer | None], retry_seconds: tuple[float, ...] = ()
) -> AsyncGenerator[Mailer]:
    mailer = Mailer(server, retry_seconds)
    task = asyncio.get_running_loop().create_task(mailer.run())
    try:
        yield mailer
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextmanager
def trusting(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Let the test's certificate be good, as an operator does it for a server with an own authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    yield


async def test_a_mail_arrives_as_text_and_as_html() -> None:
    post = Post()
    async with mail_server(post) as port, mailing(lambda: at(port)) as mailer:
        await asyncio.to_thread(mailer.post, MAIL)
        await until(lambda: post.letters)
    (letter,) = post.letters
    assert letter["To"] == "carol@gmail.com"
    assert letter["From"] == '"Our Site, 站" <noreply@site.example>'
    assert letter["Subject"] == "验证 <b>"
    assert letter["Message-ID"].endswith("@site.example>")
    assert letter["Auto-Submitted"] == "auto-generated"
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    said = [part.get_content().replace("\r\n", "\n") for part in (plain, html)]
    assert said == [MAIL.text, MAIL.html]
    assert post.envelopes[0].mail_from == "noreply@site.example"


async def test_starttls_is_used_and_the_password_sent_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post = Post()
    options: dict[str, Any] = {
        "tls_context": tls(),
        "authenticator": post.authenticate,
        "auth_required": True,
    }
    with trusting(monkeypatch):
        async with mail_server(post, **options) as port:
            server = at(port, account="me", password="right")
            async with mailing(lambda: server) as mailer:
                mailer.post(MAIL)
                await until(lambda: post.letters)
    assert post.passwords == [(b"me", b"right")]


async def test_a_certificate_that_nobody_vouches_for_ends_it() -> None:
    post = Post()
    options: dict[str, Any] = {"tls_context": tls(), "authenticator": post.authenticate}
    async with mail_server(post, **options) as port:
        server = at(port, account="me", password="right")
        async with mailing(lambda: server, (0.0, 0.0)) as mailer:
            mailer.post(MAIL)
            mailer.post(MAIL)
            await until(mailer_is_idle(mailer))
    assert (post.letters, post.passwords) == ([], [])


async def test_no_password_goes_unprotected_to_another_machine(free_address: str) -> None:
    post = Post()
    options = {"authenticator": post.authenticate, "auth_require_tls": False}
    async with mail_server(post, free_address, **options) as port:
        server = at(port, host=free_address, account="me", password="right")
        async with mailing(lambda: server) as mailer:
            mailer.post(MAIL)
            await until(mailer_is_idle(mailer))
    assert (post.letters, post.passwords) == ([], [])


@pytest.fixture
def free_address() -> str:
    """An address of this machine that is not the loopback's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has the loopback only")
        return str(probe.getsockname()[0])


async def test_what_the_server_cannot_take_now_is_tried_again() -> None:
    post = Post()
    post.answers = ["451 greylisted", "451 greylisted"]
    async with mail_server(post) as port, mailing(lambda: at(port), (0.0, 0.0)) as mailer:
        mailer.post(MAIL)
        await until(lambda: post.letters)
    assert post.asked == 3


async def test_what_the_server_refuses_for_good_is_not() -> None:
    post = Post()
    post.answers = ["550 no such user"]
    async with mail_server(post) as port, mailing(lambda: at(port), (0.0,)) as mailer:
        mailer.post(MAIL)
        mailer.post(MAIL._replace(to="dave@gmail.com"))
        await until(lambda: post.letters)
        await until(mailer_is_idle(mailer))
    assert (post.asked, [letter["To"] for letter in post.letters]) == (2, ["dave@gmail.com"])


async def test_a_server_that_is_away_costs_nobody_but_the_mail() -> None:
    server: list[MailServer | None] = [None]
    post = Post()
    async with mailing(lambda: server[0], (0.0,)) as mailer:
        mailer.post(MAIL)
        server[0] = at(1)
        mailer.post(MAIL)
        await until(mailer_is_idle(mailer))
        async with mail_server(post) as port:
            server[0] = at(port)
            mailer.post(MAIL._replace(subject="two\nlines"))
            mailer.post(MAIL)
            await until(lambda: post.letters)
    assert [letter["Subject"] for letter in post.letters] == [MAIL.subject]


def mailer_is_idle(mailer: Mailer) -> Callable[[], bool]:
    return lambda: mailer.posted == mailer.ended

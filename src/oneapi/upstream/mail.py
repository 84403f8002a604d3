"""Mail: a queue that nobody waits for, and one task that hands it to the operator's mail server.

TLS is verified, whichever port it is on; a password is sent over TLS only. aiosmtplib and what composes addresses
are imported with the first mail.
"""

import asyncio
import itertools
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog

if TYPE_CHECKING:
    from aiosmtplib import SMTP

WAITING_MAX: Final = 1000
TIMEOUT_SECONDS: Final = 20.0
RETRY_SECONDS: Final = (5.0, 30.0, 120.0)
_IMPLICIT_TLS: Final = 465

log = structlog.get_logger()


class Mail(NamedTuple):
    """One mail to one address, as text and as HTML."""

    to: str
    subject: str
    text: str
    html: str


class MailServer(NamedTuple):
    """Where mail is handed in; without `account` nobody signs in. `name` is shown as the sender's."""

    host: str
    port: int
    account: str
    password: str
    sender: str
    name: str


class MailRefusedError(Exception):
    """The mail server cannot be used as it is set up."""


class Mailer:
    """The queue of one worker. `server` returns where mail goes now, None when nothing is set up."""

    def __init__(
        self,
        server: Callable[[], MailServer | None],
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
    ) -> None:
        self._server = server
        self._retry_seconds = retry_seconds
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[tuple[Mail, int]] = asyncio.Queue(WAITING_MAX)
        self._later: dict[int, asyncio.TimerHandle] = {}
        self._numbers = itertools.count()
        self.posted = 0
        self.ended = 0  # sent, or given up

    def post(self, mail: Mail) -> None:
        """Queue a mail; returns at once, and may be called from any thread."""
        self.posted += 1
        self._loop.call_soon_threadsafe(self._enqueue, mail, 0)

    async def run(self) -> None:
        """Send what comes, until cancelled."""
        task = asyncio.current_task()
        assert task is not None  # we are a coroutine
        try:
            # Python 3.11's `wait_for`, which aiosmtplib awaits, may lose a cancellation that comes with its result.
            while not task.cancelling():
                mail, tries = await self._waiting.get()
                await self._try(mail, tries)
        finally:
            for timer in self._later.values():
                timer.cancel()

    def _enqueue(self, mail: Mail, tries: int) -> None:
        try:
            self._waiting.put_nowait((mail, tries))
        except asyncio.QueueFull:
            self.ended += 1
            log.warning("mail_dropped", reason="too many are waiting", subject=mail.subject)

    async def _try(self, mail: Mail, tries: int) -> None:
        try:
            await send(mail, self._server())
            self.ended += 1
        except (MailRefusedError, OSError, ValueError, *_smtp_errors()) as error:
            self._failed(mail, tries, error)

    def _failed(self, mail: Mail, tries: int, error: Exception) -> None:
        if not _is_passing(error) or tries >= len(self._retry_seconds):
            self.ended += 1
            log.error("mail_not_sent", subject=mail.subject, reason=str(error))
            return
        seconds = self._retry_seconds[tries]
        log.warning("mail_delayed", subject=mail.subject, reason=str(error), seconds=seconds)
        number = next(self._numbers)
        self._later[number] = self._loop.call_later(seconds, self._again, number, mail, tries + 1)

    def _again(self, number: int, mail: Mail, tries: int) -> None:
        del self._later[number]
        self._enqueue(mail, tries)


def _smtp_errors() -> tuple[type[Exception], ...]:
    from aiosmtplib.errors import SMTPException

    return (SMTPException,)


def _is_passing(error: Exception) -> bool:
    """Say whether the same mail may go through later: the server was away, or said 4xx."""
    from aiosmtplib.errors import SMTPException, SMTPRecipientsRefused, SMTPResponseException

    if isinstance(error, SMTPRecipientsRefused):
        return all(400 <= one.code < 500 for one in error.recipients)
    if isinstance(error, SMTPResponseException):
        return 400 <= error.code < 500
    return isinstance(error, OSError | SMTPException)


async def send(mail: Mail, server: MailServer | None) -> None:
    """Hand in one mail; raises aiosmtplib's errors, `OSError`, `MailRefusedError`."""
    from aiosmtplib import SMTP

    if server is None:
        raise MailRefusedError("`SMTPServer` is not set")
    client = SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.port == _IMPLICIT_TLS,
        timeout=TIMEOUT_SECONDS,
    )
    async with client:
        if server.account and server.password:
            _check_private(client, server.host)
            await client.login(server.account, server.password)
        await client.send_message(message_of(mail, server))


def _check_private(client: "SMTP", host: str) -> None:
    transport: Any = client.transport
    is_encrypted = transport is not None and transport.get_extra_info("sslcontext") is not None
    if not is_encrypted and not _is_loopback(host):
        raise MailRefusedError("the mail server offers no TLS, and no password is sent without it")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def message_of(mail: Mail, server: MailServer) -> EmailMessage:
    """Return the message as it is sent; raises `ValueError` for what cannot stand in a header."""
    from email.headerregistry import Address

    sender = server.sender or server.account
    message = EmailMessage()
    message["From"] = Address(server.name, addr_spec=sender)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = mail.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message

"""A request that takes a balance below what the operator calls low ends in a mail: the whole way, to a real SMTP server."""

import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import insert, select, update

from oneapi.app.application import LOW_BALANCE_SECONDS
from oneapi.store.tables import balance_watch, users
from tests.fakes import FakeVendor, chat_document, json_answer
from tests.gateway import Gateway, free_port

THRESHOLD = 50_000
BALANCE = 52_000


class Post:
    """What the server was handed."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    found = Post()
    controller = Controller(found, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True)
    controller.start()
    yield found, controller.port
    controller.stop()


def note(gateway: Gateway, name: str) -> None:
    """Give a user an address, and note their balance as the product does every half minute."""
    database = gateway.database()
    with database.begin() as connection:
        user = users.c.username == name
        connection.execute(update(users).where(user).values(email=f"{name}@site.example"))
        user_id = connection.execute(select(users.c.id).where(user)).scalar_one()
        known = {"user_id": user_id, "is_low": 0, "threshold": THRESHOLD}
        connection.execute(insert(balance_watch), known)
    database.close()


def test_whoever_falls_below_the_threshold_by_a_request_is_sent_a_mail(
    tmp_path: Path, post: tuple[Post, int]
) -> None:
    inbox, port = post
    with (
        FakeVendor.in_thread(lambda _: json_answer(chat_document("x", 60_000, 3_000))) as vendor,
        Gateway(tmp_path) as gateway,
    ):
        gateway.serve(vendor.url, "gpt-4o-mini")
        keys = {name: gateway.add_user(name, BALANCE) for name in ("spender", "saver")}
        for name in keys:
            note(gateway, name)
        for option, value in (  # the mail server last: nobody is looked at before
            ("QuotaRemindThreshold", str(THRESHOLD)),
            ("SMTPPort", str(port)),
            ("SMTPFrom", "noreply@site.example"),
            ("SMTPServer", "127.0.0.1"),
        ):
            gateway.set_option(option, value)
        charge = gateway.story(gateway.chat(keys["spender"]))["charge"]
        assert BALANCE - charge < THRESHOLD
        deadline = time.monotonic() + 2 * LOW_BALANCE_SECONDS
        while not inbox.letters and time.monotonic() < deadline:
            time.sleep(0.1)
        (letter,) = inbox.letters
    assert letter["To"] == "spender@site.example"
    body = letter.get_body(("plain",))
    assert body is not None
    assert str(BALANCE - charge) in body.get_content()

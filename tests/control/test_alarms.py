"""Telling the operator that channels were switched: each switch once, all of a moment in one message, signed."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest
from sqlalchemy import insert, update

from oneapi.control import alarms
from oneapi.store.switching import Reason, switch_off, switch_on, take_untold
from oneapi.store.tables import channels, options, users
from oneapi.upstream.mail import Mail
from tests.control.conftest import NOW, World, ask_vendor
from tests.control.test_channel_tests import channel
from tests.fakes import FakeVendor, error_answer, json_answer


@pytest.fixture
def receiver() -> Iterator[FakeVendor]:
    with FakeVendor.in_thread() as receiver:
        receiver.default = json_answer({"success": True, "message": ""})
        yield receiver


def off(world: World, *ids: int, now: int = NOW) -> None:
    with world.database.begin() as connection:
        for channel_id in ids:
            assert switch_off(connection, channel_id, Reason.KEY_REFUSED, "no such key", now)


def settings(world: World, **texts: str) -> None:
    with world.database.begin() as connection:
        for key, value in texts.items():
            connection.execute(insert(options).values(key=key, value=value))


def told(world: World) -> tuple[list[Mail], int]:
    """Tell what there is to tell; return the mails, and how often it was waited before another try."""
    mails: list[Mail] = []
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    switched = take_untold(world.database)
    found, addresses = alarms.whom(world.database)
    ways = alarms.Ways(ask_vendor, mails.append, pause)
    asyncio.run(alarms.tell(ways, found, addresses, alarms.Told(switched, NOW)))
    return mails, len(pauses)


def test_a_webhook_gets_all_in_one_message_and_can_check_who_sent_it(
    everywhere: World, receiver: FakeVendor
) -> None:
    first, second = (channel(everywhere, receiver, name=name) for name in ("a", "b"))
    settings(everywhere, AlarmWebhookUrl=f"{receiver.url}/alarm", AlarmWebhookSecret="hush")
    off(everywhere, first, second)
    told(everywhere)
    (got,) = receiver.requests
    assert got.json() == {
        "event": "channels_switched",
        "at": NOW,
        "channels": [
            {
                "id": number,
                "name": name,
                "state": "disabled",
                "reason": "key_refused",
                "evidence": "no such key",
            }
            for number, name in ((first, "a"), (second, "b"))
        ],
    }
    said = f"{got.headers['x-oneapi-timestamp']}.".encode() + got.body
    signed = hmac.new(b"hush", said, hashlib.sha256).hexdigest()
    assert got.headers["x-oneapi-signature"] == f"sha256={signed}"


def test_each_switch_is_told_once(everywhere: World, receiver: FakeVendor) -> None:
    channel_id = channel(everywhere, receiver)
    assert take_untold(everywhere.database) == []
    off(everywhere, channel_id)
    assert [one.is_on for one in take_untold(everywhere.database)] == [False]
    assert take_untold(everywhere.database) == []
    with everywhere.database.begin() as connection:
        switch_on(connection, channel_id, Reason.PASSED, "", NOW + 1)
    assert [one.is_on for one in take_untold(everywhere.database)] == [True]


def test_a_message_pusher_is_told_as_one_api_does_and_then_no_mail_is_sent(
    world: World, receiver: FakeVendor
) -> None:
    off(world, channel(world, receiver, name="a"))
    settings(
        world,
        MessagePusherAddress=f"{receiver.url}/push/root",
        MessagePusherToken="t",
        SMTPServer="mail.example",
    )
    assert told(world) == ([], 0)
    document = json.loads(receiver.requests[0].body)
    assert (document["title"], document["token"]) == ("渠道状态变更提醒", "t")
    assert document["description"] == "渠道「a」（#1）已被禁用，原因：供应商拒绝了密钥；no such key"


@pytest.mark.parametrize(
    "answer", [error_answer(500), json_answer({"success": False, "message": "no"})]
)
def test_mail_goes_to_root_where_the_pusher_fails(
    world: World, receiver: FakeVendor, answer: object
) -> None:
    receiver.default = answer  # type: ignore[assignment]
    off(world, channel(world, receiver, name="<b>"))
    settings(world, MessagePusherAddress=receiver.url, SMTPServer="mail.example")
    mails, pauses = told(world)
    assert (len(receiver.requests), pauses) == (3, 2)
    assert [mail.to for mail in mails] == ["root@example.com"]
    assert "<b>" in mails[0].text
    assert "&lt;b&gt;" in mails[0].html


def test_who_has_set_nothing_up_is_told_nothing(world: World, receiver: FakeVendor) -> None:
    off(world, channel(world, receiver))
    assert told(world) == ([], 0)
    assert receiver.requests == []


def test_root_without_an_address_gets_no_mail(world: World, receiver: FakeVendor) -> None:
    with world.database.begin() as connection:
        connection.execute(update(users).values(email=""))
    off(world, channel(world, receiver))
    settings(world, SMTPServer="mail.example")
    assert told(world) == ([], 0)


def test_a_channel_that_is_gone_is_nobodys_concern(world: World, receiver: FakeVendor) -> None:
    channel_id = channel(world, receiver)
    off(world, channel_id)
    world.admin.delete(f"/api/channel/{channel_id}")
    assert take_untold(world.database) == []
    assert world.rows(channels) == []


def test_a_switch_in_the_second_of_one_that_was_told_is_told_too(
    everywhere: World, receiver: FakeVendor
) -> None:
    number = channel(everywhere, receiver)
    off(everywhere, number)
    assert [one.is_on for one in take_untold(everywhere.database)] == [False]
    with everywhere.database.begin() as connection:
        assert switch_on(connection, number, Reason.PASSED, "", NOW)
    assert [one.is_on for one in take_untold(everywhere.database)] == [True]
    off(everywhere, number)
    assert [one.is_on for one in take_untold(everywhere.database)] == [False]
    assert take_untold(everywhere.database) == []

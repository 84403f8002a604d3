"""What an identity provider is to us: one value each; what it says of a person, in one shape."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column

from oneapi.control.answers import Refused
from oneapi.control.context import Services
from oneapi.control.oauth.state import Begun
from oneapi.store.settings import Settings

ID_MAX: Final = 191  # characters of the column on MySQL
REASON_MAX: Final = 200  # of what a provider says, as a person is told it


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider knows a person as. `id` never changes; the rest only fills a new account.

    `email`: one that the provider has verified, or nothing. `username`: wished for, not promised.
    `former_id`: what One API kept instead of `id`.
    """

    id: str
    display_name: str = ""
    email: str = ""
    username: str = ""
    former_id: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One round: `code` is what the provider gave the browser."""

    services: Services
    settings: Settings
    begun: Begun
    code: str = ""

    def callback(self, provider: str) -> str:
        """Return the address that is registered at the provider."""
        return f"{self.settings.text('ServerAddress').rstrip('/')}/oauth/{provider}"


@dataclass(frozen=True, slots=True)
class Provider:
    """A way to sign in. `key` stands in addresses and new names, `name` and `account` in One API's sentences.

    `authorization` returns where the browser goes; `identity` asks who came back. `had_logins`: One API kept a name of
    the person's choice in `column`, where an id stands now (`store.former_logins`).
    """

    key: str
    name: str
    account: str
    column: Column[Any]
    is_on: Callable[[Settings], bool]
    authorization: Callable[[Visit], Awaitable[str]]
    identity: Callable[[Visit], Awaitable[Identity]]
    had_logins: bool = False


def id_of(value: object, provider: str) -> str:
    """Return an id that can be kept; refuse what is none, which would be anybody's."""
    if not isinstance(value, str) or not value.strip() or len(value) > ID_MAX:
        raise Refused("provider_refused", host=provider)
    if not value.isprintable():
        raise Refused("provider_refused", host=provider)
    return value


def text_of(value: object) -> str:
    """Return a text that a provider said, or nothing."""
    return value if isinstance(value, str) else ""

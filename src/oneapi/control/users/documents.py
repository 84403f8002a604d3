"""What a client may say about a user: no counters, no secrets but the password, no identities of providers."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from oneapi.control.fields import (
    QUOTA_MAX,
    Document,
    GroupName,
    LongText,
    Number,
    Text,
    Whole,
)
from oneapi.control.sign_in.passwords import ChangedPassword, NewPassword, hashed
from oneapi.store.enums import Role


def _stripped(text: str) -> str:
    return text.strip()


def _role(number: int) -> int:
    if number not in _ROLES:
        raise ValueError(f"must be one of {', '.join(map(str, _ROLES[1:]))}")
    return number


_ROLES = tuple(int(role) for role in Role)  # One API's clients send 0 for "unchanged"
KnownRole = Annotated[Number, AfterValidator(_role)]


# Longer ones come from identity providers, and stay: a new name is measured where the old one is known.
Username = Annotated[Text, AfterValidator(_stripped), Field(max_length=191)]
DisplayName = Annotated[Text, Field(max_length=20)]


class NewUser(Document):
    """An account that an administrator makes; `role` is only checked: the account is a common one."""

    username: Annotated[Username, Field(min_length=1)]
    password: NewPassword
    display_name: DisplayName | None = None
    role: KnownRole | None = None


class OwnChanges(Document):
    """What people may change about themselves; blank means unchanged.

    In a session a new password needs the old one, `original_password`: who finds an open page must not keep the account.
    """

    username: Username | None = None
    display_name: DisplayName | None = None
    password: ChangedPassword | None = None
    original_password: Text | None = None

    def columns(self) -> dict[str, Any]:
        """Return what to write, the password hashed (slow)."""
        columns = {name: value for name, value in self.given().items() if value}
        columns.pop("original_password", None)
        return _with_hash(columns)


class UserChanges(Document):
    """What administrators may change about others: the fields sent, also zero where zero is a value.

    `quota` may come back as it is, also where One API has left a debt, or a balance that nobody may be given.
    """

    id: Whole
    username: Username | None = None
    display_name: DisplayName | None = None
    password: ChangedPassword | None = None
    role: KnownRole | None = None
    status: Annotated[Number, Field(ge=0, le=3)] | None = None
    quota: Whole | None = None
    group: GroupName | None = None
    email: Annotated[Text, Field(max_length=50)] | None = None

    def columns(self) -> dict[str, Any]:
        """Return what to write, without the balance; the password hashed (slow)."""
        sent = self.given()
        sent.pop("id")
        sent.pop("quota", None)
        may_be_blank = ("display_name", "email")
        return _with_hash(
            {name: value for name, value in sent.items() if value or name in may_be_blank}
        )


class Management(Document):
    """One of One API's actions on a user."""

    username: Text = ""
    action: Text = ""


class CodeToRedeem(Document):
    """A redemption code."""

    key: Text | None = None


class TopUp(Document):
    """Quota that an administrator, or a shop with an administrator's access token, adds."""

    user_id: Whole
    quota: Annotated[Number, Field(ge=-QUOTA_MAX, le=QUOTA_MAX)] = 0
    remark: LongText = ""


def _with_hash(columns: dict[str, Any]) -> dict[str, Any]:
    if "password" in columns:
        columns["password"] = hashed(columns["password"])
    return columns

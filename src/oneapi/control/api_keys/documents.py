"""What a client may say about a key of theirs."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from oneapi.control.answers import Refused
from oneapi.control.fields import Document, Line, LongText, Number, Text, Whole, typed_list
from oneapi.store.calendar import LATEST

_NAME_BYTES_MAX = 30


def _time(seconds: int) -> int:
    if not -1 <= seconds <= LATEST:
        raise ValueError("must be a time in seconds since 1970, or -1 for never")
    return seconds


def _joined(text: str) -> str:
    """Return a typed list as its column keeps it: trimmed, without duplicates."""
    return ",".join(typed_list(text))


class KeyDocument(Document):
    """A key to make, or to change (`id`); what is absent counts as zero, as in One API."""

    id: Whole = 0
    name: Line | None = None
    status: Annotated[Number, Field(ge=0, le=4)] | None = None
    expired_time: Annotated[Number, AfterValidator(_time)] | None = None
    remain_quota: Whole | None = None
    unlimited_quota: bool | None = None
    models: Annotated[LongText, AfterValidator(_joined)] | None = None
    subnet: Annotated[Text, Field(max_length=191), AfterValidator(_joined)] | None = None

    def check(self) -> None:
        """Refuse a name that is too long and networks that are none."""
        if len((self.name or "").encode()) > _NAME_BYTES_MAX:
            raise Refused("key_name_too_long", field="name")
        for network in filter(None, (self.subnet or "").split(",")):
            if "/" not in network or not _is_network(network):
                reason = f"`{network}` is no network such as `203.0.113.0/24`"
                raise Refused("bad_subnet", subnet=network, field="subnet", reason=reason)


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True

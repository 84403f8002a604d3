"""What a client may say about redemption codes."""

from typing import Annotated

from pydantic import Field

from oneapi.control.answers import Refused
from oneapi.control.fields import Document, Line, Number, Quota, Whole

_NAME_BYTES_MAX = 20
_COUNT_MAX = 100


class CodeDocument(Document):
    """Codes to make (`count` of them), or the one to change (`id`)."""

    id: Whole = 0
    name: Line | None = None
    quota: Quota | None = None
    count: Whole | None = None
    status: Annotated[Number, Field(ge=0, le=3)] | None = None

    def check_name(self) -> None:
        """Refuse a name that is empty or too long."""
        if not 1 <= len((self.name or "").encode()) <= _NAME_BYTES_MAX:
            raise Refused("code_name_length", field="name")

    def check_count(self) -> None:
        """Refuse to make no codes, or too many."""
        if (self.count or 0) <= 0:
            raise Refused("code_count_low", field="count")
        if (self.count or 0) > _COUNT_MAX:
            raise Refused("code_count_high", field="count")

"""The outside of each kind of request in Anthropic's dialect."""

from typing import Annotated

import msgspec

from oneapi.wire.dialect import MAX_LIMIT, Envelope


class MessagesEnvelope(Envelope, frozen=True, kw_only=True):
    """A Messages request names its limit."""

    model: Annotated[str, msgspec.Meta(min_length=1)]  # pyright: ignore[reportGeneralTypeIssues]
    max_tokens: Annotated[int, msgspec.Meta(ge=0, le=MAX_LIMIT)]  # pyright: ignore[reportGeneralTypeIssues]
    messages: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1)]

    @property
    def shows_usage(self) -> bool:
        """Usage is always part of this dialect's streams."""
        return True


class CountEnvelope(Envelope, frozen=True, kw_only=True):
    """A request to count a prompt's tokens: a Messages request without a limit."""

    model: Annotated[str, msgspec.Meta(min_length=1)]  # pyright: ignore[reportGeneralTypeIssues]
    messages: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1)]

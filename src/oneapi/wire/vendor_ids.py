"""The id under which a vendor knows a request: what its support asks for."""

from collections.abc import Mapping
from typing import Final

LONGEST: Final = 128  # characters of an id that are kept
HEADERS: Final = ("x-request-id", "request-id", "apim-request-id", "x-amzn-requestid")


def request_id_in(headers: Mapping[str, str]) -> str:
    """Return the id as an answer's headers say it (most vendors, Anthropic, Azure, AWS), blank if they do not."""
    for name in HEADERS:
        found = headers.get(name)
        if found:
            return found[:LONGEST]
    return ""

"""A key is offered in the form of a program only while the endpoint that the program needs is served."""

import re
from pathlib import Path

import pytest

from oneapi.errors import NotFound
from oneapi.relay.routes import resolve

FORMS = Path("web/src/pages/keys/forms.ts")
PATHS = {
    "chat": "/v1/chat/completions",
    "messages": "/v1/messages",
    "responses": "/v1/responses",
    "gemini": "/v1beta/models/gemini-2.5-flash:generateContent",
}


def is_served(path: str) -> bool:
    try:
        resolve("POST", path)
    except NotFound:
        return False
    return True


@pytest.mark.parametrize("endpoint", PATHS)
def test_the_page_offers_what_is_served_and_nothing_else(endpoint: str) -> None:
    told = re.search(r"SERVED: .*?\(\[(.*?)\]\)", FORMS.read_text("utf-8"))
    assert told is not None
    assert (f'"{endpoint}"' in told[1]) == is_served(PATHS[endpoint])

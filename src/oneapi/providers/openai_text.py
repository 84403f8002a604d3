"""How much text a whole answer of OpenAI's dialect holds, for the case that its usage is not to be had.

Counted are the texts of the choices, their reasoning, refusals and tool calls; never the JSON around, vectors, log
probabilities, or media.
"""

from typing import Final

from oneapi.providers.base import Call, Document
from oneapi.providers.openai_choices import evened, said_in
from oneapi.providers.openai_usage import TRANSCRIPTS
from oneapi.wire.canonical import text_of
from oneapi.wire.decoding import UNDECODABLE, json_value
from oneapi.wire.endpoints import Answer, answered_with
from oneapi.wire.shapes import objects, section, text
from oneapi.wire.textmeter import estimate_text

_TALK: Final = answered_with(Answer.CHOICES)


def text_tokens(call: Call, body: bytes) -> int:
    """Return about how many tokens of text there are; 0 for an endpoint that answers otherwise."""
    if call.endpoint not in _TALK and call.endpoint not in TRANSCRIPTS:
        return 0
    try:
        document = section(json_value(body))
    except UNDECODABLE:
        return estimate_text(body)  # subtitles, or a plain text
    if call.endpoint in TRANSCRIPTS:
        return estimate_text(text(document.get("text")))
    choices = [_choice(choice) for choice in objects(document.get("choices"))]
    return estimate_text(text_of({"choices": choices}))


def _choice(choice: Document) -> Document:
    return {**choice, "message": evened(_message(choice))}


def _message(choice: Document) -> Document:
    return said_in(choice, "message")

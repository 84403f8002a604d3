"""Web pages that Claude cites, as the annotations of OpenAI's chat.

Anthropic cites by text block, OpenAI by places in one text: a block is where its citations belong.
Sources: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool and the type `Annotation` of OpenAI's
Python SDK 3.54 (read 2026-11-26).
"""

from typing import Any

from oneapi.wire.shapes import objects, text

Block = dict[str, Any]


def annotations(citations: list[Block], start: int, end: int) -> list[Block]:
    """Return the annotations of a piece of text, each page once; citations of documents have no page."""
    pages: dict[str, str] = {}
    for found in citations:
        url = text(found.get("url"))
        if url:
            pages[url] = pages.get(url) or text(found.get("title"))
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": start,
                "end_index": end,
                "title": title or url,
                "url": url,
            },
        }
        for url, title in pages.items()
    ]


def annotations_of(texts: list[Block]) -> list[Block]:
    """Return the annotations of some text blocks that become one text."""
    found: list[Block] = []
    start = 0
    for block in texts:
        end = start + len(text(block.get("text")))
        found += annotations(objects(block.get("citations")), start, end)
        start = end
    return found

"""Writes `docs/providers.md` from the table of vendors; the suite fails when it is not current.

Run it as `make docs`.
"""

from pathlib import Path

from oneapi.providers.base import Endpoint, Provider
from oneapi.providers.registry import providers

TARGET = Path(__file__).parents[1] / "docs" / "providers.md"

INTRODUCTION = """# Vendors

<!-- Made by tools/docs_providers.py from src/oneapi/providers/registry.py: do not edit. -->

What a channel's *type* means. The numbers are One API's. A channel's own base URL wins over the one below; a column is
marked when the vendor serves that endpoint. Every model that a vendor of the dialect `openai` or `anthropic` serves is
reachable with either kind of client (`/v1/chat/completions`, `/v1/messages`).
"""
COLUMNS = {
    "chat": {Endpoint.CHAT},
    "completions": {Endpoint.COMPLETIONS},
    "embeddings": {Endpoint.EMBEDDINGS},
    "images": {Endpoint.IMAGES, Endpoint.IMAGE_EDITS, Endpoint.IMAGE_VARIATIONS},
    "audio": {Endpoint.SPEECH, Endpoint.TRANSCRIPTIONS, Endpoint.TRANSLATIONS},
    "moderations": {Endpoint.MODERATIONS},
}


def page() -> str:
    """Return the whole page."""
    names = " | ".join(COLUMNS)
    head = f"| type | vendor | base URL | dialect | {names} |\n|--:|---|---|---|{':-:|' * len(COLUMNS)}\n"
    return (
        INTRODUCTION + "\n" + head + "".join(_row(provider) for provider in providers()) + _notes()
    )


def _row(provider: Provider) -> str:
    served = " | ".join("✓" if wanted & set(provider.paths) else "" for wanted in COLUMNS.values())
    address = f"`{provider.base_url}`" if provider.base_url else "the channel's own"
    return f"| {provider.type} | {provider.name} | {address} | {provider.dialect} | {served} |\n"


def _notes() -> str:
    noted = [f"- **{row.name}** ({row.type}): {row.notes}\n" for row in providers() if row.notes]
    return "\n" + "".join(noted) if noted else ""


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")

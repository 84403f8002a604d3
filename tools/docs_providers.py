"""Writes `docs/providers.md` from the tables of vendors; the suite fails when it is not current.

Run it as `make docs`.
"""

from pathlib import Path

from oneapi.providers.anthropic_fields import unknown_fields
from oneapi.providers.anthropic_models import Traits, traits_of
from oneapi.providers.openai_models import MODELS
from oneapi.providers.provider import Provider, Service
from oneapi.providers.quirks import NO_QUIRKS, Quirks
from oneapi.providers.registry import providers
from oneapi.providers.targets import ALLOWS_TIERS
from oneapi.providers.vendor_rows import About, descriptions
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.service_tiers import TIER_FIELDS

TARGET = Path(__file__).parents[1] / "docs" / "providers.md"

INTRODUCTION = """# Vendors

<!-- Made by tools/docs_providers.py from src/oneapi/providers/registry.py and rows/*.json: do not edit. -->

What a channel's *type* means. The numbers below 1000 are One API's, the others ours. A channel's own base URL wins over the
one below; `{names}` in it are fields of the channel's form. A column is marked when the vendor serves that endpoint. Every
model that a vendor of the dialect `openai` or `anthropic` serves is reachable with either kind of client
(`/v1/chat/completions`, `/v1/messages`).

*Counts* says when a stream tells what it has used (*always*, or when *asked* with `stream_options`, which the gateway does;
no word where no source says it), and what is told apart. *Read* is the day on which the vendor's own page was read, which
it links; *unchecked* links the third party's page that the row is from instead.

A key that plainly is another vendor's (`sk-ant-…` for OpenAI) is refused when a channel is saved, unless the channel has a
base URL of its own.
"""
KINDS = {
    "lab": "Vendors with models of their own",
    "cloud": "Clouds that serve the models of others",
    "gateway": "Gateways to vendors",
    "plan": "Subscriptions",
    "local": "Servers of one's own",
}
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
    tables = "".join(
        _table(kind, [row for row in providers() if _about(row).kind == kind]) for kind in KINDS
    )
    count = f"\n{len(providers())} vendors.\n"
    return (
        INTRODUCTION + count + tables + _notes() + _faces() + _tiers() + _differences() + _claude()
    )


def _about(provider: Provider) -> About:
    return descriptions().get(provider.type, About(home="", source="", kind="local"))


def _table(kind: str, rows: list[Provider]) -> str:
    names = " | ".join(COLUMNS)
    head = f"| type | vendor | base URL | dialect | {names} | charged by | counts | read |\n"
    line = f"|--:|---|---|---|{':-:|' * len(COLUMNS)}---|---|---|\n"
    return f"\n## {KINDS[kind]}\n\n{head}{line}" + "".join(map(_row, rows))


def _row(provider: Provider) -> str:
    about = _about(provider)
    served = " | ".join(
        "✓" if wanted & set(provider.services) else "" for wanted in COLUMNS.values()
    )
    address = f"`{provider.base_url}`" if provider.base_url else "the channel's own"
    name = f"[{provider.name}]({about.home})" if about.home else provider.name
    if about.in_china:
        name += " (China)"
    read = f"[{about.checked or 'unchecked'}]({about.source})" if about.source else ""
    told = (
        f"{', '.join(about.charged_by)} | {', '.join(filter(None, (about.usage, *about.counts)))}"
    )
    return f"| {provider.type} | {name} | {address} | {_dialects(provider)} | {served} | {told} | {read} |\n"


def _dialects(provider: Provider) -> str:
    """Return the dialects of a vendor's faces, the first one first; one that serves nothing has none."""
    found = [service.dialect for several in provider.services.values() for service in several]
    return ", ".join(dict.fromkeys(found))


def _notes() -> str:
    noted = [f"- **{row.name}** ({row.type}): {row.notes}\n" for row in providers() if row.notes]
    return "\n## Notes\n\n" + "".join(noted) if noted else ""


def _faces() -> str:
    """Return where the vendors of two dialects have each."""
    rows = [row for row in providers() if len(row.services.get(Endpoint.CHAT, ())) > 1]
    lines = [
        f"| {row.type} | {row.name} | {' | '.join(_address(row, one) for one in row.services[Endpoint.CHAT])} |\n"
        for row in rows
    ]
    return FACES + "".join(lines)


def _address(provider: Provider, service: Service) -> str:
    return f"`{service.path.replace('{base}', provider.base_url)}` ({service.dialect})"


FACES = """
## Vendors with two faces

These answer in both dialects, with the same key. A client gets the face of its own dialect, and its bytes pass as they are:
Claude Code and Anthropic's SDKs (`/v1/messages`) the second, everything else the first.

Both faces are on one host, and the channel's base URL stands for it: with a proxy in front of the vendor, enter the proxy's
address without the vendor's folders, and both faces are asked there. Whichever of the vendor's two documented addresses is
entered (`…/api/anthropic`, `…/api/coding/paas/v4`, with or without the endpoint), both faces work too. Where the second face
has not the model, or an address of your own has no such face (404 or 405), the same channel is asked at once at the first
one, and what the client says is converted; that is remembered until the channel is changed.

| type | vendor | first | second |
|--:|---|---|---|
"""


def _tiers() -> str:
    rows = "".join(
        f"| `{name}` | {', '.join(f'`{word}`' for word in sorted(plain)) or 'nothing'} |\n"
        for name, plain in TIER_FIELDS.items()
    )
    return TIERS.replace("{switch}", ALLOWS_TIERS) + rows


TIERS = """
## What clients cannot pick

Some vendors serve a model in several tiers at several prices, and a field of the request picks one. Not every price of a
tier is known, so such a field is left out of what the vendor is sent, in every dialect, whatever the vendor.
A channel lets its clients pick when its config says `{"{switch}": true}` (*Clients pick the service tier* in its form); a
tier is then charged by its price where that is known, and by the model's plain price otherwise.

Nor do clients pick further models, since keys and prices are those of `model`: `models`, `fallbacks`, and tools and plugins
that the vendor runs with another model (an advisor, a panel) are refused with a 400 that names the field.

| field | passed on all the same, since it picks nothing |
|---|---|
"""
DIFFERENCES = """
## What a vendor takes differently

Everything else travels as the client says it: there is no list of what is allowed. *Left out* and *renamed* hold for every
client. What is said of limits, sampling, effort and extra fields is for clients of another dialect (`/v1/messages`): what a
client of the vendor's own dialect says there is sent as it is, and the vendor may refuse it.

A field that the gateway itself adds (`stream_options`, an output limit for a small balance, what `thinking` and
`metadata.user_id` become) and a vendor refuses is left out, the same channel is asked again at once, and this is remembered
for the channel and the model until the channel is changed. Without `stream_options` a stream's usage may have to be
estimated. A limit is tried under its other name first. A field that the client sent is never left out so: the
vendor's refusal is the client's error.

More stop sequences than a vendor takes are refused with a 400 that says so (`stop_sequences`), since without one of them the
answer would be another.

"""
MODEL_INTRODUCTION = """
### By the model's name, whoever serves it

"""


def _differences() -> str:
    rows = [
        f"- **{row.name}** ({row.type}): {said}\n"
        for row in providers()
        if (said := _said(row.quirks))
    ]
    models = [f"- `{_shown(pattern)}`: {_said(quirks)}\n" for pattern, quirks in MODELS]
    return DIFFERENCES + "".join(rows) + MODEL_INTRODUCTION + "".join(models)


def _shown(pattern: str) -> str:
    return pattern.removeprefix("(?:^|[/:])").replace("\\.", ".").replace("(\\d+)", "N")


def _names(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _said(quirks: Quirks) -> str:
    """Return what differs, in words; nothing when nothing does."""
    if quirks == NO_QUIRKS:
        return ""
    said = [
        f"left out: {_names(quirks.drops)}" if quirks.drops else "",
        f"left out of messages: {_names(quirks.message_drops)}" if quirks.message_drops else "",
        *(f"`{name}` becomes `{theirs}`" for name, theirs in quirks.renames),
        *(f"role `{role}` becomes `{theirs}`" for role, theirs in quirks.roles),
        "an assistant's message is put between a tool's result and what follows it"
        if quirks.bridge
        else "",
        f"ids of tool calls are made to match `{quirks.call_ids}`" if quirks.call_ids else "",
        *(f"`{name}` is added from version {first} on only" for name, first in quirks.since),
        f"the output limit is `{quirks.limit}`" if quirks.limit else "",
        "" if quirks.samples else "`temperature` and `top_p` are left out",
        _efforts(quirks),
        f"at most {quirks.max_stops} stop sequences" if quirks.max_stops else "",
        f"extra fields passed on: {_names(quirks.keeps)}" if quirks.keeps else "",
        "the first tool call of a step has to be signed" if quirks.sign_calls else "",
        "unsigned tool calls get a stand-in" if quirks.signature else "",
    ]
    return "; ".join(part for part in said if part) + "."


def _efforts(quirks: Quirks) -> str:
    if quirks.efforts is None:
        return ""
    if not quirks.efforts:
        return "no `reasoning_effort`"
    return "`reasoning_effort`: " + ", ".join(quirks.efforts)


CLAUDE = """
### Chats for Claude

What a chat client (`/v1/chat/completions`) sends to a vendor of the dialect `anthropic` is said in Anthropic's words. What
a client of `/v1/messages` sends is not touched, but for what other vendors' answers have left in its history.

- Left out, because Anthropic refuses them: texts without a visible character, and messages and system prompts that are empty
  then (their cache marks go to what is before); white space at the end of an answer that has begun; stop sequences without a
  visible character; `top_p` from 1 on; sampling beside thinking; thinking where a tool must be called; thinking that is not
  signed; what stands beside a part or a tool call; the fields below.
- Said otherwise: ids of tool calls that Anthropic's pattern refuses, or that come again; the types of images, by their first
  bytes; PDFs and texts in `image_url`, as documents; `allowed_tools`, as fewer tools; `web_search_options`, as Anthropic's
  own search tool; a tool's schema with `anyOf`, `oneOf` or `allOf` at its top, as one object; of system prompts alone, the
  last as what is asked; a temperature above 1, as 1; thinking and effort as the model has them.
- Refused with a 400 that names the field: `n` above 1, sound, `moderation` that shall block, a tool that must be called and
  a search of the web where the model has neither, an empty message where an answer is asked for.
- In both dialects, after a refusal: a history whose thinking Anthropic does not recognise (another account has signed it) is
  sent once more without its thinking.

| model | `thinking` | switched off by | effort | sampling | a tool that must be called |
|---|---|---|---|---|---|
"""
GENERATIONS = (
    *("claude-3-haiku", "claude-3-7-sonnet", "claude-sonnet-4-0", "claude-opus-4-1"),
    *("claude-sonnet-4-5", "claude-opus-4-5", "claude-sonnet-4-6", "claude-opus-4-7"),
    *("claude-opus-4-8", "claude-sonnet-5", "claude-opus-5", "claude-fable-5", "claude-haiku-5-5"),
    *("claude-sonnet-5-5", "claude-opus-5-5", "claude-fable-5-1"),
)
SAMPLING = {"all": "all", "one": "`temperature` or `top_p`", "none": "none"}
FORCED = {"always": "yes", "unless_thinking": "without thinking", "never": "refused"}


def _claude() -> str:
    rows = [_generation(name, traits_of(name)) for name in GENERATIONS]
    fields = [
        f"- {owner}: {', '.join(f'`{name}`' for name in names)}\n"
        for owner, names in unknown_fields().items()
    ]
    return CLAUDE + "".join(rows) + "\nFields that are not sent:\n\n" + "".join(fields)


def _generation(name: str, traits: Traits) -> str:
    cells = (
        f"`{name}`",
        ", ".join(f"`{kind}`" for kind in traits.thinking) or "none",
        f"`{traits.off}`" if traits.off else "nothing" if traits.thinking else "",
        ", ".join(traits.efforts),
        SAMPLING[traits.sampling],
        FORCED[traits.forced_tools],
    )
    return "| " + " | ".join(cells) + " |\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")

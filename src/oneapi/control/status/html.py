"""Texts that root may write as Markdown or HTML, made harmless for whatever page shows them.

Our own page draws what it knows of it (`web/src/ui/Written.tsx`); those made for One API put it into the document as it
comes.
"""

import re
from functools import lru_cache
from typing import Final

_TAG: Final = re.compile(r"<[a-z!/?]", re.IGNORECASE)
_STYLES: Final = {
    *("color", "background", "background-color", "opacity"),
    *("font", "font-family", "font-size", "font-style", "font-weight", "line-height"),
    *("text-align", "text-decoration", "vertical-align", "white-space", "word-break"),
    *("margin", "margin-top", "margin-right", "margin-bottom", "margin-left"),
    *("padding", "padding-top", "padding-right", "padding-bottom", "padding-left"),
    *("width", "height", "max-width", "max-height", "min-width", "min-height", "display"),
    *("border", "border-color", "border-radius", "border-style", "border-width", "list-style"),
    *("flex", "flex-direction", "flex-wrap", "gap", "justify-content", "align-items"),
}


@lru_cache(maxsize=16)
def harmless(text: str) -> str:
    """Return a text without what runs code, loads documents or covers the page; one without HTML stays as it is."""
    if not _TAG.search(text):
        return text
    import nh3

    attributes = {tag: {*names} for tag, names in nh3.ALLOWED_ATTRIBUTES.items()}
    attributes["*"] = attributes.get("*", set()) | {"class", "style"}
    cleaned = nh3.clean(text, attributes=attributes, filter_style_properties=_STYLES)
    # Markdown quotes with it, and it opens nothing; `&amp;` must stay: it may stand before what would be an entity.
    return cleaned.replace("&gt;", ">")

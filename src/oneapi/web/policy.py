"""What the browser may load for the page: a content security policy, as strict as the site's own settings allow."""

from typing import Final
from urllib.parse import urlsplit

from oneapi.store.settings import Settings

TURNSTILE: Final = "https://challenges.cloudflare.com"
# Options whose value may be an https address that the page shows in a frame.
_FRAMED: Final = ("HomePageContent", "About", "ChatLink")


def policy_of(settings: Settings) -> bytes:
    """Return the header's value: nothing from elsewhere but the frames and the captcha that root has configured."""
    origins = {origin for name in _FRAMED if (origin := _origin(settings.text(name)))}
    scripts = "'self'"
    if settings.flag("TurnstileCheckEnabled"):
        origins.add(TURNSTILE)
        scripts = f"'self' {TURNSTILE}"
    frames = " ".join(sorted(origins)) or "'none'"
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self'",
            "img-src 'self' data: https:",
            f"frame-src {frames}",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    ).encode("ascii")


def _origin(text: str) -> str:
    """Return the origin of an http(s) address, or nothing when the text is none (Markdown, for example)."""
    try:
        parts = urlsplit(text.strip().split("\n", 1)[0])
        port = f":{parts.port}" if parts.port else ""
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:  # of a UnicodeError, too
        return ""
    is_plain = bool(host) and all(letter.isalnum() or letter in "-." for letter in host)
    return (
        f"{parts.scheme}://{host}{port}" if parts.scheme in ("http", "https") and is_plain else ""
    )

"""Images and files of OpenAI's chat as blocks of Anthropic's Messages API.

Clients write URLs in every way that browsers take: types in any case or missing, parameters, white space, base64url.
What the first bytes say wins over what the URL says, because Anthropic looks at them too and refuses a type that is not
theirs. Sources: https://platform.claude.com/docs/en/build-with-claude/vision and …/pdf-support, and the types of
Anthropic's Python SDK 2.12 (read 2026-11-26).
"""

import base64
import binascii
from typing import Any, Final, cast
from urllib.parse import unquote_to_bytes

from oneapi.errors import InvalidRequest
from oneapi.wire.shapes import section

Block = dict[str, Any]

IMAGES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
PDF: Final = "application/pdf"
_SAME_TYPES: Final = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "application/x-pdf": PDF,
}
_FIRST_BYTES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", PDF),
)
_SNIFFED: Final = 24  # characters of base64
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BLANKS: Final = b" \t\r\n\f\v"
_FROM_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


def image_block(part: Block, where: str) -> Block:
    """Return the block of an `image_url` part: an image, or a document for those who send PDFs this way."""
    image: Any = part.get("image_url")
    url: Any = cast("Block", image).get("url") if isinstance(image, dict) else image
    if not isinstance(url, str):
        raise InvalidRequest(
            f"`{where}.image_url.url` must be a string", param=f"{where}.image_url"
        )
    return {**_block(url, f"{where}.image_url.url"), **_rest(part, "image_url")}


def file_block(part: Block, where: str) -> Block:
    """Return the block of a `file` part: a document, or an image for those who send images this way."""
    file = section(part.get("file"))
    file_id, content, name = file.get("file_id"), file.get("file_data"), file.get("filename")
    rest = _rest(part, "file")
    if isinstance(file_id, str):
        block: Block = {"type": "document", "source": {"type": "file", "file_id": file_id}}
    elif isinstance(content, str):
        block = _block(content, f"{where}.file.file_data", as_document=True)
    else:
        raise InvalidRequest(f"`{where}.file.file_data` must be a string", param=f"{where}.file")
    if isinstance(name, str) and name and block["type"] == "document":
        rest = {"title": name, **rest}
    return {**block, **rest}


def _rest(part: Block, name: str) -> Block:
    return {key: value for key, value in part.items() if key not in ("type", name)}


def _block(url: str, where: str, *, as_document: bool = False) -> Block:
    url = url.strip()
    scheme = url[:8].lower()
    if scheme.startswith(("http://", "https://")):
        address = scheme.partition(":")[0] + url[url.index(":") :]
        path = address.partition("?")[0].partition("#")[0]
        kind = "document" if as_document or path.lower().endswith(".pdf") else "image"
        return {"type": kind, "source": {"type": "url", "url": address}}
    if scheme.startswith("data:"):
        said, content = _data_url(url, where)
        return _content_block(said, content, where)
    content = _base64(url, where)
    if not as_document and not _by_first_bytes(content):
        raise _no_url(where)
    return _content_block("", content, where)


def _content_block(said: str, content: str, where: str) -> Block:
    media_type = _by_first_bytes(content) or _SAME_TYPES.get(said, said)
    if media_type in IMAGES:
        return {"type": "image", "source": _source(media_type, content)}
    if media_type == PDF:
        return {"type": "document", "source": _source(media_type, content)}
    text = None if said.startswith(("image/", "audio/", "video/")) else _text(content)
    if text is None:
        raise InvalidRequest(
            f"`{where}`: this provider takes JPEG, PNG, GIF and WebP images, PDFs and texts, "
            f"not {said or 'content of an unknown type'!r}",
            param=where,
        )
    return {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": text},
    }


def _source(media_type: str, content: str) -> Block:
    return {"type": "base64", "media_type": media_type, "data": content}


def _data_url(url: str, where: str) -> tuple[str, str]:
    """Return a data URL's media type (lower case, without parameters) and its content in base64."""
    head, comma, content = url[5:].partition(",")
    said, *parameters = [word.strip().lower() for word in head.split(";")]
    if comma and "base64" in (said, *parameters):
        return "" if said == "base64" else said, _base64(content, where)
    if not content.strip() or said.startswith(("image/", "audio/", "video/")):
        raise _no_url(where)
    return said or "text/plain", base64.b64encode(unquote_to_bytes(content)).decode()


def _base64(content: str, where: str) -> str:
    """Return base64 as Anthropic takes it: the usual alphabet, padded, without white space."""
    raw = content.encode("ascii", "replace")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    strange = raw.translate(None, _ALPHABET)
    if strange.strip(b"=") or len(raw) % 4:
        raw = raw.translate(_FROM_URL_SAFE, _BLANKS).rstrip(b"=")
        strange = raw.translate(None, _ALPHABET)
        raw += b"=" * (-len(raw) % 4)
    if strange.strip(b"=") or not raw or raw.endswith(b"==="):
        raise _no_url(where)
    return raw.decode()


def _no_url(where: str) -> InvalidRequest:
    return InvalidRequest(
        f"`{where}` must be an http(s) URL or `data:<media type>;base64,<content>`", param=where
    )


def _by_first_bytes(content: str) -> str:
    try:
        first = base64.b64decode(content[:_SNIFFED])
    except (binascii.Error, ValueError):
        return ""
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for begin, kind in _FIRST_BYTES if first.startswith(begin)), "")


def _text(content: str) -> str | None:
    try:
        text = base64.b64decode(content).decode()
    except (binascii.Error, ValueError):
        return None
    return text if text.strip() and "\0" not in text else None

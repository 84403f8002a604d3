"""Multipart requests (audio, image edits): their small fields are read, their files stay where they are, on the spool.

Parsing is python-multipart's; this module only remembers the fields and where the value of `model` lies, so that a
mapped model can be exchanged without touching the rest.
"""

import re
from typing import Final

import msgspec
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from oneapi.errors import InvalidRequest
from oneapi.upstream.bodies import Body, Edit, SpooledBody
from oneapi.wire.dialect import Envelope
from oneapi.wire.field_names import ambiguous, folded, meant
from oneapi.wire.openai_envelopes import IMAGE_COUNTS

MAX_FIELD_BYTES = 64 * 1024
MAX_PARTS = 256
FILES: Final = frozenset({"file", "image", "mask"})
_QUOTED: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NAMES: Final = re.compile(rb";\s*name[\s0-9*]*=")
_AS_IT_IS: Final = frozenset({b"", b"7bit", b"8bit", b"binary"})
_BOUNDARIES: Final = re.compile(rb";\s*boundary[\s0-9*]*=")
_UNQUOTED: Final = str.maketrans("", "", "\\'\"")
_TRUE: Final = frozenset({"true", "1", "t", "yes", "y", "on"})  # to Go's ParseBool, or to pydantic


class Form(msgspec.Struct, frozen=True):
    """The fields of a form that are not files, and the place of `model` in the body."""

    fields: dict[str, str]
    files: tuple[str, ...]
    model_at: tuple[int, int] | None


class MultipartEnvelope(Envelope, frozen=True, kw_only=True):
    """The outside of a form."""

    form: Form
    size: str | None = None
    quality: str | None = None
    svg: dict[str, str] | None = None


class _Reader:
    """Collects what the parser calls back; offsets are those of the whole body."""

    def __init__(self) -> None:
        self.base = 0
        self.fields: dict[str, bytearray] = {}
        self.files: list[str] = []
        self.model_at: tuple[int, int] | None = None
        self.parts = 0
        self.ended = False
        self._header = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._name: str | None = None
        self._is_file = False
        self._is_coded = False

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._refuse_coded,
            "on_part_data": self._part,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise InvalidRequest(f"the form has more than {MAX_PARTS} parts")
        self._name = None
        self._is_file = False
        self._is_coded = False
        self._disposition = b""

    def _header_name(self, piece: bytes, start: int, end: int) -> None:
        self._header += piece[start:end]

    def _header_value(self, piece: bytes, start: int, end: int) -> None:
        self._value += piece[start:end]

    def _header_end(self) -> None:
        header = bytes(self._header).lower()
        if header == b"content-disposition":
            self._disposition += bytes(self._value)
            self._named(self._disposition)
        elif header == b"content-transfer-encoding":
            self._is_coded = bytes(self._value).strip().lower() not in _AS_IT_IS
        self._header.clear()
        self._value.clear()

    def _refuse_coded(self) -> None:
        """Refuse a field that some read otherwise: Go undoes `quoted-printable`, most do not (RFC 7578 section 4.7)."""
        if self._is_coded and not self._is_file and self._name is not None:
            raise ambiguous(self._name, "is encoded for mail, which providers read differently")

    def _named(self, disposition: bytes) -> None:
        """Take a part's name; raise `InvalidRequest` if another reader may see another one, or the same one again."""
        unquoted = _QUOTED.sub(b"", disposition).lower()
        names = _NAMES.findall(unquoted)
        if len(names) > 1 or b"*" in b"".join(names):
            raise InvalidRequest("a part of the form must have one plain name")
        _, options = parse_options_header(disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        self._name = name
        self._is_file = b"filename" in unquoted
        known = meant(name.translate(_UNQUOTED).strip().removesuffix("[]"))
        if known is not None and name != known and not (self._is_file and name == f"{known}[]"):
            raise ambiguous(name, f"is `{known}` to some providers: write `{known}`")
        if self._is_file:
            if known is not None and known not in FILES:
                raise ambiguous(name, "must be a plain field, not a file")
            self.files.append(name)
            return
        if known is not None and name in self.fields:
            raise ambiguous(name, "stands twice, and providers differ in which one they take")
        self.fields[name] = bytearray()

    def _part(self, piece: bytes, start: int, end: int) -> None:
        if self._is_file or self._name is None:
            return
        value = self.fields[self._name]
        if len(value) + end - start > MAX_FIELD_BYTES:
            raise InvalidRequest(
                f"the form field `{self._name}` is longer than {MAX_FIELD_BYTES} bytes",
                param=self._name,
            )
        value += piece[start:end]
        if self._name == "model":
            first = self.base + start if self.model_at is None else self.model_at[0]
            self.model_at = (first, self.base + end)

    def _end(self) -> None:
        self.ended = True


def _boundary(content_type: str) -> bytes:
    """Return what stands between the parts; raise `InvalidRequest` if another reader may see another one."""
    said = _BOUNDARIES.findall(_QUOTED.sub(b"", content_type.encode("latin-1")).lower())
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if len(said) > 1 or b"*" in b"".join(said) or "\\" in content_type or b'"' in boundary:
        raise InvalidRequest("a form must have one plain boundary", param="Content-Type")
    if not boundary:
        raise InvalidRequest("multipart body without a boundary", param="Content-Type")
    return boundary


def read_form(body: SpooledBody, content_type: str) -> Form:
    """Read a multipart body; raise `InvalidRequest` if it is not one."""
    boundary = _boundary(content_type)
    reader = _Reader()
    try:
        parser = MultipartParser(boundary, reader.callbacks())  # pyright: ignore[reportArgumentType]
        for segment in body.segments():
            parser.write(segment)
            reader.base += len(segment)
        parser.finalize()
    except FormParserError as error:
        raise InvalidRequest(f"the multipart body cannot be read: {error}") from error
    if not reader.ended:
        raise InvalidRequest("the multipart body is cut off before its last boundary")
    fields = {name: bytes(v).decode("utf-8", "replace") for name, v in reader.fields.items()}
    return Form(fields, tuple(reader.files), reader.model_at)


def envelope_of(form: Form, default_model: str, file_field: str) -> MultipartEnvelope:
    """Return the outside of a form; raise `InvalidRequest` naming the field that is wrong."""
    if not any(name.removesuffix("[]") == file_field for name in form.files):
        raise InvalidRequest(f"`{file_field}` is required and must be a file", param=file_field)
    fields = form.fields
    return MultipartEnvelope(
        form=form,
        model=fields.get("model", "").strip() or default_model,
        stream_flag=fields.get("stream", "").strip().lower() in _TRUE,
        n=max(
            [count for name in ("n", *IMAGE_COUNTS) if (count := _number(fields, name))],
            default=None,
        ),
        size=fields.get("size"),
        quality=fields.get("quality"),
        svg=_svg(fields),
    )


def _svg(fields: dict[str, str]) -> dict[str, str] | None:
    """Return the model that draws an SVG, where a form names one, in a field of its own or in JSON."""
    said = {name: value for name, value in fields.items() if folded(name).startswith("svg")}
    models = [value for name, value in said.items() if "model" in folded(name + value)]
    return {"model": models[0]} if models else None


def _number(fields: dict[str, str], name: str) -> int | None:
    text = fields.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 128:
        raise InvalidRequest(
            f"`{name}` must be a whole number from 1 to 128, not {text!r}", param=name
        )
    return int(text)


def with_model(body: SpooledBody, form: Form, model: str) -> Body:
    """Return the body with another model name in it."""
    if form.model_at is None:
        return body
    return body.replaced(Edit(*form.model_at, model.encode()))

"""Images and files of a chat on their way to Claude, in every way that clients write them."""

import base64
from typing import Any

import pytest
from hypothesis import given, strategies as st

from oneapi.errors import InvalidRequest
from oneapi.wire.anthropic_media import file_block, image_block
from tests.providers.anthropic_rules import violations
from tests.providers.exchanges import sent_to_claude

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\xfb\xff\xbe"
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


def _b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _image(url: Any, **more: Any) -> dict[str, Any]:
    part = {"type": "image_url", "image_url": {"url": url, **more}}
    sent = sent_to_claude(messages=[{"role": "user", "content": [part]}])
    assert violations(sent) == []
    return sent["messages"][0]["content"][0]


def _file(**file: Any) -> dict[str, Any]:
    part = {"type": "file", "file": file}
    sent = sent_to_claude(messages=[{"role": "user", "content": [part]}])
    assert violations(sent) == []
    return sent["messages"][0]["content"][0]


def _block(kind: str, media_type: str, content: bytes) -> dict[str, Any]:
    source = {"type": "base64", "media_type": media_type, "data": _b64(content)}
    return {"type": kind, "source": source}


@pytest.mark.fault("W26")
@pytest.mark.parametrize(
    "said",
    [
        *("image/jpg", "image/jpeg", "IMAGE/JPEG", "image/pjpeg", "image/png", "", "image/*"),
        *("application/octet-stream", "image/jpeg;charset=utf-8", " image/jpg ; name=a.jpg "),
        *("application/pdf", "text/plain"),
    ],
)
def test_the_type_is_what_the_first_bytes_say(said: str) -> None:
    assert _image(f"data:{said};base64,{_b64(JPEG)}") == _block("image", "image/jpeg", JPEG)


@pytest.mark.fault("W26")
@pytest.mark.parametrize(
    ("content", "kind", "media_type"),
    [
        (PNG, "image", "image/png"),
        (GIF, "image", "image/gif"),
        (WEBP, "image", "image/webp"),
        (PDF, "document", "application/pdf"),
    ],
)
def test_all_types_are_known_by_their_first_bytes(
    content: bytes, kind: str, media_type: str
) -> None:
    block = _block(kind, media_type, content)
    assert _image(f"data:;base64,{_b64(content)}") == block
    assert _image(_b64(content)) == block
    assert _file(file_data=f"data:x/y;base64,{_b64(content)}") == block
    assert _file(file_data=_b64(content)) == block


@pytest.mark.fault("W26")
def test_where_the_first_bytes_say_nothing_the_client_is_believed() -> None:
    assert _image("data:image/jpg;base64,aGk=")["source"]["media_type"] == "image/jpeg"
    assert _image("data:image/x-png;base64,aGk=")["source"]["media_type"] == "image/png"
    assert _image("data:application/pdf;base64,aGk=")["type"] == "document"


@pytest.mark.fault("W26")
@pytest.mark.parametrize(
    "url",
    [
        "DATA:image/jpeg;BASE64,{plain}",
        "data:image/jpeg;base64,{url_safe}",
        "data:image/jpeg;base64,{unpadded}",
        "data:image/jpeg;base64,{lines}",
        "data:image/jpeg;base64,{percent}",
        "data:image/jpeg;foo=bar;base64,{plain}",
        "data:image/jpeg; base64 , {plain}",
        "  data:image/jpeg;base64,{plain}\n",
        "data:base64,{plain}",
        "{lines}",
    ],
)
def test_data_urls_in_every_spelling(url: str) -> None:
    plain = _b64(JPEG)
    spellings = {
        "plain": plain,
        "url_safe": base64.urlsafe_b64encode(JPEG).decode(),
        "unpadded": plain.rstrip("="),
        "lines": plain[:8] + "\r\n " + plain[8:],
        "percent": plain.replace("+", "%2B").replace("/", "%2F").replace("=", "%3d"),
    }
    assert _image(url.format(**spellings)) == _block("image", "image/jpeg", JPEG)


@pytest.mark.fault("W26")
@pytest.mark.parametrize(
    ("url", "kind", "address"),
    [
        ("https://h/a.png", "image", "https://h/a.png"),
        ("HTTPS://H/A.png?x=y", "image", "https://H/A.png?x=y"),
        (" http://h/a ", "image", "http://h/a"),
        ("https://h/a.PDF?sig=1#p", "document", "https://h/a.PDF?sig=1#p"),
        ("https://h/a.pdf.png", "image", "https://h/a.pdf.png"),
    ],
)
def test_links_are_said_as_links(url: str, kind: str, address: str) -> None:
    assert _image(url) == {"type": kind, "source": {"type": "url", "url": address}}
    assert _file(file_data=url)["type"] == "document"


@pytest.mark.fault("W26")
@pytest.mark.parametrize(
    "url",
    [
        *("ftp://h/x", "file:///x", "hi", "", " ", "data:", "data:image/png,raw", "data:,"),
        *(
            "data:image/png;base64,",
            "data:image/png;base64,&&&&",
            "data:image/svg+xml;base64,PHN2Zz4=",
        ),
        *("data:audio/wav;base64,aGk=", "data:application/zip;base64,UEsDBBQA/w=="),
    ],
)
def test_what_is_no_image_is_named(url: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        _image(url)
    assert caught.value.param == "messages[0].content[0].image_url.url"


@pytest.mark.parametrize(
    "data",
    [
        "data:text/markdown;base64,IyBIaQ==",
        "data:application/json;base64,IyBIaQ==",
        "data:text/plain,%23%20Hi",
        "data:,%23 Hi",
        "IyBIaQ==",
    ],
)
def test_texts_are_documents_of_text(data: str) -> None:
    source = {"type": "text", "media_type": "text/plain", "data": "# Hi"}
    assert _file(file_data=data, filename="a.md") == {
        "type": "document",
        "source": source,
        "title": "a.md",
    }


def test_a_name_belongs_to_documents_only() -> None:
    assert "title" not in _file(file_data=_b64(PNG), filename="a.png")
    assert _file(file_id="file_1", filename="a")["source"] == {"type": "file", "file_id": "file_1"}


def test_the_detail_of_an_image_stays_here() -> None:
    assert _image(f"data:image/png;base64,{_b64(PNG)}", detail="low") == _block(
        "image", "image/png", PNG
    )


@given(st.binary(max_size=40), st.sampled_from(["image/png", "text/plain", "", "x"]), st.booleans())
def test_whatever_the_content_is_it_arrives_or_is_refused(
    content: bytes, said: str, as_file: bool
) -> None:
    url = f"data:{said};base64,{base64.urlsafe_b64encode(content).decode()}"
    try:
        if as_file:
            block = file_block({"type": "file", "file": {"file_data": url}}, "p")
        else:
            block = image_block({"type": "image_url", "image_url": url}, "p")
    except InvalidRequest:
        return
    data = block["source"]["data"]
    assert (
        data.encode() if block["source"]["type"] == "text" else base64.b64decode(data)
    ) == content

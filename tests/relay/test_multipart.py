"""Forms: fields are found wherever they stand, files stay on the spool, a model is exchanged in place."""

import json

import pytest
from hypothesis import given, settings, strategies as st

from oneapi.errors import InvalidRequest
from oneapi.relay.intake import Intake, Limits
from oneapi.relay.multipart import envelope_of, read_form, with_model
from oneapi.relay.other_models import check_other_models
from oneapi.upstream.bodies import SpooledBody
from oneapi.wire.endpoints import Endpoint
from oneapi.wire.openai import OpenAIClient
from oneapi.wire.openai_envelopes import ImagesEnvelope

TYPE = "multipart/form-data; boundary=XX"


def part(name: str, value: bytes, filename: str | None = None) -> bytes:
    extra = f'; filename="{filename}"' if filename else ""
    return f'--XX\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode() + value


def form(*parts: bytes) -> SpooledBody:
    body = SpooledBody()
    body.append(b"\r\n".join(parts) + b"\r\n--XX--\r\n")
    return body


AUDIO = part("file", bytes(range(256)) * 10, "speech.mp3")


@pytest.mark.fault("A10")
@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "Multipart/Form-Data", "MULTIPART/FORM-DATA"]
)
def test_a_form_is_a_form_in_any_case(kind: str) -> None:
    """RFC 9110 section 8.3.1: media types know no case."""
    headers = {b"content-type": f"{kind}; boundary=XX".encode()}
    intake = Intake("POST", b"/v1/audio/transcriptions", headers, "request-1", Limits())
    assert intake.is_form
    body = form(AUDIO, part("model", b"whisper-1"))
    assert read_form(body, f"{kind}; boundary=XX").fields == {"model": "whisper-1"}
    intake.close()


def test_the_model_is_found_after_the_file() -> None:
    body = form(AUDIO, part("model", b"whisper-large"), part("language", b"de"))
    read = read_form(body, TYPE)
    assert read.fields == {"model": "whisper-large", "language": "de"}
    assert envelope_of(read, "whisper-1", "file").model == "whisper-large"


def test_a_form_without_a_model_has_the_default() -> None:
    assert envelope_of(read_form(form(AUDIO), TYPE), "whisper-1", "file").model == "whisper-1"


def test_a_mapped_model_changes_nothing_else() -> None:
    body = form(AUDIO, part("model", b"alias"), part("prompt", b"alias"))
    changed = b"".join(with_model(body, read_form(body, TYPE), "gpt-4o-transcribe").segments())
    original = b"".join(body.segments())
    assert changed == original.replace(b"\r\n\r\nalias", b"\r\n\r\ngpt-4o-transcribe", 1)


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (form(part("model", b"m")), TYPE, "`file` is required"),
        (form(AUDIO), "multipart/form-data", "without a boundary"),
        (form(AUDIO, part("n", b"many")), TYPE, "`n` must be a whole number"),
        (form(part("model", b"m" * 70_000), AUDIO), TYPE, "longer than"),
    ],
)
def test_a_wrong_form_is_told_what_is_wrong(
    body: SpooledBody, content_type: str, message: str
) -> None:
    with pytest.raises(InvalidRequest, match=message):
        envelope_of(read_form(body, content_type), "whisper-1", "file")


PLAIN = 'Content-Disposition: form-data; name="model"'


@pytest.mark.fault("A2")
@pytest.mark.parametrize(
    ("parts", "param"),
    [
        ((part("model", b"a"), part("model", b"b")), "model"),
        ((part("model", b"a"), part("Model", b"b")), "Model"),
        ((part("model", b"a"), part("model[]", b"b")), "model[]"),
        ((part("mo\\del", b"a"),), "mo\\del"),
        ((part("n", b"1"), part("n", b"9")), "n"),
        ((part("N", b"9"),), "N"),
        ((part("size", b"a"), part("size", b"b")), "size"),
        ((part("\u017ftream", b"true"),), "\u017ftream"),
        ((part("model", b"b", "model.txt"),), "model"),
        ((part("File", b"x"),), "File"),
    ],
)
def test_a_form_says_what_decides_once_and_plainly(parts: tuple[bytes, ...], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_form(form(AUDIO, *parts), TYPE)
    assert (caught.value.param, caught.value.code) == (param, "ambiguous_field")


@pytest.mark.fault("A2")
@pytest.mark.parametrize(
    "disposition",
    [
        PLAIN + '; name="x"',
        "Content-Disposition: form-data; name*=utf-8''model; name=x",
        "Content-Disposition: form-data; name*=utf-8''model",
        'Content-Disposition: form-data; name*0="mo"; name*1="del"',
        PLAIN + '\r\nContent-Disposition: form-data; name="x"',
    ],
)
def test_a_part_of_a_form_has_one_name(disposition: str) -> None:
    with pytest.raises(InvalidRequest, match="one plain name"):
        read_form(form(f"--XX\r\n{disposition}\r\n\r\nb".encode()), TYPE)


@pytest.mark.fault("A2")
@pytest.mark.parametrize("coding", ["quoted-printable", "BASE64", "x-uue"])
def test_a_field_that_some_decode_is_refused(coding: str) -> None:
    """Go's `mime/multipart` takes `quality: =68igh` for `high`."""
    line = f"Content-Transfer-Encoding: {coding}\r\n"
    for head in (f"{line}{PLAIN}\r\n", f"{PLAIN}\r\n{line}"):
        with pytest.raises(InvalidRequest) as caught:
            read_form(form(AUDIO, f"--XX\r\n{head}\r\nch=65ap".encode()), TYPE)
        assert (caught.value.param, caught.value.code) == ("model", "ambiguous_field")


@pytest.mark.fault("A2", "A10")
@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=XX; boundary=YY",
        "multipart/form-data; boundary=XX; Boundary=XX",
        "multipart/form-data; boundary=XX; boundary*=utf-8''YY",
        "multipart/form-data; boundary*0=X; boundary*1=X",
        'multipart/form-data; boundary="X\\X"',
        "multipart/form-data; boundary=" + "X" * 3000,
    ],
)
def test_a_form_has_one_boundary_to_everybody(kind: str) -> None:
    """Readers differ in which of two they take, and would find other fields; one of 3000 letters was a failure of ours."""
    with pytest.raises(InvalidRequest):
        read_form(form(AUDIO, part("model", b"cheap")), kind)


@pytest.mark.parametrize(
    "kind",
    [
        'Multipart/Form-Data; charset=utf-8; BOUNDARY="XX"',
        "multipart/form-data;boundary=XX",
        'multipart/form-data; x="; boundary=YY"; boundary=XX',
    ],
)
def test_a_boundary_may_be_said_in_the_usual_ways(kind: str) -> None:
    assert read_form(form(AUDIO, part("model", b"cheap")), kind).fields == {"model": "cheap"}


@pytest.mark.parametrize("coding", ["7bit", "8Bit", "binary", ""])
def test_what_says_that_it_is_not_encoded_is_taken(coding: str) -> None:
    head = f"{PLAIN}\r\nContent-Transfer-Encoding: {coding}"
    read = read_form(form(AUDIO, f"--XX\r\n{head}\r\n\r\nwhisper".encode()), TYPE)
    assert read.fields["model"] == "whisper"


def test_lists_and_files_may_stand_several_times() -> None:
    lists = [part("timestamp_granularities[]", name) for name in (b"word", b"segment")]
    images = [part("image[]", b"x", "a; name=b.png"), part("image[]", b"y", "c.png")]
    read = read_form(form(*images, *lists, part("image", b"z", "d.png")), TYPE)
    assert read.files == ("image[]", "image[]", "image")


def test_a_form_that_is_cut_off_is_refused() -> None:
    body = SpooledBody()
    body.append(AUDIO)
    with pytest.raises(InvalidRequest, match="cut off"):
        read_form(body, TYPE)


@settings(max_examples=200)
@given(st.binary(max_size=500))
def test_rubbish_is_refused_and_nothing_else(rubbish: bytes) -> None:
    body = SpooledBody()
    body.append(rubbish)
    with pytest.raises(InvalidRequest):
        envelope_of(read_form(body, TYPE), "whisper-1", "file")


@pytest.mark.fault("A1", "A2")
@pytest.mark.parametrize(
    ("name", "value"),
    [("svg[model]", b"dear"), ("SVG[Model]", b"dear"), ("svg", b'{"model":"dear"}')],
)
def test_no_other_model_redraws_a_picture(name: str, value: bytes) -> None:
    body = form(part("image", b"x", "a.png"), part("model", b"cheap"), part(name, value))
    with pytest.raises(InvalidRequest, match=r"svg"):
        check_other_models(envelope_of(read_form(body, TYPE), "cheap", "image"), body)


def test_how_a_picture_is_redrawn_is_the_clients_to_say() -> None:
    said = part("svg[reasoning][effort]", b"low")
    body = form(part("image", b"x", "a.png"), part("model", b"cheap"), said)
    check_other_models(envelope_of(read_form(body, TYPE), "cheap", "image"), body)


@pytest.mark.fault("A1", "A2")
@pytest.mark.parametrize("endpoint", [Endpoint.IMAGES, Endpoint.IMAGE_EDITS])
def test_pictures_asked_for_in_json_say_all_that_they_cost(endpoint: Endpoint) -> None:
    said = {"model": "cheap", "prompt": "x", "size": "2048x2048", "quality": "high"}
    body = json.dumps({**said, "num_images": 4, "svg": {"model": "dear"}}).encode()
    envelope = OpenAIClient().envelope(body, endpoint)
    assert isinstance(envelope, ImagesEnvelope)
    assert (envelope.size, envelope.quality, envelope.answers) == ("2048x2048", "high", 4)
    with pytest.raises(InvalidRequest, match=r"`svg\.model`"):
        check_other_models(envelope, body)

"""The table of models: what is known of each, by whom, and when that was read."""

import subprocess
import sys

import pytest

from oneapi.providers.catalogue import models_of, owner
from oneapi.providers.models import limits, model, models, source

KINDS = {
    *("chat", "completion", "embedding", "image_generation", "video_generation", "moderation"),
    *("audio_speech", "audio_transcription", "realtime", "rerank", "ocr"),
}


def test_limits_are_known_of_dated_names_too() -> None:
    assert limits("gpt-4o").output == 16_384
    assert limits("claude-haiku-4-5-20251001").output == 64_000
    assert limits("gpt-4o").context == 128_000
    assert limits("nobody-knows-me").output is None


def test_a_model_of_today_is_described_in_full() -> None:
    known = model("gpt-5.5")
    assert known is not None

    assert (known.kind, known.context, known.output) == ("chat", 1_050_000, 128_000)
    assert known.vendors[0] == "openai"
    assert "azure" in known.vendors
    assert {"text", "image"} <= set(known.takes)
    assert known.gives == ["text"]
    assert known.tools
    assert known.reasoning
    assert known.cache


def test_a_model_that_goes_says_when_and_what_comes_after_it() -> None:
    known = model("gpt-4o-transcribe")
    assert known is not None

    assert (known.retires, known.successor) == ("2027-02-26", "gpt-live-transcribe")


@pytest.mark.parametrize(
    ("name", "vendor"),
    [
        ("claude-opus-5-5", "anthropic"),
        ("gemini-3.8-flash", "gemini"),
        ("deepseek-v4-pro", "deepseek"),
        ("qwen3.8-max", "ali"),
        ("kimi-k3", "moonshot"),
        ("doubao-seed-2-1-pro-260915", "doubao"),
        ("grok-4.7", "xai"),
        ("LongCat-2.0", "longcat"),
    ],
)
def test_the_first_vendor_is_the_one_whose_price_the_name_means(name: str, vendor: str) -> None:
    known = model(name)
    assert known is not None

    assert known.vendors[0] == vendor


def test_every_line_is_sound() -> None:
    wrong = [
        name
        for name, known in models()
        if not known.vendors
        or (known.kind and known.kind not in KINDS)
        or (known.output or 1) <= 0
        or (known.context or 1) <= 0
        or not source(known).source.startswith("https://")
    ]

    assert wrong == []


def test_forms_offer_the_models_of_today_behind_one_apis() -> None:
    listed = models_of(1)

    assert listed.index("gpt-3.5-turbo") < listed.index("gpt-5.5")
    assert "claude-opus-5-5" in models_of(14)
    assert "step-3.7-flash" in models_of(32)
    assert len(set(listed)) == len(listed)


def test_forms_offer_no_dated_version_twice_nothing_ended_and_nothing_that_is_not_served() -> None:
    listed = models_of(1)
    ended = model("gpt-image-1")
    assert ended is not None

    assert "gpt-5.5-2026-04-23" not in listed
    assert ended.retires
    assert "gpt-image-1" not in listed
    assert "gpt-realtime-2.1" not in listed


def test_the_owner_of_a_newer_model_is_its_vendor() -> None:
    owned = {name: owner(name) for name in ("gpt-5.5", "gemini-3.8-flash", "LongCat-2.0", "nobody")}

    assert owned == {
        "gpt-5.5": "openai",
        "gemini-3.8-flash": "google gemini",
        "LongCat-2.0": "longcat",
        "nobody": None,
    }


def test_nothing_is_read_before_somebody_asks() -> None:
    asked = (
        "from oneapi.ledger import catalogue; from oneapi.providers import models;"
        "import oneapi.app.prices, oneapi.control.app, oneapi.relay.pipeline;"
        "print([key for lines in (catalogue._lines, models._lines) for key in vars(lines)])"
    )
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert "text" not in ran.stdout

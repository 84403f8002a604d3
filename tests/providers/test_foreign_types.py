"""Channels of One API's relatives become channels of the vendor that they are at."""

import pytest

from oneapi.providers import registry
from oneapi.providers.foreign_types import COMPATIBLE, NEW_API, ONE_HUB, Counterpart
from oneapi.providers.targets import target_of

SERVED_LATER = {11, 15, 18, 21, 23, 33, 34, 42, 46}  # with dialects of their own


@pytest.mark.parametrize("theirs", [NEW_API, ONE_HUB])
def test_a_counterpart_is_a_vendor_of_ours(theirs: dict[int, Counterpart]) -> None:
    unknown = {ours.type for ours in theirs.values() if registry.provider(ours.type) is None}
    assert unknown - SERVED_LATER == set()


@pytest.mark.parametrize(
    ("theirs", "number", "slug"),
    [
        (NEW_API, 26, "zhipu"),
        (NEW_API, 27, "perplexity"),
        (NEW_API, 34, "cohere"),
        (NEW_API, 38, "jina"),
        (NEW_API, 39, "cloudflare"),
        (NEW_API, 47, "xinference"),
        (NEW_API, 53, "submodel"),
        (ONE_HUB, 25, "gemini"),
        (ONE_HUB, 39, "ollama"),
        (ONE_HUB, 47, "jina"),
        (ONE_HUB, 49, "github-models"),
    ],
)
def test_a_type_means_the_same_vendor(
    theirs: dict[int, Counterpart], number: int, slug: str
) -> None:
    found = registry.provider(theirs[number].type)
    assert found is not None
    assert found.slug == slug


def test_a_vendor_without_a_row_is_reached_where_it_is() -> None:
    assert NEW_API[44] == Counterpart(COMPATIBLE, "https://api.moka.ai/v1")


@pytest.mark.parametrize(
    "base_url", ["", "https://api.cloudflare.com", "https://api.cloudflare.com/"]
)
@pytest.mark.parametrize(
    "said", [{"other": "0a1b"}, {"config": '{"user_id": "0a1b"}', "other": ""}]
)
def test_an_account_is_where_the_relative_keeps_it(base_url: str, said: dict[str, str]) -> None:
    row = {"id": 1, "type": 37, "key": "k", "base_url": base_url, "config": "", "other": ""}
    target = target_of(row | said)
    assert target is not None
    assert target.base_url == "https://api.cloudflare.com/client/v4/accounts/0a1b/ai"

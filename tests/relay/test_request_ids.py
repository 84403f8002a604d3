"""Request ids have One API's form."""

from oneapi.relay.request_ids import RequestIds


def test_an_id_is_a_date_nanoseconds_and_random_digits() -> None:
    ids = RequestIds(lambda: 1_700_000_000_000_000_042, lambda bits: 2**bits - 1)
    assert ids() == "20231114221320" + "000000042" + "67108863"


def test_the_date_follows_the_clock() -> None:
    times = iter([1_700_000_000_999_999_999, 1_700_000_001_000_000_000])
    ids = RequestIds(lambda: next(times), lambda _: 7)
    assert [ids()[:14], ids()[:14]] == ["20231114221320", "20231114221321"]

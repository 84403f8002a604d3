"""One API's limits per address hold for a node, however many workers it has."""

import json
from pathlib import Path

from tests.gateway import Gateway


def test_two_workers_let_no_more_guesses_pass_than_one(tmp_path: Path) -> None:
    guess = json.dumps({"email": "a@b.example", "token": "a guess"}).encode()
    headers = {"Content-Type": "application/json"}
    with Gateway(tmp_path, workers=2) as gateway:
        asked = (gateway.request("POST", "/api/user/reset", guess, headers) for _ in range(60))
        statuses = [answer.status for answer in asked]
    assert statuses.count(200) in (20, 21, 22)  # one more for every minute that this took
    assert set(statuses) == {200, 429}

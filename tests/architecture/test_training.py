"""What the compiler learns from still runs: every kind of request is answered as expected."""

import subprocess
import sys

from tests.architecture.project import ROOT

TRAINING = ROOT / "tools" / "training.py"


def test_every_request_of_the_training_is_answered_as_expected() -> None:
    done = subprocess.run(
        [sys.executable, str(TRAINING), "1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("answers, all as expected\n")

"""Run the tests marked `fuzz` with many examples and new seeds, round after round: `python tools/fuzz.py [ARGUMENTS]`.

`FUZZ_MINUTES` (10) bounds it; no round begins later. The first round that fails ends it; its seed is printed, and
`pytest --hypothesis-seed=SEED` runs it again.
"""

import os
import random
import subprocess
import sys
import time

COMMAND = ("-m", "pytest", "-q", "-x", "-m", "fuzz", "--hypothesis-profile=fuzz")


def main() -> int:
    """Return pytest's exit status of the last round."""
    minutes = float(os.environ.get("FUZZ_MINUTES", "10"))
    until = time.monotonic() + minutes * 60
    rounds = 0
    while rounds == 0 or time.monotonic() < until:
        rounds += 1
        seed = random.SystemRandom().getrandbits(32)
        print(f"fuzz: round {rounds}, seed {seed}", flush=True)
        status = subprocess.run(
            [sys.executable, *COMMAND, f"--hypothesis-seed={seed}", *sys.argv[1:]], check=False
        ).returncode
        if status != 0:
            return status
    print(f"fuzz: {rounds} rounds without a failure")
    return 0


if __name__ == "__main__":
    sys.exit(main())

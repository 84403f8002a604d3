"""Compile the hot modules: `python tools/compile.py OUT` makes `OUT/oneapi`, the package with C extensions in it.

mypyc compiles typed Python as it is; Python prefers an extension to the source beside it, and whoever takes the
sources instead gets the same behaviour, slower. Needs a C compiler, Python's headers, and requirements-compile.lock.
"""

import os
import shutil
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src" / "oneapi"
# Everything that a request of the fast lane runs through. No msgspec.Struct is defined in any of them: mypyc drops
# the keywords of a class.
HOT = (
    "ledger/batches.py",
    "ledger/charging.py",
    "ledger/encoding.py",
    "ledger/hold.py",
    "ledger/journal.py",
    "ledger/leases.py",
    "ledger/ledger.py",
    "ledger/log_rows.py",
    "ledger/payer.py",
    "ledger/recent.py",
    "providers/base.py",
    "providers/openai.py",
    "providers/openai_edits.py",
    "relay/admission.py",
    "relay/answering.py",
    "relay/attempts.py",
    "relay/balances.py",
    "relay/cycle.py",
    "relay/directory.py",
    "relay/disabling.py",
    "relay/drafting.py",
    "relay/exchange.py",
    "relay/express.py",
    "relay/front.py",
    "relay/health.py",
    "relay/intake.py",
    "relay/job.py",
    "relay/parts.py",
    "relay/pricing.py",
    "relay/relay.py",
    "relay/repeats.py",
    "relay/request_ids.py",
    "relay/routes.py",
    "relay/routing.py",
    "relay/services.py",
    "relay/snapshot.py",
    "relay/translation.py",
    "upstream/client.py",
    "upstream/connection.py",
    "upstream/fields.py",
    "upstream/heads.py",
    "upstream/limits.py",
    "upstream/pool.py",
    "upstream/response.py",
    "wire/hollow.py",
    "wire/openai.py",
    "wire/usage.py",
)


def compile_into(out: Path) -> None:
    """Make `out` anew; raise what mypyc or the C compiler has to say."""
    from mypyc.build import mypycify
    from setuptools import Distribution

    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(PACKAGE, out / "oneapi", ignore=shutil.ignore_patterns("__pycache__"))
    os.chdir(out)
    flags = ["--python-executable", sys.executable, "--follow-imports=silent", "--no-incremental"]
    modules = [f"oneapi/{name}" for name in HOT]
    extensions = mypycify([*flags, *modules], opt_level="2", debug_level="0", multi_file=True)
    distribution = Distribution({"name": "one-api", "ext_modules": extensions})
    command = distribution.get_command_obj("build_ext")
    command.ensure_finalized()
    command.inplace = True
    command.parallel = os.cpu_count()
    command.run()
    shutil.rmtree("build")


if __name__ == "__main__":
    compile_into(Path(sys.argv[1]).absolute())

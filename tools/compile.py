"""Compile the hot modules: `python tools/compile.py OUT` makes `OUT/oneapi`, the package with C extensions in it.

mypyc compiles typed Python as it is; Python prefers an extension to the source beside it, and whoever takes the
sources instead gets the same behaviour, slower. Where the C compiler is gcc it learns from `tools/training.py` what is
hot. Needs a C compiler, Python's headers, and requirements-compile.lock.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

PACKAGE = Path(__file__).parents[1] / "src" / "oneapi"
TRAINING = Path(__file__).with_name("training.py")
TRAINING_SECONDS = 120
# All of it is one library that nobody else's code looks into: calls and names need no tables. What mypyc writes indexes no
# array of its own by what somebody sends, so there is nothing for a stack protector to find.
CLOSED = ("-fvisibility=hidden", "-fno-semantic-interposition", "-fno-plt", "-fno-stack-protector")
RECORDING = ("-fprofile-generate", *CLOSED)
LEARNED = ("-fprofile-use", "-Wno-missing-profile", "-flto=auto", *CLOSED)
# Everything that a request of the fast lane runs through. No msgspec.Struct is defined in any of them: mypyc drops
# the keywords of a class.
HOT = (
    "ledger/batches.py",
    "ledger/charging.py",
    "ledger/counters.py",
    "ledger/encoding.py",
    "ledger/hold.py",
    "ledger/journal.py",
    "ledger/leases.py",
    "ledger/ledger.py",
    "ledger/log_rows.py",
    "ledger/payer.py",
    "ledger/recent.py",
    "providers/answers.py",
    "providers/base.py",
    "providers/openai.py",
    "providers/openai_calls.py",
    "providers/openai_choices.py",
    "providers/openai_edits.py",
    "providers/openai_lowering.py",
    "providers/openai_messages.py",
    "providers/openai_stream.py",
    "providers/provider.py",
    "relay/admission.py",
    "relay/answering.py",
    "relay/attempts.py",
    "relay/balances.py",
    "relay/billable.py",
    "relay/body_room.py",
    "relay/connections.py",
    "relay/cuts.py",
    "relay/cycle.py",
    "relay/directory.py",
    "relay/disabling.py",
    "relay/drafting.py",
    "relay/exchange.py",
    "relay/express.py",
    "relay/front.py",
    "relay/heads.py",
    "relay/health.py",
    "relay/intake.py",
    "relay/job.py",
    "relay/offers.py",
    "relay/parts.py",
    "relay/pricing.py",
    "relay/reader.py",
    "relay/relay.py",
    "relay/repeats.py",
    "relay/request_ids.py",
    "relay/routes.py",
    "relay/routing.py",
    "relay/services.py",
    "relay/snapshot.py",
    "relay/translation.py",
    "relay/unpacking.py",
    "relay/write_progress.py",
    "upstream/client.py",
    "upstream/connection.py",
    "upstream/fields.py",
    "upstream/heads.py",
    "upstream/limits.py",
    "upstream/pool.py",
    "upstream/response.py",
    "upstream/rounds.py",
    "wire/anthropic.py",
    "wire/anthropic_blocks.py",
    "wire/anthropic_request.py",
    "wire/anthropic_stream.py",
    "wire/anthropic_usage.py",
    "wire/canonical.py",
    "wire/field_names.py",
    "wire/finish.py",
    "wire/hollow.py",
    "wire/openai.py",
    "wire/outsides.py",
    "wire/shapes.py",
    "wire/textmeter.py",
    "wire/usage.py",
    "wire/vendor_ids.py",
)


def compile_into(out: Path) -> str:
    """Make `out` anew and return how that went; raise what mypyc or the C compiler has to say."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        shutil.copytree(PACKAGE, tree / "oneapi", ignore=shutil.ignore_patterns("__pycache__"))
        shared, *shims = _translated(tree)
        _build(shims, tree)
        objection = _trained(shared, tree)
        _build([shared], tree, () if objection else LEARNED)
        shutil.rmtree(out, ignore_errors=True)
        shutil.move(tree, out)
    return f"compiled without a training: {objection}" if objection else "compiled and trained"


def _translated(tree: Path) -> list[Extension]:
    """Have mypyc write its C beside `tree`: one extension with all the code, and an entrance to it for each module."""
    from mypyc.build import mypycify

    flags = ["--python-executable", sys.executable, "--follow-imports=silent", "--no-incremental"]
    modules = [f"oneapi/{name}" for name in HOT]
    with contextlib.chdir(tree):
        return mypycify(
            [*flags, *modules],
            opt_level="2",
            debug_level="0",
            multi_file=True,
            target_dir=str(tree.with_name("c")),
        )


def _trained(shared: Extension, tree: Path) -> str:
    """Leave a profile beside the objects; return why there is none, and nothing when there is one."""
    try:
        _build([shared], tree, RECORDING)
    except (CompileError, LinkError):
        return "the C compiler does not make profiles"
    environment = os.environ | {"PYTHONPATH": str(tree)}
    command = [sys.executable, str(TRAINING)]
    try:
        subprocess.run(command, env=environment, check=True, timeout=TRAINING_SECONDS)
    except subprocess.SubprocessError as error:
        return str(error)
    return "" if any(_objects(tree).rglob("*.gcda")) else "the C compiler is not gcc"


def _objects(tree: Path) -> Path:
    """Return the folder of all builds: gcc looks for a profile where the object is that made it."""
    return tree.with_name("objects")


def _build(extensions: list[Extension], tree: Path, flags: tuple[str, ...] = ()) -> None:
    """Compile everything anew, and put the extensions into `tree`."""
    for stale in _objects(tree).rglob("*.o"):
        stale.unlink()
    for extension in extensions:
        plain = [flag for flag in extension.extra_compile_args if flag not in RECORDING]
        extension.extra_compile_args = [*plain, *flags]
        extension.extra_link_args = [*flags]
    command = _SideBySide(Distribution({"name": "one-api", "ext_modules": extensions}))
    command.build_lib = str(tree)
    command.build_temp = str(_objects(tree))
    command.parallel = os.cpu_count()
    command.force = True
    command.ensure_finalized()
    command.run()


class _SideBySide(build_ext):
    """Compiles the files of one extension side by side; setuptools does so with extensions only."""

    def build_extensions(self) -> None:
        """Run as many compilers as there are processors."""
        one_by_one = self.compiler.compile

        def compile_all(sources: list[str], **options: Any) -> list[str]:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                made = pool.map(lambda source: one_by_one([source], **options), sources)
                return [name for names in made for name in names]

        self.compiler.compile = compile_all
        super().build_extensions()


if __name__ == "__main__":
    print(compile_into(Path(sys.argv[1]).absolute()))

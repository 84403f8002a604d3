"""Hatchling's hook: with ONE_API_COMPILE=1 the wheel carries the hot modules as C extensions, for this platform alone."""

import os
import runpy
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WheelHook(BuildHookInterface[Any]):
    """Puts the extensions beside the sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say what goes into the wheel besides."""
        if version == "editable" or os.environ.get("ONE_API_COMPILE") != "1":
            return
        out = Path(tempfile.mkdtemp()) / "compiled"
        here = Path.cwd()
        runpy.run_path(str(Path(self.root, "tools", "compile.py")))["compile_into"](out)
        os.chdir(here)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        for extension in out.rglob("*.so"):
            build_data["force_include"][str(extension)] = str(extension.relative_to(out))

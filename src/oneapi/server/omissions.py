"""What a worker leaves out of the packages that it uses. Call `omit` before any of them is imported."""

import sys
from types import ModuleType


def omit() -> None:
    """Keep from being imported what nobody here uses, and what costs every worker 3 MB and 20 ms of its start."""
    # FastAPI looks whether a model is one of pydantic's old kind, and does without what it cannot import: 1.5 MB.
    sys.modules["pydantic.v1"] = None  # type: ignore[assignment]
    # uvicorn's `__init__` takes three names from its command line, which needs click and multiprocessing: 1.5 MB.
    # What serves stands in `uvicorn.server`.
    command_line = ModuleType("uvicorn.main")
    command_line.__dict__.update(Server=None, main=None, run=None)
    sys.modules["uvicorn.main"] = command_line

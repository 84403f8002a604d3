"""What a model's name says beside the model."""

import re
from typing import Final

_DATED: Final = re.compile(r"[-@](?:20\d\d-\d\d-\d\d|20\d{6}|latest)$")


def undated(name: str) -> str:
    """Return the name without the date of a version (`-2024-08-06`, `@20240806`, `-latest`) at its end."""
    return _DATED.sub("", name)

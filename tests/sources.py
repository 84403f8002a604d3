"""For tests that put something of their own in place of a part: compiled classes take no stand-in."""

import pytest

from oneapi.relay import cycle

IS_COMPILED = not str(cycle.__file__).endswith(".py")
needs_sources = pytest.mark.skipif(IS_COMPILED, reason="compiled classes take no stand-in")

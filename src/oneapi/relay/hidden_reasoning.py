"""Reasoning that a vendor counts and does not show: how much of it a client owes that leaves before the usage comes.

What was delivered can be seen. What was thought before the first text cannot, but it took its time: answers that came to
their end tell how many tokens a second that was at this target, for this model. Decision 16.
"""

from typing import Final

from oneapi.providers.base import Observed
from oneapi.wire.usage import Usage

ASSUMED_RATE: Final = 50.0  # tokens a second, of models that are known to think unseen and have not been heard out yet
_LEAST_SECONDS: Final = 0.1
_NEWEST: Final = 0.25  # how much one answer counts against those before


def learn(observed: Observed, model: str, usage: Usage, delivered: int, seconds: float) -> None:
    """Remember what a whole answer counted beyond what it showed; `seconds` went by before its first text."""
    known = observed.hidden_reasoning.get(model)
    if usage.reasoning_tokens <= 0 and known is None:
        return
    hidden = max(min(usage.reasoning_tokens, usage.output_tokens - delivered), 0)
    rate = hidden / max(seconds, _LEAST_SECONDS)
    if known is not None:
        rate = known + (rate - known) * _NEWEST
    observed.hidden_reasoning[model] = rate


def owed(observed: Observed, model: str, seconds: float, *, hides: bool) -> int:
    """Return about how many tokens were thought in the seconds before the first text; `hides`: the model is known for it."""
    rate = observed.hidden_reasoning.get(model, ASSUMED_RATE if hides else 0.0)
    return int(rate * max(seconds, _LEAST_SECONDS))

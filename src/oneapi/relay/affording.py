"""What a payer is told whose balance is too small for a request: how much it may cost, what is left, and what to do."""

from oneapi.errors import InsufficientQuota
from oneapi.relay.ceiling import largest_limit
from oneapi.relay.job import Job
from oneapi.store.money import money
from oneapi.wire.dialect import LIMITS


def refusal(error: InsufficientQuota, job: Job, affordable: int) -> InsufficientQuota:
    """Return the ledger's refusal in the site's money, with the largest limit that the payer can pay."""
    settings = job.snapshot.settings
    left = min(error.left, affordable) if affordable else error.left  # 0 when nobody can say
    told = InsufficientQuota(error.whose, error.needed, left, code=error.code)
    advice, told.param = _advice(job, left)
    told.message = (
        f"{error.whose} is not enough: the request may cost up to {money(settings, error.needed)}, "
        f"{money(settings, left)} is left; {advice}"
    )
    return told


def _advice(job: Job, left: int) -> tuple[str, str | None]:
    """Return what to do, and the field to do it with."""
    wanted, worst = job.wanted, job.worst
    limit = None if wanted is None else largest_limit(wanted, job.held_price(), worst.factor, left)
    if limit is None:
        return "top up, or ask for less", None
    name = next((name for name in LIMITS if getattr(job.envelope, name)), LIMITS[0])
    if limit == 0:
        return "the prompt alone may cost more: top up, or shorten it", None
    return f"top up, or send a `{name}` of at most {limit}", name

"""Quota as an installation shows it to people: in dollars where its operator wants that, with the quota itself beside it."""

from oneapi.store.settings import Settings


def money(settings: Settings, quota: int) -> str:
    """Return an amount with its unit."""
    if not settings.flag("DisplayInCurrencyEnabled"):
        return f"{quota} quota"
    dollars = f"{abs(quota) / settings.number('QuotaPerUnit'):.6f}".rstrip("0")
    whole, _, cents = dollars.partition(".")
    return f"{'-' if quota < 0 else ''}${whole}.{cents:0<2} ({quota} quota)"

"""GitHub's numbers instead of logins: notes which logins look like numbers, while none is one yet."""

from alembic import op

from oneapi.store.former_logins import note
from oneapi.store.migrations.conform import conform

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Note them; a log database has no people."""
    context = op.get_context()
    conform(context)
    if context.opts["scope"] == "main":
        note(op.get_bind())

"""Usage by the day, made from the hours that are there."""

from alembic import op

from oneapi.store.migrations.conform import conform
from oneapi.store.usage_days import days_of_use, mend

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and fill it; a log database has no statistics. Done again, it adds nothing twice."""
    context = op.get_context()
    conform(context)
    if context.opts["scope"] == "main":
        connection = op.get_bind()
        for day in list(days_of_use(connection)):
            mend(connection, day)

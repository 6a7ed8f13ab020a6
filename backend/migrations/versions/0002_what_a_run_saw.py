"""What a run saw"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("run", sa.Column("step", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("run", sa.Column("terms", sa.String(length=64), nullable=False, server_default=""))

"""The first tables"""

import secrets

import sqlalchemy as sa
from alembic import op

import backend.ledger

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("display_name", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("person_ref", sa.String(length=20), nullable=True),
        sa.Column("towns", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("money_unit", sa.String(length=5), nullable=False),
        sa.Column("created_at", backend.ledger.Moment(timezone=True), nullable=False),
        sa.Column("password_at", backend.ledger.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("who", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_action"), "audit_entry", ["action"], unique=False)
    op.create_index(op.f("ix_audit_entry_what"), "audit_entry", ["what"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("peaks", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("query", sa.String(length=60), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("at", backend.ledger.Moment(timezone=True), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("again", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index(op.f("ix_run_query_as_of"), "run", ["query", "as_of"], unique=False)
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("at", backend.ledger.Moment(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(op.f("ix_sign_in_attempt_address_at"), "sign_in_attempt", ["address", "at"], unique=False)
    op.create_index(op.f("ix_sign_in_attempt_name_at"), "sign_in_attempt", ["name", "at"], unique=False)
    op.create_table(
        "lead",
        sa.Column("key", sa.String(length=90), nullable=False),
        sa.Column("query", sa.String(length=60), nullable=False),
        sa.Column("pack", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=10), nullable=False),
        sa.Column("basis_hash", sa.String(length=64), nullable=False),
        sa.Column("decided_hash", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("outcome_reason", sa.Text(), nullable=True),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("proposer_id", sa.Integer(), nullable=True),
        sa.Column("first_seen", backend.ledger.Moment(timezone=True), nullable=False),
        sa.Column("last_seen", backend.ledger.Moment(timezone=True), nullable=False),
        sa.Column("changed_at", backend.ledger.Moment(timezone=True), nullable=False),
        sa.Column("query_version", sa.String(length=80), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("village", sa.String(length=12), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("town", sa.String(length=20), nullable=False),
        sa.Column("town_name", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["assignee_id"], ["account.id"], name=op.f("fk_lead_assignee_id")),
        sa.ForeignKeyConstraint(["proposer_id"], ["account.id"], name=op.f("fk_lead_proposer_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_lead")),
    )
    op.create_index(op.f("ix_lead_assignee_id_state"), "lead", ["assignee_id", "state"], unique=False)
    op.create_index(op.f("ix_lead_level_rank_amount"), "lead", ["level_rank", "amount"], unique=False)
    op.create_index(op.f("ix_lead_query"), "lead", ["query"], unique=False)
    op.create_index(op.f("ix_lead_state_level_rank"), "lead", ["state", "level_rank"], unique=False)
    op.create_index(op.f("ix_lead_town_state"), "lead", ["town", "state"], unique=False)
    op.create_index(op.f("ix_lead_village"), "lead", ["village"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("started_at", backend.ledger.Moment(timezone=True), nullable=False),
        sa.Column("used_at", backend.ledger.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", backend.ledger.Moment(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_account_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in")),
    )
    op.create_index(op.f("ix_sign_in_account_id"), "sign_in", ["account_id"], unique=False)
    op.create_table(
        "lead_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_key", sa.String(length=90), nullable=False),
        sa.Column("at", backend.ledger.Moment(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("who", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("from_state", sa.String(length=10), nullable=True),
        sa.Column("to_state", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("assignee", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_lead_event_account_id")),
        sa.ForeignKeyConstraint(["lead_key"], ["lead.key"], name=op.f("fk_lead_event_lead_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_event")),
    )
    op.create_index(op.f("ix_lead_event_lead_key"), "lead_event", ["lead_key"], unique=False)
    op.create_table(
        "lead_person",
        sa.Column("lead_key", sa.String(length=90), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("initials", sa.Text(), nullable=False),
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["lead_key"], ["lead.key"], name=op.f("fk_lead_person_lead_key")),
        sa.PrimaryKeyConstraint("lead_key", "position", name=op.f("pk_lead_person")),
    )
    op.create_index(op.f("ix_lead_person_initials"), "lead_person", ["initials"], unique=False)
    op.create_index(op.f("ix_lead_person_name"), "lead_person", ["name"], unique=False)
    op.create_index(op.f("ix_lead_person_ref"), "lead_person", ["ref"], unique=False)
    op.create_table(
        "lead_seen",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("lead_key", sa.String(length=90), nullable=False),
        sa.Column("at", backend.ledger.Moment(timezone=True), nullable=True),
        sa.Column("logged_at", backend.ledger.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_lead_seen_account_id")),
        sa.ForeignKeyConstraint(["lead_key"], ["lead.key"], name=op.f("fk_lead_seen_lead_key")),
        sa.PrimaryKeyConstraint("account_id", "lead_key", name=op.f("pk_lead_seen")),
    )
    op.create_table(
        "lead_thing",
        sa.Column("lead_key", sa.String(length=90), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("initials", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lead_key"], ["lead.key"], name=op.f("fk_lead_thing_lead_key")),
        sa.PrimaryKeyConstraint("lead_key", "position", name=op.f("pk_lead_thing")),
    )
    op.create_index(op.f("ix_lead_thing_initials"), "lead_thing", ["initials"], unique=False)
    op.create_index(op.f("ix_lead_thing_label_key"), "lead_thing", ["label", "key"], unique=False)
    op.create_index(op.f("ix_lead_thing_name"), "lead_thing", ["name"], unique=False)
    op.create_table(
        "lead_version",
        sa.Column("lead_key", sa.String(length=90), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", backend.ledger.Moment(timezone=True), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("query_version", sa.String(length=80), nullable=False),
        sa.Column("basis_hash", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.JSON(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("persons", sa.JSON(), nullable=False),
        sa.Column("things", sa.JSON(), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("network", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["lead_key"], ["lead.key"], name=op.f("fk_lead_version_lead_key")),
        sa.PrimaryKeyConstraint("lead_key", "number", name=op.f("pk_lead_version")),
    )
    head = sa.table(
        "audit_head", sa.column("id"), sa.column("origin"), sa.column("size"), sa.column("peaks", sa.JSON())
    )
    op.bulk_insert(head, [{"id": 1, "origin": secrets.token_hex(8), "size": 0, "peaks": []}])
    for table in KEPT:
        refuse(table, "DELETE")
    for table in FROZEN:
        refuse(table, "UPDATE")


FROZEN = ("audit_entry", "lead_event", "lead_version")
"""Written once."""

KEPT = (*FROZEN, "lead", "account", "audit_head", "run")
"""Never taken out."""


def refuse(table: str, change: str) -> None:
    """Makes the database itself refuse a kind of change on a table."""
    name = f"refuse_{change.lower()}_{table}"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'no {change} on {table}'; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    else:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {change} ON {table} BEGIN SELECT RAISE(ABORT, 'no {change} on {table}'); END"
        )

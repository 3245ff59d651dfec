"""The database itself refuses to change the trail: triggers against UPDATE, DELETE and TRUNCATE.

They are put back after every `migrate`: SQLite rebuilds a table, and forgets its triggers, when a column changes.
On PostgreSQL the application's role should besides not own the tables: `zhiben audit protect --role NAME`.
"""

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("audit_auditline", "audit_dailyseal")
REFUSAL = "留痕只能追加，不能修改或删除"


def guard_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    connection = connections[using]
    if set(TABLES) <= set(connection.introspection.table_names()):
        install(connection)


def install(connection: BaseDatabaseWrapper) -> None:
    remove(connection)
    with connection.cursor() as cursor:
        for statement in _STATEMENTS[connection.vendor]():
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """For the tests' own database only; what a rogue administrator would do, and what verification must survive."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for action in ("update", "delete", "truncate"):
                on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{action}{on_table}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of guards that should be there and are not."""
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'",
    }
    with connection.cursor() as cursor:
        cursor.execute(catalogue[connection.vendor])
        present = {row[0] for row in cursor.fetchall()}
    actions = ("update", "delete", "truncate") if connection.vendor == "postgresql" else ("update", "delete")
    return [name for table in TABLES for action in actions if (name := f"{table}_no_{action}") not in present]


def protect(connection: BaseDatabaseWrapper, role: str) -> list[str]:
    """Leave `role` only SELECT and INSERT on the trail (PostgreSQL). Returns the statements, to be shown."""
    if connection.vendor != "postgresql":
        raise ValueError("只有 PostgreSQL 可以按角色收回权限；SQLite 由触发器保护")
    statements = protections(connection, role)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE tablename = ANY(%s) AND tableowner = %s", [list(TABLES), role]
        )
        if cursor.fetchall():
            raise ValueError(
                f"角色 {role} 是留痕表的所有者，收回权限对它不起作用。"
                "请用另一个角色执行 migrate，再让应用改用普通角色连接"
            )
        for statement in statements:
            cursor.execute(statement)
    return statements


def protections(connection: BaseDatabaseWrapper, role: str) -> list[str]:
    """The statements of `protect`, which whoever owns the tables may run."""
    name = connection.ops.quote_name(role)
    return [
        f"REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON {', '.join(TABLES)} FROM {name}, PUBLIC",
        f"GRANT SELECT, INSERT ON {', '.join(TABLES)} TO {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
    ]


def _sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{action} BEFORE {action.upper()} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for table in TABLES
        for action in ("update", "delete")
    ]


def _postgresql() -> list[str]:
    refuse = (
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    return [refuse] + [
        f"CREATE TRIGGER {table}_no_{action} BEFORE {action.upper()} ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        for table in TABLES
        for action in ("update", "delete", "truncate")
    ]


_STATEMENTS = {"sqlite": _sqlite, "postgresql": _postgresql}

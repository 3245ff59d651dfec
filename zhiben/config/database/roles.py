"""Three roles in PostgreSQL, each with what it needs and no more:

- the owner runs `zhiben migrate` and nothing else (`ZHIBEN_MIGRATION_DATABASE_URL`);
- the application reads and writes records, appends to the trail, and changes no table (`DATABASE_URL`);
- the reader sees everything and writes nothing: backups, reports, whoever looks over our shoulder.

Tables of later migrations get the same rights by default privileges, without anybody thinking of it.
"""

from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from zhiben.core.audit import guard
from zhiben.core.refusal import Refused

ONLY_THE_OWNER_WRITES = ("django_migrations",)


@dataclass(frozen=True)
class Roles:
    """`owner` None: whoever is connected."""

    application: str = "zhiben_app"
    reader: str = "zhiben_reader"
    owner: str | None = None


def creating(connection: BaseDatabaseWrapper, roles: Roles) -> list[str]:
    """What only a superuser may do: make the roles, and give the owner what another role made. For `psql`."""
    owner, database = _owner(connection, roles), _database(connection)
    name = connection.ops.quote_name
    made = [
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{_text(role)}')"
        f" THEN CREATE ROLE {name(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE; END IF; END $$"
        for role in (owner, roles.application, roles.reader)
    ]
    give_all = (
        "DO $$ DECLARE one record; BEGIN FOR one IN SELECT c.oid::regclass AS called FROM pg_class c"  # noqa: S608 - printed, not run
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm')"
        f" LOOP EXECUTE format('ALTER TABLE %s OWNER TO %I', one.called, '{_text(owner)}'); END LOOP; END $$"
    )
    give_guard = (
        "DO $$ BEGIN IF to_regproc('audit_refuse') IS NOT NULL THEN"
        f" ALTER FUNCTION audit_refuse() OWNER TO {name(owner)}; END IF; END $$"
    )
    return [*made, f"ALTER DATABASE {name(database)} OWNER TO {name(owner)}", give_all, give_guard]


def granting(connection: BaseDatabaseWrapper, roles: Roles) -> list[str]:
    """Run by the owner. As often as one likes: it says what holds, not what changes."""
    name = connection.ops.quote_name
    application, reader = name(roles.application), name(roles.reader)
    database, owner = name(_database(connection)), name(_owner(connection, roles))
    present = set(connection.introspection.table_names())
    statements = [
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {application}, {reader}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"REVOKE CREATE ON SCHEMA public FROM {application}, {reader}",
        f"GRANT USAGE ON SCHEMA public TO {application}, {reader}",
    ]
    for everything, future in (("ON ALL {} IN SCHEMA public", ""), ("ON {}", "future")):
        prefix = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public " if future else ""
        tables, sequences = everything.format("TABLES"), everything.format("SEQUENCES")
        statements += [
            f"{prefix}REVOKE ALL {tables} FROM {application}, {reader}",
            f"{prefix}GRANT SELECT, INSERT, UPDATE, DELETE {tables} TO {application}",
            f"{prefix}GRANT SELECT {tables} TO {reader}",
            f"{prefix}GRANT USAGE, SELECT {sequences} TO {application}",
            f"{prefix}GRANT SELECT {sequences} TO {reader}",
        ]
    statements += [
        f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM {application}"
        for table in ONLY_THE_OWNER_WRITES
        if table in present
    ]
    if set(guard.TABLES) <= present:
        statements += guard.protections(connection, roles.application)
    return statements


def apply(connection: BaseDatabaseWrapper, roles: Roles) -> list[str]:
    """Grant over this connection, in one transaction's worth of statements. Raises Refused where it cannot be done."""
    refuse_other_databases(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [[roles.application, roles.reader]])
        missing = {roles.application, roles.reader} - {row[0] for row in cursor.fetchall()}
        if missing:
            raise Refused(
                f"数据库里还没有角色 {'、'.join(sorted(missing))}。请数据库管理员执行："
                "zhiben database roles --sql | sudo -u postgres psql 库名，再用 \\password 给每个角色设密码"
            )
        cursor.execute(
            "SELECT current_user, array_agg(DISTINCT tableowner::text) FROM pg_tables"
            " WHERE schemaname = 'public' AND NOT pg_has_role(current_user, tableowner, 'MEMBER')"
        )
        user, others = cursor.fetchone()
        if others:
            raise Refused(
                f"有的表属于 {'、'.join(others)}，当前角色 {user} 不能给它们授权。请把 ZHIBEN_MIGRATION_DATABASE_URL "
                "设为表的所有者，或请数据库管理员执行 zhiben database roles --sql 输出的语句"
            )
        statements = granting(connection, roles)
        for statement in statements:
            cursor.execute(statement)
    return statements


def too_much(connection: BaseDatabaseWrapper) -> list[str]:
    """What the role of this connection may do and should not, in sentences. Empty for a well-cut application role."""
    refuse_other_databases(connection)
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolcreaterole OR rolcreatedb, has_schema_privilege('public', 'CREATE'), current_user::text"
            " FROM pg_roles WHERE rolname = current_user"
        )
        is_super, creates_roles, creates_tables, user = cursor.fetchone()
        if is_super:
            return [f"应用用超级用户 {user} 连接数据库，任何保护都对它无效"]
        if creates_roles:
            found.append(f"应用的数据库角色 {user} 可以建角色或建库")
        if creates_tables:
            found.append(f"应用的数据库角色 {user} 可以建表、改表")
        cursor.execute(
            "SELECT count(*) FROM unnest(%s::text[]) AS trail WHERE to_regclass(trail) IS NOT NULL"
            " AND has_table_privilege(trail, 'UPDATE, DELETE, TRUNCATE')",
            [list(guard.TABLES)],
        )
        if cursor.fetchone()[0]:
            found.append(f"应用的数据库角色 {user} 有权修改或删除留痕")
    return found


def refuse_other_databases(connection: BaseDatabaseWrapper) -> None:
    if connection.vendor != "postgresql":
        raise Refused("只有 PostgreSQL 按角色分权限；SQLite 靠数据目录的文件权限保护")


def _owner(connection: BaseDatabaseWrapper, roles: Roles) -> str:
    return roles.owner or _asked(connection, "SELECT current_user::text")


def _database(connection: BaseDatabaseWrapper) -> str:
    return _asked(connection, "SELECT current_database()::text")


def _asked(connection: BaseDatabaseWrapper, query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return str(cursor.fetchone()[0])


def _text(word: str) -> str:
    return word.replace("'", "''")

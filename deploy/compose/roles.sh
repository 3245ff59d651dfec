#!/bin/sh
# Run once by PostgreSQL's image, on an empty volume: the roles of docs/operations.md, with the passwords of the secrets.
set -eu
for role in zhiben_owner zhiben_app zhiben_reader; do
  psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v role="$role" \
    -v password="$(cat "/run/secrets/password_$role")" <<'SQL'
CREATE ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
SQL
done
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c 'ALTER DATABASE zhiben OWNER TO zhiben_owner'

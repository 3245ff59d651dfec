#!/bin/sh
# Secrets come as files under /run/secrets, so that they stand in no image, no compose file and no `docker inspect`.
set -eu
for name in DATABASE_URL ZHIBEN_MIGRATION_DATABASE_URL ZHIBEN_SECRET_KEY ZHIBEN_METRICS_TOKEN; do
  file="/run/secrets/$(printf '%s' "$name" | tr '[:upper:]' '[:lower:]')"
  if [ -r "$file" ]; then
    export "$name=$(cat "$file")"
  fi
done
exec "$@"

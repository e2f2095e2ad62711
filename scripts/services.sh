#!/usr/bin/env bash
# Gets and starts what some tests need: PostgreSQL, Redis, Chromium, fonts. Safe to run twice.
set -euo pipefail

SUDO=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Run this as root, or install sudo."; exit 1; }
  SUDO="sudo"
fi
command -v apt-get >/dev/null || {
  echo "This knows Debian and Ubuntu only: install PostgreSQL, Redis and Chromium by hand."; exit 1; }

packages=(postgresql redis-server gettext fonts-noto-cjk fonts-noto-core python3-venv)
if apt-cache show chromium-driver >/dev/null 2>&1; then
  packages+=(chromium chromium-driver)
else
  packages+=(chromium-browser chromium-chromedriver)
fi

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
  echo "Installing ${missing[*]}"
  $SUDO apt-get update -qq || true
  $SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

as_postgres() {
  if [ "$(id -u)" -eq 0 ]; then su postgres -s /bin/sh -c "$1"; else sudo -u postgres sh -c "$1"; fi
}

if ! as_postgres "psql -qAt -h /var/run/postgresql -c 'SELECT 1'" >/dev/null 2>&1; then
  echo "Starting PostgreSQL"
  cluster=$(pg_lsclusters -h | awk 'NR == 1 {print $1 " " $2}')
  # shellcheck disable=SC2086
  $SUDO pg_ctlcluster $cluster start
fi
for _ in $(seq 50); do
  as_postgres "psql -qAt -c 'SELECT 1'" >/dev/null 2>&1 && break
  sleep 0.2
done
as_postgres "psql -qAt -c \"SELECT 1 FROM pg_roles WHERE rolname = 'gongkai'\"" | grep -q 1 ||
  as_postgres "psql -q -c \"CREATE ROLE gongkai LOGIN CREATEDB PASSWORD 'gongkai'\""
as_postgres "psql -qAt -c \"SELECT 1 FROM pg_database WHERE datname = 'gongkai'\"" | grep -q 1 ||
  as_postgres "createdb -O gongkai -E UTF8 -T template0 gongkai"

if ! redis-cli -h 127.0.0.1 ping >/dev/null 2>&1; then
  echo "Starting Redis"
  redis-server --daemonize yes --bind 127.0.0.1 --save "" --appendonly no >/dev/null
fi
for _ in $(seq 50); do
  redis-cli -h 127.0.0.1 ping >/dev/null 2>&1 && break
  sleep 0.2
done
redis-cli -h 127.0.0.1 ping >/dev/null

echo "PostgreSQL, Redis and Chromium are ready."

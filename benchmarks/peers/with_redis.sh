#!/bin/sh
# A server behind a fresh Redis, whose address it finds in GAMESERVER_STORE.
# Usage: with_redis.sh PORT PROXY_PORT DELAY FSYNC COMMAND…
# DELAY: of each way to Redis and back, in milliseconds; 0: no proxy. FSYNC: none (no file at all),
# or what `appendfsync` takes. Keeps its files in the current directory.
set -eu
port=$1 proxy=$2 delay=$3 fsync=$4
shift 4
here=$(dirname "$0")
mkdir redis
append=yes
[ "$fsync" != none ] || append=no fsync=no
redis-server --port "$port" --bind 127.0.0.1 --dir "$PWD/redis" --save "" \
    --appendonly "$append" --appendfsync "$fsync" >redis/log 2>&1 &
until [ "$(redis-cli -p "$port" ping 2>/dev/null)" = PONG ]; do sleep 0.02; done
if [ "$delay" != 0 ]; then
    python3 "$here/delaying_proxy.py" "$proxy" "$port" "$delay" &
    until [ "$(redis-cli -p "$proxy" ping 2>/dev/null)" = PONG ]; do sleep 0.02; done
    port=$proxy
fi
export GAMESERVER_STORE="redis://127.0.0.1:$port/0"
exec "$@"

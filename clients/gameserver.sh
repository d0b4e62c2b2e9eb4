#!/bin/sh
# A client of gameserver for shells with curl. Copy this file; it needs nothing else.
# Copyright (c) 2026 the gameserver authors. SPDX-License-Identifier: MIT
#
#     GAMESERVER_URL=https://scores.example.org sh gameserver.sh post 7 1500
#
#   user                      the player's number: kept from the first call on, with the secret
#   name NAME                 gives the player a name, 1 to 32 characters
#   post LEVEL SCORE [MORE]   posts a score; MORE are members of JSON: '"meta":{"car":"red"}'
#   flush                     sends the posts that wait
#   top LEVEL [LIMIT]         the first entries of a level's list
#   around LEVEL [AROUND]     the player's rank, and as many neighbours on each side
#   watch LEVEL...            the lists: each at once and after every change, a line each
#
# Each prints the server's JSON, or an error as {"error":code,"message":text,"status":of HTTP or 0}
# and exits with 1. `post` and `flush` print a line for each post that leaves the queue:
# {"level":7,"body":what was posted,"answer":the server's answer or error}; and if posts have to
# wait, a last line {"queued":how many,"reason":code}, and exit with 75 (EX_TEMPFAIL). Call `flush`
# as often as you like: nothing is sent before a wait that the server asked for, or that follows a
# failure, is over.
#
# In the folder GAMESERVER_HOME there are `user` (the number and the secret: keep it to yourself),
# `key`, `wait` and a file for each post in `queue`. Each is written as a whole, and several of
# these commands may run at the same time.
set -eu
umask 077

: "${GAMESERVER_URL:?the address of the server, such as https://scores.example.org}"
home=${GAMESERVER_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/gameserver}
url=${GAMESERVER_URL%/}
longest_wait=300 # seconds between two tries: a wrong secret is not tried too often, either

mkdir -p "$home/queue"
work=$(mktemp -d "$home/work.XXXXXX")
stream=
trap 'rm -rf "$work"; [ -z "$stream" ] || kill "$stream" 2>/dev/null || :' EXIT
trap 'exit 1' HUP INT TERM

# Requests. Secrets and keys go through pipes: other users can read a command's arguments.

# request METHOD PATH: sends its input. Sets `status` (0 without an answer), `text` and `wait` (the
# seconds of Retry-After, 0 without).
request() {
    : >"$work/head"
    : >"$work/text"
    [ "$1" = GET ] || set -- "$@" --data-binary @-
    path=$2
    method=$1
    shift 2
    if ! status=$(curl -sS -X "$method" "$@" --max-time 10 -D "$work/head" -o "$work/text" \
        -H 'Content-Type: text/plain' -H 'Expect:' -w '%{http_code}' "$url$path" \
        2>"$work/why"); then
        status=0
        cp "$work/why" "$work/text"
    fi
    text=$(tr -d '\000' <"$work/text")
    wait=$(retry_after)
}

retry_after() {
    seconds=$(tr -d '\r' <"$work/head" | sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,5\}\)$/\1/p')
    echo "${seconds:-0}"
}

# ask METHOD PATH: a request; in `answer` is the server's JSON, or an error: then it is false.
# What no gameserver can have said (`no_answer`) is a network's page.
ask() {
    request "$1" "$2"
    case $status-$text in
    2??-\{*\})
        answer=$text
        return 0
        ;;
    esac
    fail
}

# The `answer` of a request that has failed, and its `error`. False.
fail() {
    case $status in
    0) error=offline ;;
    2??) error=no_answer ;;
    *) error=http_$status ;;
    esac
    said=$(printf %s "$text" | sed -n 's/^{.*"error": *"\([^"]*\)".*/\1/p')
    if [ "$said" ]; then
        error=$said
        answer=$(printf %s "$text" | tr '\n' ' ')
    else
        message=$(printf %s "$text" | head -n 1 | tr -d '\001-\037' | sed 's/[\\"]/\\&/g')
        answer="{\"error\":\"$error\",\"message\":\"$message\",\"status\":$status}"
    fi
    case $status in
    408 | 425 | 429) is_final= ;; # these say nothing about the post itself
    4??) is_final=yes ;;
    *) is_final= ;;
    esac
    return 1
}

# ask_as_player PATH JSON: asks with a session key; if that has expired, once more with a new one.
ask_as_player() {
    for attempt in first second; do
        if ! get_user || { ! [ -s "$home/key" ] && ! log_in; }; then
            is_final= # it says nothing about what was to be asked
            return 1
        fi
        read -r key <"$home/key"
        printf '{"sessionkey":"%s",%s\n' "$key" "${2#\{}" >"$work/body"
        ask POST "$(echo "$1" | sed "s/{user}/$user/")" <"$work/body" && return 0
        [ "$status" = 401 ] || break
        rm -f "$home/key"
    done
    return 1
}

# Gets a session key; false, with an error as the answer, if there is none.
log_in() {
    printf %s "$secret" >"$work/body"
    request POST "/$user/login" <"$work/body"
    case $status-$text in
    200-*[!0-9A-Za-z]* | 200-) ;;
    200-*) echo "$text" | keep key && return 0 ;;
    esac
    fail
}

# The player's number in `user`, and in `secret` what proves it.
get_user() {
    if ! [ -s "$home/user" ]; then
        echo '{}' >"$work/body"
        ask POST /api/users <"$work/body" || return 1
        user=$(echo "$answer" | sed 's/.*"user": *\([0-9]*\).*/\1/')
        secret=$(echo "$answer" | sed 's/.*"secret": *"\([^"]*\)".*/\1/')
        error=not_kept is_final= # and the answer, with the secret, is not to be shown
        answer='{"error":"not_kept","message":"the user could not be written down","status":0}'
        echo "$user $secret" | keep user || return 1
    fi
    read -r user secret <"$home/user"
}

# keep NAME: puts its input into a file of the folder, as a whole.
keep() {
    cat >"$work/new"
    mv "$work/new" "$home/$1"
}

# The queue

random() {
    od -An -N"$1" -t"$2" /dev/urandom | tr -d ' \n'
}

# enqueue LEVEL SCORE MORE: the file's name is the next number, for the order, and the post's id.
enqueue() {
    last=$(find "$home/queue" -type f | sed 's/.*\///' | sort | tail -n 1)
    number=$(echo "${last:-0}" | sed 's/-.*//; s/^0*//')
    own=$(printf '%010d-%s' $((${number:-0} + 1)) "$(random 16 x1)")
    printf '%s\n{"id":"%s","score":%s%s}\n' "$1" "${own#*-}" "$2" "${3:+,$3}" | keep "queue/$own"
}

# Sends posts, in order, until one has to wait.
send_queue() {
    for file in "$home"/queue/*; do
        [ -f "$file" ] || continue # there is none, or another command has sent it
        not_before=0 failures=0 reason=
        ! [ -s "$home/wait" ] || read -r not_before failures reason <"$home/wait"
        [ "$(date +%s)" -ge "$not_before" ] || return 0
        { read -r level && read -r body; } <"$file" || body=
        if [ -z "$body" ]; then # the disk has lost its end
            rm -f "$file"
        elif ask_as_player "/api/levels/$level/scores" "$body" || [ "$is_final" ]; then
            rm -f "$file" "$home/wait"
            printf '{"level":%s,"body":%s,"answer":%s}\n' "$level" "$body" "$answer"
            case $file-$answer in *"/$own-"*'"error"'*) result=1 ;; esac
        else
            pause
            return 0
        fi
    done
}

pause() {
    failures=$((failures + 1))
    draw_wait
    echo "$(($(date +%s) + wait)) $failures $error" | keep wait
}

# Seconds until the next try, in `wait`; at random, so that not all players come back at once.
draw_wait() {
    if [ "$wait" = 0 ]; then
        wait=$((failures > 9 ? longest_wait : 1 << failures - 1))
        wait=$((wait > longest_wait ? longest_wait : wait))
        wait=$(((wait + wait * $(random 2 u2) / 65536 + 1) / 2))
    else
        wait=$((wait + wait * $(random 2 u2) / 65536 / 4 + 1))
    fi
}

# Says what waits, and ends.
finish() {
    queued=$(find "$home/queue" -type f | wc -l | tr -d ' ')
    [ "$queued" = 0 ] && exit "$result"
    reason=
    ! [ -s "$home/wait" ] || read -r not_before failures reason <"$home/wait"
    echo "{\"queued\":$queued,\"reason\":\"$reason\"}"
    [ -z "$own" ] || [ -f "$home/queue/$own" ] || exit "$result"
    exit 75
}

# watch LEVEL,LEVEL: a line for each `data` of the stream; for ever.
watch() {
    : >"$work/id"
    mkfifo "$work/stream"
    failures=0
    while :; do
        retry=
        : >"$work/head"
        curl -sSNf --connect-timeout 10 --keepalive-time 30 -D "$work/head" \
            -H "Last-Event-ID: $(cat "$work/id")" "$url/api/live?levels=$1" \
            >"$work/stream" 2>/dev/null &
        stream=$!
        while IFS= read -r line; do
            case $line in
            'id: '*) echo "${line#id: }" >"$work/id" ;;
            'retry: '*) retry=$(((${line#retry: } + 999) / 1000)) ;; # the server's milliseconds
            'data: '*) failures=0 && printf '%s\n' "${line#data: }" ;;
            esac
        done <"$work/stream"
        stream=
        wait=$(retry_after) failures=$((failures + 1))
        draw_wait
        sleep "${retry:-$wait}"
    done
}

# What a game calls

own= result=0
command=${1:-}
[ $# = 0 ] || shift
case $command-$# in
user-0)
    if get_user; then answer="{\"user\":$user}"; else result=1; fi
    printf '%s\n' "$answer"
    exit $result
    ;;
name-1)
    escaped=$(printf %s "$1" | tr -d '\001-\037' | sed 's/[\\"]/\\&/g')
    ask_as_player '/api/users/{user}?_method=PUT' "{\"name\":\"$escaped\"}" || result=1
    printf '%s\n' "$answer"
    exit $result
    ;;
post-2 | post-3)
    enqueue "$@"
    send_queue
    finish
    ;;
flush-0)
    send_queue
    finish
    ;;
top-1 | top-2)
    ask GET "/api/levels/$1?limit=${2:-15}" || result=1
    printf '%s\n' "$answer"
    exit $result
    ;;
around-1 | around-2)
    get_user && ask GET "/api/levels/$1/users/$user?around=${2:-5}" || result=1
    printf '%s\n' "$answer"
    exit $result
    ;;
watch-[1-9]*)
    watch "$(IFS=, && echo "$*")"
    ;;
*)
    sed -n 's/^# \{0,1\}//; 5,20p' "$0" >&2
    exit 64
    ;;
esac

#!/bin/sh
# What the tests tell the client for shells: `driver.sh URL FOLDER COMMAND...`.
set -eu
client=$(cd "$(dirname "$0")/../../../clients" && pwd)/gameserver.sh
GAMESERVER_URL=$1
GAMESERVER_HOME=$2
export GAMESERVER_URL GAMESERVER_HOME
shift 2

# member NAME JSON: the last number or text of this name.
member() {
    printf %s "$2" | sed -n "s/.*\"$1\": *\"\{0,1\}\(\([^\"\\\\,}]\|\\\\.\)*\).*/\1/p" |
        sed 's/\\\(.\)/\1/g'
}

# The lines of posts that have left the queue.
say_went() {
    while IFS= read -r line; do
        case $line in
        *'"answer":'*)
            answer=${line#*\"answer\":}
            level=$(member level "${line%%,\"body\"*}")
            score=$(member score "${line%%,\"answer\"*}")
            error=$(member error "$answer")
            echo "went $level $score ${error:-$(member best "$answer")}"
            ;;
        esac
    done
}

# say COMMAND JSON MEMBER...
say() {
    command=$1 answer=$2
    shift 2
    error=$(member error "$answer")
    case $answer in
    *'"error"'*) set -- error "$error" ;;
    *) for name in "$@"; do set -- "$@" "$(member "$name" "$answer")" && shift; done ;;
    esac
    echo "$command $*"
}

# said COMMAND LINES: what waits; `flush queued 0` if nothing does.
say_queue() {
    waiting=$(printf '%s\n' "$2" | grep '^{"queued"' || echo '{"queued":0}')
    echo "$1 queued $(member queued "$waiting") $(member reason "$waiting")"
}

run() {
    command=$1
    shift
    case $command in
    user) say user "$(sh "$client" user)" user ;;
    name) say name "$(sh "$client" name "$1")" name ;;
    top)
        board=$(sh "$client" top "$1" 3)
        entries=$(printf "%s\n" "${board#*\"entries\"}" | sed 's/},{/}\
{/g' | while IFS= read -r entry; do
            printf ' %s=%s' "$(member name "$entry")" "$(member score "${entry%%\}*}")"
        done)
        echo "top$entries"
        ;;
    around) say around "$(sh "$client" around "$1" 1 | sed 's/,"entries".*/}/')" rank ;;
    post)
        code=0
        lines=$(sh "$client" post "$1" "$2") || code=$?
        printf '%s\n' "$lines" | say_went
        own=$(printf '%s\n' "$lines" | grep '"answer"' | tail -n 1 || :)
        case $code in
        75) say_queue post "$lines" ;;
        *) say post "${own#*\"answer\":}" best rank ;;
        esac
        ;;
    two)
        sh "$client" post "$1" "$2" | say_went
        sh "$client" post "$1" "$3" | say_went
        ;;
    flush)
        lines=$(sh "$client" flush) || :
        printf '%s\n' "$lines" | say_went
        say_queue flush "$lines"
        ;;
    drain)
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            code=0
            lines=$(sh "$client" flush) || code=$?
            printf '%s\n' "$lines" | say_went
            [ $code = 0 ] && break
            sleep 0.5
        done
        say_queue flush "$lines"
        ;;
    watch)
        : >"$GAMESERVER_HOME/lists"  # so that it is there before the client has started
        sh "$client" watch "$1" >"$GAMESERVER_HOME/lists" &
        until grep -q "\"score\":$2" "$GAMESERVER_HOME/lists"; do sleep 0.02; done
        kill $!
        wait $! || :
        echo "watch $2"
        ;;
    esac
}

for line in "$@"; do
    saved=$IFS
    IFS=:
    set -f
    # shellcheck disable=SC2086
    set -- $line
    IFS=$saved
    set +f
    run "$@"
done

#!/bin/sh
# A PostgreSQL server for the tests: a throw-away cluster on a unix socket, no port.
#   start_postgres DIR   make the cluster in DIR, start it, export APPRENTICE_TEST_POSTGRES (its URL)
#   stop_postgres        stop it
# The server refuses to run as root: for root it runs as the user postgres, else nobody. Keeps everything
# under DIR, which only that user and root can enter. With APPRENTICE_TEST_POSTGRES set, that server is used.

postgres_dir=""

start_postgres() {
    [ -z "${APPRENTICE_TEST_POSTGRES:-}" ] || return 0
    _bin=$(find /usr/lib/postgresql/*/bin -name initdb 2>/dev/null | sort -V | tail -n 1) || :
    _bin=$(dirname "${_bin:-$(command -v initdb)}")
    mkdir -p "$1" && chmod 700 "$1" || return 1
    _dir=$(cd "$1" && pwd)
    if [ "$(id -u)" -eq 0 ]; then
        postgres_user=postgres
        id postgres >/dev/null 2>&1 || postgres_user=nobody
        chown "$postgres_user" "$_dir" || return 1
        _as_user test -x "$_dir" || chmod o+x "$(dirname "$_dir")"
    else
        postgres_user=""
    fi
    [ -s "$_dir/data/PG_VERSION" ] || _as_user "$_bin/initdb" --pgdata "$_dir/data" --username postgres \
        --auth trust --encoding UTF8 --locale C --no-instructions >"$_dir/initdb.log" 2>&1 || {
        cat "$_dir/initdb.log" >&2
        return 1
    }
    if ! _as_user "$_bin/pg_ctl" --pgdata "$_dir/data" --log "$_dir/server.log" --wait --timeout 60 --silent \
        --options "-c listen_addresses='' -c unix_socket_directories='$_dir'" start; then
        echo "PostgreSQL did not start; the end of $_dir/server.log:" >&2
        tail -n 20 "$_dir/server.log" >&2
        return 1
    fi
    postgres_dir=$_dir
    postgres_bin=$_bin
    APPRENTICE_TEST_POSTGRES="postgresql+psycopg://postgres@/postgres?host=$_dir"
    export APPRENTICE_TEST_POSTGRES
}

stop_postgres() {
    [ -n "$postgres_dir" ] || return 0
    _as_user "$postgres_bin/pg_ctl" --pgdata "$postgres_dir/data" --mode immediate --silent stop
    postgres_dir=""
    unset APPRENTICE_TEST_POSTGRES
}

_as_user() {
    if [ -n "$postgres_user" ]; then
        setpriv --reuid "$postgres_user" --regid "$(id -g "$postgres_user")" --clear-groups \
            env -C / HOME=/nonexistent "$@"
    else
        "$@"
    fi
}

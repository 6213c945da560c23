#!/bin/sh
# A Docker engine for the tests: the one that answers already, or a daemon of our own that is stopped after.
#   start_docker DIR   reach or start an engine, export DOCKER_HOST for one of our own, import the image
#   stop_docker        stop the daemon that start_docker started, and only that one
# Needs root to start a daemon (dockerd, mmdebstrap). Keeps everything of its own under DIR.

docker_dir=""

start_docker() {
    _dir=$1
    mkdir -p "$_dir" || return 1
    if ! docker version >/dev/null 2>&1; then
        docker_dir=$_dir
        DOCKER_HOST="unix://$_dir/docker.sock"
        export DOCKER_HOST
        dockerd --data-root "$_dir/data" --exec-root "$_dir/exec" --pidfile "$_dir/pid" \
            --host "$DOCKER_HOST" --iptables=false --bridge=none >"$_dir/log" 2>&1 &
        _tries=0
        until docker version >/dev/null 2>&1; do
            _tries=$((_tries + 1))
            if [ "$_tries" -gt 60 ]; then
                echo "dockerd did not answer in 60 s; the end of $_dir/log:" >&2
                tail -n 20 "$_dir/log" >&2
                stop_docker
                return 1
            fi
            sleep 1
        done
    fi
    docker image inspect apprentice-sandbox >/dev/null 2>&1 && return 0
    [ -s "$_dir/rootfs.tar" ] || mmdebstrap --quiet --variant=minbase \
        --include=python3,python3-pytest,git,ripgrep bookworm "$_dir/rootfs.tar" || return 1
    "${PYTHON:-.venv/bin/python}" -m sandbox.image import "$_dir/rootfs.tar"
}

stop_docker() {
    [ -n "$docker_dir" ] && [ -s "$docker_dir/pid" ] || return 0
    _pid=$(cat "$docker_dir/pid")
    kill "$_pid" 2>/dev/null
    _tries=0
    while kill -0 "$_pid" 2>/dev/null && [ "$_tries" -lt 30 ]; do
        _tries=$((_tries + 1))
        sleep 1
    done
    docker_dir=""
}

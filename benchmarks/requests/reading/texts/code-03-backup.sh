#!/usr/bin/env bash
# nightly copy of the studio share; owner: Lior (ext. 318)
set -euo pipefail

SRC=/mnt/studio
DEST=offsite@vault.example:/pool/studio
LOCK=/run/studio-copy.lock
LIMIT=2500   # KiB/s, the line is shared with the phones
LOG=/var/log/studio-copy.log

exec 9>"$LOCK"
flock -n 9 || { echo "still running, leaving" >&2; exit 75; }

if ! mountpoint -q "$SRC"; then
  logger -p user.err "studio share not mounted"
  exit 2
fi

free=$(df --output=pcent "$SRC" | tail -1 | tr -dc 0-9)
if (( free > 94 )); then
  mail -s "studio nearly full" storage@studio.example </dev/null
fi

rsync -aH --delete --bwlimit="$LIMIT" \
  --exclude='*.tmp' --exclude='/Renders/' \
  "$SRC/" "$DEST" >>"$LOG" 2>&1

date +%s >/var/lib/studio-copy/last-good

# Runs a PostgreSQL server until standard input closes, then stops it and removes its folder.
# Arguments: the postgres program, the data folder, the port.
program=$1 folder=$2 port=$3
# A signal often reaches the whole group: the server stops by itself then, and this tidies up.
trap '' INT HUP TERM
exec 3<&0

"$program" -D "$folder" -p "$port" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
    -c fsync=on -c synchronous_commit=on \
    -c shared_buffers=256MB -c max_connections=1000 -c log_min_messages=panic \
    </dev/null 3<&- &
server=$!

# Standard input ends when whoever wanted the server is gone.
(
    cat >/dev/null
    kill -INT "$server"
) <&3 2>/dev/null &
watcher=$!

wait "$server"
status=$?
kill -KILL "$watcher" 2>/dev/null
rm -rf "$folder"
exit "$status"

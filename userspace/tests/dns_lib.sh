# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2086,SC2154 # variables are those of cli_lib.sh, and of the tests; some have several words
#
# For tests of ipsvc-dnsd over loopback, sourced by them.
source "$(dirname "$0")/cli_lib.sh"
type kdig >/dev/null 2>&1 || { echo "1..0 # SKIP no kdig: apt install knot-dnsutils"; exit 0; }

port=$(free_ports 5)
export PYTHONPATH=$tree/userspace/tests PYTHONDONTWRITEBYTECODE=1
feeder='' dnsd='' upstream=''
end() {
	[ -z "$feeder" ] || kill "$feeder"
	[ -z "$dnsd" ] || kill "$dnsd"
	[ -z "$upstream" ] || kill $upstream
	wait
	rm -rf "$dir"
} 2>/dev/null
trap end EXIT

wait_for() { # CMD…, for 10 s
	local i
	for ((i = 0; i < 200; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	return 1
}

# start OPTION…: the server at $port, with its messages in log.
start() {
	"$IPSVC_BIN/ipsvc-dnsd" --feed "$dir/feed.sock" --run-dir "$dir/run" --listen "127.0.0.1:$port" --workers 2 --forward none "$@" 2>>log &
	dnsd=$!
	wait_for test -S "$dir/run/stats.sock"
}

stop() {
	kill "$dnsd"
	wait "$dnsd"
	dnsd=''
}

feed() {
	"$IPSVC_BIN/tests/dns_feeder" "$dir/feed.sock" "$dir/world.yaml" >fed 2>>log &
	feeder=$!
	wait_for grep -q . fed
}

feed_again() {
	local before
	before=$(wc -l <fed)
	kill -HUP "$feeder"
	wait_for fed_since "$before"
}

fed_since() {
	[ "$(wc -l <fed)" -gt "$1" ]
}

addresses_are() { # NAME ADDRESS…
	[ "$(short "$1" | sort | tr '\n' ' ')" = "${*:2} " ]
}

ask() { # KDIG ARGUMENT…
	kdig @127.0.0.1 -p "$port" +retry=0 +timeout=5 "$@"
}

short() {
	ask +short "$@"
}

status() { # RCODE KDIG ARGUMENT…
	[[ $(ask "${@:2}") = *"status: $1;"* ]]
}

# is NAME WANT CMD…: CMD prints WANT.
is() {
	local got
	got=$("${@:3}" 2>&1)
	[[ $got == "$2" ]]
	verdict $? "$1"
	[[ $got == "$2" ]] || printf '# %s\n' "'${*:3}' printed" "$got"
}

counter() {
	python3 - "$dir/run/stats.sock" "$1" <<-'PY'
		import json, socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		print(json.loads(s.makefile().read())["queries"][sys.argv[2]])
	PY
}

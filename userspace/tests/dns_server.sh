#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ipsvc-dnsd over loopback: UDP, TCP, what it is fed, and clients who mean no good.
source "$(dirname "$0")/dns_lib.sh"

pods() { # FIRST LAST
	local i
	for ((i = $1; i <= $2; i++)); do
		printf -- '---\n'
		pod "p$i" "10.244.1.$i" 8080
	done
}

world() { # FIRST LAST pod
	service web 80 $'  clusterIP: 10.96.0.20\n'
	printf -- '---\n'
	service db 5432 $'  clusterIP: None\n'
	pods "$@"
}

domain=default.svc.cluster.local

# ---- before anything is known

start
status SERVFAIL "web.$domain"
verdict $? "nothing is known yet: SERVFAIL"
status REFUSED www.example.com
verdict $? "the name of another domain: REFUSED"

# ---- questions

world 1 3 >world.yaml
feed
wait_for status NOERROR "web.$domain"
verdict $? "a state comes in while it runs"
is "UDP" 10.96.0.20 short "web.$domain"
is "TCP" 10.96.0.20 short +tcp "web.$domain"
is "a reverse name" "web.$domain." short -x 10.96.0.20
is "the version of the schema" '"1.1.0"' short dns-version.cluster.local TXT
status NXDOMAIN "none.$domain"
verdict $? "a name that is not there: NXDOMAIN"
is "all endpoints of a headless Service" $'10.244.1.1\n10.244.1.2\n10.244.1.3' \
	eval "short db.$domain | sort"
first=$(for _ in 1 2 3 4 5 6; do short "db.$domain" | head -1; done | sort -u | wc -l)
[ "$first" -eq 3 ]
verdict $? "each of them comes first at times"
[[ $(ask +nsid "web.$domain") != *NSID* ]]
verdict $? "no identifier unless it was given one"
[[ $(ask +cookie "web.$domain") = *"COOKIE: "????????????????????????????????* ]]
verdict $? "a cookie"

# ---- ipsvc dns

export IPSVC_DNSD_RUN_DIR=$dir/run
run dns query web --server "127.0.0.1:$port" -o json
expect "dns query: as a container of the namespace does" 0 "*\"web.$domain.\"*\"10.96.0.20\"*" ""
run dns query "db.$domain." A --server "127.0.0.1:$port" --tcp
expect "dns query: over TCP" 0 "NAME*10.244.1.1*" ""
run dns query none --server "127.0.0.1:$port"
expect "dns query: a name that is not there" 1 "" "ipsvc: none: NXDOMAIN"
run dns query web AAAA --server "127.0.0.1:$port"
expect "dns query: no record of that type" 0 "" "web has no such records"
run dns query web --server "127.0.0.1:1"
expect "dns query: no server" 1 "" "ipsvc: web: no answer: Connection refused"
run dns query web NONE
expect "dns query: no type" 2 "" "ipsvc: there is no record type 'NONE'*"
run dns query web --server x
expect "dns query: no address" 2 "" "ipsvc: '--server' is an address, and a port if any, not 'x'*"
run dns stats
expect "dns stats" 0 "*udp *[1-9]*rcodes.NOERROR *[1-9]*" ""
run dns stats -o prometheus
expect "dns stats: Prometheus" 0 "*ipsvc_dns_queries_total{type=\"A\"} [1-9]*# HELP ipsvc_dns_response_seconds *ipsvc_dns_response_seconds_bucket{le=\"+Inf\"} [1-9]*" ""
run dns config --nameserver 10.96.0.10 -n prod
expect "dns config" 0 $'nameserver 10.96.0.10\nsearch prod.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5' ""
run dns config --nameserver 10.96.0.10 --domain k8s.example -o resolved
expect "dns config: for systemd-resolved" 0 "*DNS=10.96.0.10*Domains=~k8s.example" ""
run dns config
expect "dns config: without a store" 1 "" "ipsvc: *store.db*; name the server with --nameserver"
IPSVC_DNSD_RUN_DIR=$dir/none run dns stats
expect "dns stats: no server" 6 "" "ipsvc: ipsvc-dnsd does not answer: No such file or directory; *"
run status
[[ $out = *"DNS: "*"domain cluster.local., 2 services"* ]]
verdict $? "status has a line of it"
mkdir slow
python3 - "$dir/slow/stats.sock" <<-'PY' &
	# A server half of whose answers took longer than all bounds.
	import json, os, socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.bind(sys.argv[1] + ".new")
	s.listen()
	os.rename(sys.argv[1] + ".new", sys.argv[1])
	queries = {"udp": 2, "latency": {"buckets": [1] + 22 * [0] + [1]}}
	s.accept()[0].sendall(json.dumps({"queries": queries}).encode())
PY
wait_for test -S slow/stats.sock
IPSVC_DNSD_RUN_DIR=$dir/slow run status
[[ $out = *"; 99 % of immediate answers over 4194304 µs"* ]]
verdict $? "it says what is beyond its bounds"

# ---- changes

serial=$(short cluster.local SOA | cut -d' ' -f3)
world 2 4 >world.yaml
feed_again
wait_for addresses_are "db.$domain" 10.244.1.2 10.244.1.3 10.244.1.4
verdict $? "names follow the endpoints"
[ "$(short cluster.local SOA | cut -d' ' -f3)" -gt "$serial" ]
verdict $? "the serial number moves"
is "what went has no name" "" short -x 10.244.1.1
kill -9 "$feeder"
wait "$feeder" 2>/dev/null
is "without ipsvcd the answers stay" 10.96.0.20 short "web.$domain"
service other 80 $'  clusterIP: 10.96.0.30\n' >world.yaml
feed
wait_for status NXDOMAIN "web.$domain"
verdict $? "and follow once it is there again"
is "with all there is" 10.96.0.30 short "other.$domain"

# ---- sizes

world 1 200 >world.yaml
feed_again
wait_for status NOERROR "db.$domain"
[[ $(ask +ignore "db.$domain") = *"Flags: qr aa tc"* ]]
verdict $? "too much for UDP: truncated"
[ "$(short "db.$domain" | grep -c ^10.244.1.)" -eq 200 ]
verdict $? "and whole over TCP, to where a client goes then"
[ "$(short +tcp "db.$domain" SRV | grep -c " 5432 ")" -eq 200 ]
verdict $? "as long as it is"

# ---- TCP

cat >tcp.py <<-'PY'
	# What clients do over TCP: tcp.py PORT WHAT; exit code 0 when the server does right.
	import socket, struct, sys, time
	from dns_tcp import *

	port, what = int(sys.argv[1]), sys.argv[2]
	question = query("web.default.svc.cluster.local")
	message = framed(question)

	def answer(s):
	    return has_one(read(s))

	def closed(s, within):
	    s.settimeout(within)
	    try:
	        return s.recv(1) == b""
	    except ConnectionResetError:
	        return True
	    except socket.timeout:
	        return False

	def pipelined():
	    s = connect(port)
	    s.sendall(message * 50)
	    return all(answer(s) for _ in range(50)) and (s.sendall(message) or answer(s))

	def in_pieces():
	    s = connect(port)
	    for byte in message:
	        s.sendall(bytes([byte]))
	        time.sleep(0.005)
	    return answer(s)

	def too_long():
	    s = connect(port)
	    try:
	        s.sendall(struct.pack(">H", 65535) + b"x" * 65535)
	    except OSError:
	        pass
	    return closed(s, 5)

	def never_reads():
	    # Answers pile up in the socket, then nothing more is read; others do not notice.
	    s = connect(port)
	    s.settimeout(0.5)
	    try:
	        for _ in range(100000):
	            s.sendall(message * 20)
	    except (socket.timeout, OSError):
	        pass
	    other = connect(port)
	    other.sendall(message)
	    return answer(other) and closed_after_drain(s)

	def closed_after_drain(s):
	    time.sleep(2)
	    s.settimeout(5)
	    try:
	        while s.recv(1 << 20):
	            pass
	    except ConnectionResetError:
	        pass
	    except socket.timeout:
	        return False
	    return True

	def idle():
	    s = connect(port)
	    return closed(s, 5)

	def trickle():
	    # A byte now and then does not keep a connection.
	    s = connect(port)
	    try:
	        for byte in (message * 10)[:60]:
	            s.sendall(bytes([byte]))
	            time.sleep(0.1)
	    except OSError:
	        return True
	    return False

	def strangers():
	    # Packets from addresses of many networks, as somebody forges them.
	    for i in range(3000):
	        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	        s.bind(("127.%d.%d.1" % (1 + i % 250, i // 250), 0))
	        for _ in range(10):
	            s.sendto(question, ("127.0.0.1", port))
	        s.close()
	    return True

	def many():
	    # It may take a while until the server has seen all of them.
	    conns = [connect(port) for _ in range(8)]
	    for _ in range(100):
	        if sum(not closed(s, 0.02) for s in conns) == 4:
	            return True
	    return False

	def flood():
	    # More questions at once than a second has answers for: some are left out, some are truncated.
	    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    s.connect(("127.0.0.1", port))
	    s.settimeout(1)
	    truncated = answered = 0
	    for _ in range(200):
	        s.send(question)
	    try:
	        while True:
	            data = s.recv(1500)
	            truncated += bool(data[2] & 2)
	            answered += has_one(data)
	    except socket.timeout:
	        return 0 < answered < 180 and truncated > 0 and answered + truncated < 200

	def crowd():
	    # More of them than the server has descriptors for: a new one is served.
	    conns = [connect(port) for _ in range(60)]
	    conns[-1].sendall(message)
	    return answer(conns[-1])

	sys.exit(not globals()[what]())
PY

python3 tcp.py "$port" pipelined
verdict $? "TCP: fifty questions at once, then another"
python3 tcp.py "$port" in_pieces
verdict $? "TCP: a question byte by byte"
python3 tcp.py "$port" too_long
verdict $? "TCP: a message of 64 KiB ends its connection"
stop
start --tcp-idle 1 --tcp-per-client 2
wait_for status NOERROR "web.$domain"
python3 tcp.py "$port" idle
verdict $? "TCP: a connection without a question is closed"
python3 tcp.py "$port" trickle
verdict $? "TCP: and one whose question never ends"
[ "$(counter tcp_timeout)" -ge 2 ]
verdict $? "TCP: both are counted"
stop
start --workers 1 --tcp-idle 1
wait_for status NOERROR "web.$domain"
python3 tcp.py "$port" never_reads
verdict $? "TCP: who reads no answers is in nobody's way, and is dropped"
stop
start --workers 1 --tcp-per-client 4
wait_for status NOERROR "web.$domain"
python3 tcp.py "$port" many
verdict $? "TCP: a client has so many connections and no more"
stop
start --workers 1 --tcp-clients 4
wait_for status NOERROR "web.$domain"
python3 tcp.py "$port" many
verdict $? "TCP: the newest connections are kept when there is no room"
is "TCP: and are served" 10.96.0.20 short +tcp "web.$domain"
stop

files=$(ulimit -Sn)
ulimit -Sn 40
start --workers 1
ulimit -Sn "$files"
wait_for status NOERROR "web.$domain"
python3 tcp.py "$port" crowd
verdict $? "TCP: the newest connection is served when there are no descriptors"
stop

# ---- who may ask, and how much

start --allow 127.0.0.2/32
status REFUSED "web.$domain"
verdict $? "a client of no allowed network: REFUSED"
wait_for status NOERROR -b 127.0.0.2 "web.$domain"
verdict $? "a client of one"
stop
start --nsid here --listen "127.0.0.7:$port" --workers 1 --rate-limit 20
wait_for status NOERROR "web.$domain"
[[ $(ask +nsid "web.$domain") = *'"here"'* ]]
verdict $? "its identifier"
python3 tcp.py "$port" flood && [ "$(counter limited)" -gt 0 ]
verdict $? "a limit of answers to a network"
is "which those over TCP are free of" 10.96.0.20 short +tcp "web.$domain"
before=$(awk '/^VmRSS/ { print $2 }' "/proc/$dnsd/status")
python3 tcp.py "$port" strangers
is "after a flood from many networks a client is answered" 10.96.0.20 eval "short web.$domain 2>/dev/null | grep -v ^$ | grep -v '^;;'"
[ "$(($(awk '/^VmRSS/ { print $2 }' "/proc/$dnsd/status") - before))" -lt 4000 ]
verdict $? "and nothing is kept of them"
stop
start --listen "0.0.0.0:$((port + 1))" --listen "[::]:$((port + 1))" --workers 1
wait_for status NOERROR "web.$domain"
is "an answer comes from the address that was asked" 10.96.0.20 kdig @127.0.0.9 -p $((port + 1)) +short "web.$domain"
if [ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6; then
	is "IPv6" 10.96.0.20 kdig @::1 -p $((port + 1)) +short "web.$domain"
	is "IPv6 over TCP" 10.96.0.20 kdig @::1 -p $((port + 1)) +tcp +short "web.$domain"
fi

# ---- ipsvcd is of no use

python3 - "$dir/other.sock" <<-'PY' &
	import socket, struct, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	s.bind(sys.argv[1])
	s.listen(8)
	for _ in range(4):
	    c, _ = s.accept()
	    c.send(struct.pack("8sIIQQII", b"ipsvcDNS", 99, 1, 1, 0, 1, 0))
	    c.recv(1)
PY
other=$!
wait_for test -S "$dir/other.sock"
stop
start --workers 1 --feed "$dir/other.sock" 2>>log
wait "$other"
[ "$(grep -c "of another version" log)" -eq 1 ]
verdict $? "an ipsvcd of another version: it says so once"

# ---- the end

kill "$dnsd"
wait "$dnsd"
verdict $? "SIGTERM ends it"
dnsd=''
[ ! -e "$dir/run/stats.sock" ]
verdict $? "its socket goes with it"
"$IPSVC_BIN/ipsvc-dnsd" --ttl 4000 2>err.txt
[ $? -eq 2 ] && grep -q "ipsvc-dnsd: --ttl 4000: must be a number between 0 and 3600" err.txt
verdict $? "wrong usage"
"$IPSVC_BIN/ipsvc-dnsd" --listen 192.0.2.1:53 --run-dir "$dir/run2" 2>err.txt
[ $? -eq 1 ] && grep -q "cannot listen at 192.0.2.1 port 53, UDP: Cannot assign requested address" err.txt
verdict $? "an address that it cannot have"
grep -E 'ERROR: |runtime error' log
[ $? -eq 1 ]
verdict $? "nothing that a sanitizer has to say"

done_testing

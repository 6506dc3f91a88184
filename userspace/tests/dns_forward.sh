#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ipsvc-dnsd asks other servers for what is not the cluster's: which, how often, and what it believes.
helper=$(cd "$(dirname "$0")" && pwd)/dns_upstream.py
source "$(dirname "$0")/dns_lib.sh"

first=$((port + 1)) second=$((port + 2)) dead=$((port + 3)) dead2=$((port + 4))
touch first.log second.log
python3 "$helper" "$first" 192.0.2.1 first.log 2>/dev/null &
upstream=$!
python3 "$helper" "$second" 192.0.2.2 second.log 2>/dev/null &
upstream="$upstream $!"
upstream_is_up() { kdig @127.0.0.1 -p "$1" +retry=0 +timeout=1 up.test | grep -q 192.0.2; }
for server in "$first" "$second"; do
	wait_for upstream_is_up "$server" || { echo "Bail out! no server to ask"; exit 1; }
done

asked() { # NAME: how often the first server was asked for it
	grep -c " $1 " first.log
}

# An address of this machine that a Pod may have.
own=$(python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("192.0.2.1", 9)); print(s.getsockname()[0])' 2>/dev/null)
{
	service web 80 $'  clusterIP: 10.96.0.20\n'
	printf -- '---\napiVersion: v1\nkind: Service\nmetadata: {name: ext}\nspec: {type: ExternalName, externalName: alias.example.com}\n'
	[ -z "$own" ] || { printf -- '---\n' && pod client "$own" 8080; }
} >world.yaml
feed
domain=default.svc.cluster.local

# ---- answers

start --workers 1 --forward "127.0.0.1:$first"
wait_for status NOERROR "web.$domain"
is "a name of another domain" 192.0.2.1 short www.example.com
[[ $(ask www.example.com) = *"Flags: qr rd ra;"* ]]
verdict $? "recursion is available, and the answer has no authority"
is "the same again" 192.0.2.1 short WWW.example.com
[ "$(asked www.example.com)" -eq 1 ] && [ "$(counter cached)" -eq 2 ]
verdict $? "it was asked once, and kept"
is "what may not be kept" 192.0.2.1 short zero.example.com
is "what may not be kept, again" 192.0.2.1 short zero.example.com
[ "$(asked zero.example.com)" -eq 2 ]
verdict $? "it was asked twice"
status NXDOMAIN nx.example.com && status NXDOMAIN nx.example.com
verdict $? "a name that is not there"
[ "$(asked nx.example.com)" -eq 1 ]
verdict $? "that is kept, too"
status NOERROR www.example.com AAAA && status NOERROR www.example.com AAAA
verdict $? "a name without such a record"
[ "$(asked www.example.com)" -eq 2 ]
verdict $? "that is kept, too"
is "an ExternalName Service" $'alias.example.com.\nc.cdn.\n192.0.2.1' short "ext.$domain"
is "the same over TCP" $'alias.example.com.\nc.cdn.\n192.0.2.1' short +tcp "ext.$domain"
[[ $(ask +ignore big.example.com) = *"Flags: qr tc rd ra;"* ]]
verdict $? "an answer that is too long for UDP"
[ "$(short big.example.com | grep -c ^192)" -eq 100 ]
verdict $? "it is there over TCP"
grep -q "^tcp big.example.com 1" first.log
verdict $? "and came by it"
[[ $(ask +norec www.example.com) = *"status: REFUSED;"* ]]
verdict $? "who wants no recursion gets none"

# ---- answers that are none

is "forged answers" 192.0.2.1 short forge.example.com
[ "$(counter forward_mismatch)" -eq 4 ]
verdict $? "they were seen"
is "the case of the question is lost" 192.0.2.1 short lower.example.com
grep -q "^tcp lower.example.com 1" first.log
verdict $? "that is asked over TCP"
is "a server without EDNS" 192.0.2.1 short noedns.example.com
is "a server that knows neither EDNS nor case" 192.0.2.1 short old.example.com
status SERVFAIL junk.example.com
verdict $? "a message that cannot be read"
status SERVFAIL broken.example.com
verdict $? "a server that fails"
[ "$(asked junk.example.com)" -eq 1 ] && [ "$(asked broken.example.com)" -eq 1 ]
verdict $? "is not asked for the same again"

# ---- many clients

for i in {1..20}; do short slow.example.com >"slow.$i" & slow[i]=$!; done
wait "${slow[@]}"
[ "$(cat slow.* | grep -c 192.0.2.1)" -eq 20 ]
verdict $? "many clients wait for one answer"
[ "$(asked slow.example.com)" -eq 1 ]
verdict $? "which is asked for once"

cat >clients.py <<-'PY'
	# Clients of names that others know: clients.py PORT WHAT.
	import random, socket, struct, sys, time
	from dns_tcp import *

	port, what = int(sys.argv[1]), sys.argv[2]

	def pipelined():
	    # More than are asked at a time; answers come in any order, each once.
	    s = connect(port)
	    names = ["slow.p%d.test" % i if i % 2 else "p%d.test" % i for i in range(60)]
	    s.sendall(b"".join(framed(query(n, i)) for i, n in enumerate(names)))
	    ids = [read(s)[:2] for _ in names]
	    return sorted(ids) == [struct.pack(">H", i) for i in range(60)]

	def half_closed():
	    s = connect(port)
	    s.sendall(framed(query("slow.half.test")) + framed(query("half.test")))
	    s.shutdown(socket.SHUT_WR)
	    return read(s) is not None and read(s) is not None and read(s) is None

	def gone():
	    # Answers to connections that are not there any more.
	    for i in range(10):
	        s = connect(port)
	        s.sendall(framed(query("slow.gone%d.test" % i)))
	        if i % 2:
	            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
	        s.close()
	    time.sleep(1.5)
	    s = connect(port)
	    s.sendall(framed(query("after.test")))
	    return read(s) is not None

	def deaf():
	    # Long answers that nobody fetches.
	    s = connect(port)
	    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
	    s.settimeout(1)
	    try:
	        for i in range(100000):
	            s.sendall(framed(query("big.d%d.test" % (i % 1000), i % 65536)))
	    except OSError:
	        pass
	    other = connect(port)
	    other.sendall(framed(query("other.test")))
	    return read(other) is not None

	def unread():
	    # Long answers that nobody fetches, more than there is room for: some connections are closed, others served.
	    conns = []
	    for i in range(40):
	        s = socket.socket()
	        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
	        s.settimeout(4)
	        s.bind(("127.0.1.%d" % (i + 1), 0))
	        s.connect(("127.0.0.1", port))
	        s.sendall(b"".join(framed(query("huge.u%d.test" % j, j)) for j in range(16)))
	        conns.append(s)
	    time.sleep(2)
	    other = connect(port)
	    other.sendall(framed(query("other.test")))
	    return read(other) is not None and 0 < sum(answers(s) < 16 for s in conns) < 40

	def answers(s):
	    n = 0
	    try:
	        while read(s) is not None:
	            n += 1
	            if n == 16:
	                break
	    except OSError:
	        pass
	    return n

	def flood():
	    # Names that nobody answers, from one address; another one is answered meanwhile.
	    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    s.bind(("127.0.0.66", 0))
	    s.connect(("127.0.0.1", port))
	    for i in range(3000):
	        s.send(query("silent.%d.test" % random.getrandbits(60)))
	        if i % 50 == 0:
	            time.sleep(0.005)
	    s.close()
	    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    s.settimeout(4)
	    s.connect(("127.0.0.1", port))
	    for name in ("web.default.svc.cluster.local", "www.example.com", "new.example.com"):
	        s.send(query(name))
	        if not has_one(s.recv(1500)):
	            return False
	    return True

	sys.exit(not globals()[what]())
PY

python3 clients.py "$port" pipelined
verdict $? "TCP: sixty questions at once"
python3 clients.py "$port" half_closed
verdict $? "TCP: a client that asks no more gets its answers"
python3 clients.py "$port" gone
verdict $? "TCP: clients that do not wait for their answers"
python3 clients.py "$port" deaf
verdict $? "TCP: who reads no answers is in nobody's way"
python3 clients.py "$port" unread
verdict $? "TCP: what nobody fetches is bounded"
python3 clients.py "$port" flood
verdict $? "a flood of names that nobody answers"
[ "$(counter forward_full)" -gt 0 ]
verdict $? "what there is no room for is refused"
export IPSVC_DNSD_RUN_DIR=$dir/run
run status
[[ $out = *" questions: "[1-9]*" forwarded, "[1-9]*" answered from the cache, "[0-9]*" refused; 99 % of immediate answers within "* ]]
verdict $? "status has the figures"
run dns stats -o prometheus
expect "dns stats: Prometheus" 0 "*ipsvc_dns_forwarded_total [1-9]*ipsvc_dns_cached_total [1-9]*ipsvc_dns_upstream_seconds_bucket{le=\"+Inf\"} [1-9]*" ""
rss=$(awk '/^VmHWM/ { print $2 }' "/proc/$dnsd/status")
[ "$rss" -lt 600000 ]
verdict $? "memory stays bounded" || echo "# $rss kB"
stop

# ---- servers

start --workers 1 --forward "127.0.0.1:$dead,127.0.0.1:$second"
is "a server that is not there: the next" 192.0.2.2 short www.example.com
stop
start --workers 1 --forward "127.0.0.1:$first,127.0.0.1:$second"
is "a server that fails: the next" 192.0.2.2 short servfail.example.com
stop
start --workers 1 --forward "127.0.0.1:$first,127.0.0.1:$dead,127.0.0.1:$dead2,127.0.0.1:$second"
prlimit --pid "$dnsd" --nofile=3:
status SERVFAIL socket.example.com
verdict $? "no socket to ask with: SERVFAIL"
prlimit --pid "$dnsd" --nofile=1024:
is "which is no fault of the server" 192.0.2.1 short socket.example.com
stop
printf '# none\nnameserver 127.0.0.1:%s\n' "$first" >resolv.conf
start --workers 1 --forward "$dir/resolv.conf" --stub "corp.test=127.0.0.1:$second"
is "servers of a resolv.conf" 192.0.2.1 short www.example.com
is "those of a domain" 192.0.2.2 short www.corp.test
printf 'nameserver 127.0.0.1:%s\n' "$second" >resolv.new
mv resolv.new resolv.conf
wait_for addresses_are zero.example.com 192.0.2.2
verdict $? "a resolv.conf that is replaced"
rm resolv.conf
sleep 2.5
is "one that is gone: as before" 192.0.2.2 short zero.example.com
stop
mkfifo hole
python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", int(sys.argv[1]))); open("hole").read()' "$dead" &
hole=$!
exec 9>hole
start --workers 1 --forward "127.0.0.1:$dead,127.0.0.1:$second"
is "a server that says nothing: the next" 192.0.2.2 short one.example.com
[ "$(counter forward_timeout)" -eq 1 ]
verdict $? "after a while"
is "and again" 192.0.2.2 short two.example.com
[ "$(counter forward_timeout)" -eq 1 ]
verdict $? "which is asked first then"
stop
start --workers 1 --forward "127.0.0.1:$dead"
status SERVFAIL +timeout=20 www.example.com
verdict $? "nobody answers: SERVFAIL"
[ "$(counter forward_timeout)" -eq 3 ]
verdict $? "after three attempts"
stop
exec 9>&-
wait "$hole"
start --workers 2 --forward "127.0.0.1:$port"
status SERVFAIL +timeout=20 www.example.com
verdict $? "a server that is itself: SERVFAIL"
[ "$(counter udp)" -le 20 ]
verdict $? "without going in circles"
stop
start --workers 1 --forward "127.0.0.1:$first" --allow 127.0.0.2/32
before=$(wc -l <first.log)
status REFUSED secret.example.com
verdict $? "a client of no allowed network: REFUSED"
[ "$(wc -l <first.log)" -eq "$before" ]
verdict $? "and nobody is asked"
stop
start
status REFUSED www.example.com
verdict $? "without servers: REFUSED"
[[ $(ask "web.$domain") = *"Flags: qr aa rd;"* ]]
verdict $? "and no recursion"
stop

# ---- what a Pod searches

if [ -n "$own" ]; then
	start --workers 1 --forward "127.0.0.1:$first" --autopath --allow "$own/32" --allow 127.0.0.0/8
	wait_for status NOERROR "web.$domain"
	before=$(counter udp)
	is "a Pod's first question is answered for the name it means" $'auto.example.com.\n192.0.2.1' \
		short -b "$own" "auto.example.com.$domain"
	[ "$(counter udp)" -eq $((before + 1)) ]
	verdict $? "it was the only one"
	status NXDOMAIN -b "$own" "nx.example.com.$domain"
	verdict $? "where there is no such name, there is none in its domain, either"
	status NXDOMAIN "auto.example.com.$domain"
	verdict $? "who is no Pod asks for each name itself"
	stop
fi

# ---- the end

for wrong in "--forward x" "--forward 10.0.0.1," "--forward /none" "--forward /" "--stub x" "--stub a=b" "--cache -1" "--forward-max 1"; do
	# shellcheck disable=SC2086 # two words
	timeout 10 "$IPSVC_BIN/ipsvc-dnsd" $wrong 2>err.txt
	[ $? -eq 2 ] && grep -q "^ipsvc-dnsd: ${wrong/ *}" err.txt
	verdict $? "wrong usage: $wrong"
done
grep -E 'ERROR: |runtime error' log
[ $? -eq 1 ]
verdict $? "nothing that a sanitizer has to say"

done_testing

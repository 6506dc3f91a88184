# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# What the tests of ipsvc's command line share: a directory of their own with a
# store, and TAP. IPSVC_BIN is the directory of the programs.

set -u
: "${IPSVC_BIN:?is the directory of ipsvc and ipsvcd}"
ipsvc=$IPSVC_BIN/ipsvc
tree=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export IPSVC_STORE=$dir/store.db

n=0 failed=0
# What kubectl says whenever Endpoints are asked for.
deprecated="Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
verdict() { # RC NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		failed=$((failed + 1))
		echo "not ok $n - $2"
	fi
}

# run ARG…: ipsvc's output into $out, its messages into $err, its code into $rc.
run() {
	"$ipsvc" "$@" >out.txt 2>err.txt </dev/null
	rc=$?
	out=$(cat out.txt) err=$(cat err.txt)
}

# expect NAME RC OUT ERR: of the last run; OUT and ERR are patterns of [[ == ]].
expect() {
	# shellcheck disable=SC2053
	if [[ $rc -eq $2 && $out == $3 && $err == $4 ]]; then
		verdict 0 "$1"
	else
		verdict 1 "$1"
		printf '# exit code %s, stdout:\n%s\n# stderr:\n%s\n' "$rc" "$out" "$err" | sed 's/^/#   /'
	fi
}

pod() { # NAME IP PORT…
	printf 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: %s\n  labels: {app: hello}\nspec:\n  containers:\n' "$1"
	printf '  - name: c\n    image: x\n    ports:\n'
	local ip=$2 p
	for p in "${@:3}"; do printf '    - containerPort: %s\n' "$p"; done
	printf 'status:\n  podIP: %s\n  phase: Running\n  conditions:\n  - {type: Ready, status: "True"}\n' "$ip"
}

service() { # NAME PORT [MORE]
	printf 'apiVersion: v1\nkind: Service\nmetadata:\n  name: %s\nspec:\n  selector: {app: hello}\n%s  ports:\n  - port: %s\n' \
		"$1" "${3:-}" "$2"
}

# Root without the capability that lets it read everything.
restricted=()
[ "$(id -u)" -ne 0 ] || restricted=(setpriv "--bounding-set=-dac_override,-dac_read_search"
	"--inh-caps=-dac_override,-dac_read_search")

free_ports() { # N: the first of N ports in a row that nobody has, below those that sockets are given
	python3 - "$1" <<-'PY'
		import random, socket, sys

		def is_free(port):
		    try:
		        for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
		            with socket.socket(socket.AF_INET, kind) as s:
		                s.bind(("", port))
		    except OSError:
		        return False
		    return True

		n = int(sys.argv[1])
		while True:
		    first = random.randrange(20000, 30000)
		    if all(is_free(first + i) for i in range(n)):
		        print(first)
		        break
	PY
}

done_testing() {
	echo "1..$n"
	[ "$failed" -eq 0 ]
}

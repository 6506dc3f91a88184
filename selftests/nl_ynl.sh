#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel tree's own tool gets along with the netlink spec, and with the module: tools/net/ynl/cli.py of a kernel
# tree at $IPSVC_YNL_DIR.
# shellcheck disable=SC2119,SC2154,SC2317 # run_tests calls the functions; setup_ns sets node, expect_match output
source "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd)
spec=$here/../Documentation/netlink/specs/ipsvc.yaml
ynl=${IPSVC_YNL_DIR:-}/tools/net/ynl
export PYTHONDONTWRITEBYTECODE=1
# 10.96.0.1, 10.0.0.1 and 10.0.0.2. Addresses are hexadecimal on the way in, and formatted on the way out.
mapped=00000000000000000000ffff
vip1=${mapped}0a600001 ep1=${mapped}0a000001 ep2=${mapped}0a000002

# The tool as it is, but for what reads YAML: PyYAML's parser in C, by the same interface, ten times faster.
fast_yaml() {
	printf '%s\n' 'import yaml' 'yaml.SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)' \
		>"$ktap_tmp/sitecustomize.py"
	export PYTHONPATH=$ktap_tmp
}

needs_ynl() {
	[[ -n ${IPSVC_YNL_DIR:-} && -e $ynl/cli.py ]] || skip "no tools/net/ynl in IPSVC_YNL_DIR"
	python3 -c 'import yaml' 2>/dev/null || fail "no PyYAML: run 'make deps'"
}

cli() {
	ip netns exec "$node" python3 "$ynl/cli.py" --spec "$spec" --no-schema --output-json "$@"
}

setup_instance() {
	needs_ynl
	fast_yaml
	setup_ns node
	ip -n "$node" link add ipsvc0 type ipsvc
	ip -n "$node" link set ipsvc0 up
}

service() {
	printf '{"name": "%s", "family": 2, "protocol": %d' "$1" "$2"
	[[ -z ${3:-} ]] || printf ', "frontends": {"frontend": [%s]}' "$3"
	[[ -z ${4:-} ]] || printf ', "endpoints": {"endpoint": [%s]}' "$4"
	printf '}'
}

test_do_and_dump() {
	setup_instance
	cli --do service-put --json "{\"condition\": \"absent\", \"service\": [$(service ns/a 6 \
		"{\"class\": \"cluster-ip\", \"address\": \"$vip1\", \"port\": 80},
			{\"class\": \"node-port\", \"port\": 30080, \"flags\": [\"masquerade\"]}" \
		"{\"address\": \"$ep1\", \"port\": 8080}, {\"address\": \"$ep2\", \"port\": 8080, \"flags\": [\"drain\"]}"), \
		$(service ns/b 17)]}"
	expect_match '"name": "ns/a", "family": 2, "protocol": 6.*"class": "cluster-ip", "port": 80' \
		cli --multi service-get '{"service": [{"name": "ns/a", "family": 2}]}' --multi instance-get '{}' --multi stats-get '{}'
	[[ $output =~ \"address\":\ \"::ffff:(10.96.0.1|a60:1)\" ]] || fail "no address: $output"
	[[ $output == *'"class": "node-port", "port": 30080, "flags": ["masquerade"]'* ]] || fail "no node port: $output"
	[[ $output =~ ::ffff:(10.0.0.2|a00:2)\",\ \"port\":\ 8080,\ \"flags\":\ \[\"drain\" ]] || fail "none drains: $output"
	[[ $output =~ \"services\":\ 2.*\"endpoints\":\ 2 ]] || fail "no counts: $output"
	[[ $output == *'"generation": 2'* ]] || fail "no generation: $output"
	[[ $output == *'"name": "flow_created", "value": 0'* ]] || fail "no statistics: $output"
	expect_match '"name": "ns/a".*"name": "ns/b"' cli --dump service-get
	expect '[]' cli --dump flow-get --json '{"flow": {"service": "ns/a", "family": 2, "protocol": 6}}'
}

test_errors() {
	setup_instance
	expect_fail cli --do service-del --json '{"service": [{"name": "x", "family": 2}]}'
	[[ $output == *"there is no service of this name"* ]] || fail "no sentence: $output"
	expect_fail cli --do service-put --json '{"service": [{"name": "x", "family": 2}]}'
	[[ $output == *"a required attribute is missing"* && $output == *"miss-type"* ]] || fail "nothing missing: $output"
}

# Several requests in one send, of a transaction too: the cookie of a new instance is 1.
test_multi() {
	setup_instance
	cli --multi txn-begin '{"generation": 1}' \
		--multi service-put "{\"txn\": 1, \"service\": [$(service x 6)]}" \
		--multi service-put "{\"txn\": 1, \"service\": [$(service y 17)]}" \
		--multi service-append "{\"txn\": 1, \"service\": [{\"name\": \"y\", \"family\": 2,
			\"endpoints\": {\"endpoint\": [{\"address\": \"$ep1\", \"port\": 53}]}}]}" \
		--multi service-del '{"txn": 1, "service": [{"name": "x", "family": 2}]}' \
		--multi txn-commit '{"txn": 1}'
	expect_match '^\[\{"service": \{?\[?.*"name": "y".*"port": 53' cli --dump service-get
	[[ $output != *'"x"'* ]] || fail "x is there: $output"
}

test_instance() {
	setup_instance
	cli --do instance-set --json "{\"instance\": {\"cluster-address\": \"${mapped}0af40000\", \"cluster-prefix\": 16}}"
	expect_match '"cluster-address": "::ffff:(10.244.0.0|af4:0)", "cluster-prefix": 16' cli --do instance-get
}

# What --subscribe does, without having to guess how long its start takes.
test_subscribe() {
	setup_instance
	expect_match 'service-ntf.*"x".*commit-ntf.*"generation": 2.*service-del-ntf.*"x".*commit-ntf.*"generation": 3' \
		ip netns exec "$node" python3 - "$ynl" "$spec" <<-'EOF'
			import json, sys
			sys.path.insert(0, sys.argv[1])
			from lib import YnlFamily
			listener, ynl = (YnlFamily(sys.argv[2], "") for _ in range(2))
			listener.ntf_subscribe("config")
			ynl.do("service-put", {"service": [{"name": "x", "family": 2, "protocol": 6}]})
			ynl.do("service-del", {"service": [{"name": "x", "family": 2}]})
			listener.check_ntf()
			print(json.dumps(listener.async_msg_queue))
		EOF
}

run_tests

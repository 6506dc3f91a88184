#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The netlink spec, the uapi header and the module have the same names, values and ranges, and the spec is valid where the
# kernel's schema for it is at hand ($IPSVC_YNL_DIR/Documentation/netlink/genetlink.yaml).
# shellcheck disable=SC2119,SC2317 # run_tests calls the functions
source "$(dirname "$0")/../lib.sh"

selftests=$(cd "$(dirname "$0")/.." && pwd)
spec=$selftests/../Documentation/netlink/specs/ipsvc.yaml
export PYTHONDONTWRITEBYTECODE=1

needs() {
	python3 -c "import $1" 2>/dev/null || fail "no Python module $1: run 'make deps'"
}

test_same_names() {
	needs yaml
	python3 - "$spec" "$selftests" <<-'EOF'
		import sys, yaml
		sys.path.insert(0, sys.argv[2])
		from nl import header_constants
		header = {name: value for name, value in header_constants().items() if not name.startswith("__IPSVC")}
		with open(sys.argv[1], encoding="ascii") as f:
		    spec = yaml.safe_load(f)
		names = {"IPSVC_FAMILY_VERSION": 1}

		def add(prefix, entries, flags=False):
		    value = 0
		    for n, entry in enumerate(entries):
		        value = entry.get("value", 1 << n if flags else value + 1)
		        names[(prefix + entry["name"]).upper().replace("-", "_")] = value

		prefixes = {"condition": "ipsvc-condition-", "frontend-class": "ipsvc-frontend-",
		            "frontend-flags": "ipsvc-frontend-f-", "endpoint-flags": "ipsvc-endpoint-f-", "flow-state": "ipsvc-flow-",
		            "scheduler": "ipsvc-scheduler-", "service-flags": "ipsvc-service-f-", "action": "ipsvc-action-",
		            "standing": "ipsvc-standing-", "masquerade": "ipsvc-masquerade-", "range-flags": "ipsvc-range-f-"}
		for item in spec["definitions"]:
		    if item["type"] == "const":
		        add("ipsvc-", [item])
		    else:
		        add(prefixes[item["name"]], item["entries"], item["type"] == "flags")
		for item in spec["attribute-sets"]:
		    add(item["name-prefix"], item["attributes"])
		add("ipsvc-cmd-", spec["operations"]["list"])
		if names != header:
		    sys.exit(f"only in one of them: {sorted(set(names.items()) ^ set(header.items()))}")
	EOF
}

test_same_policies() {
	needs yaml
	"$selftests/host/spec_policies.py" "$spec" "$selftests/../kmod/netlink_gen.c"
}

test_valid() {
	local schema=${IPSVC_YNL_DIR:-}/Documentation/netlink/genetlink.yaml
	needs yaml
	needs jsonschema
	[[ -n ${IPSVC_YNL_DIR:-} && -e $schema ]] || skip "no schema in IPSVC_YNL_DIR"
	python3 - "$spec" "$schema" <<-'EOF'
		import jsonschema, sys, yaml
		jsonschema.validate(*(yaml.safe_load(open(path, encoding="utf-8")) for path in sys.argv[1:]))
	EOF
}

run_tests

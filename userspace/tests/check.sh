#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ipsvcd --check: what an apply would refuse, of one manifest, of several together, and
# of those with what is stored. TAP.

# shellcheck source-path=SCRIPTDIR source=cli_lib.sh
source "$(dirname "$0")/cli_lib.sh"

# check DIRECTORY [OPTION…]: as run.
check() {
	"$IPSVC_BIN/ipsvcd" --check --manifests "$1" --store "$IPSVC_STORE" --source host "${@:2}" >out.txt 2>err.txt </dev/null
	rc=$?
	out=$(cat out.txt) err=$(cat err.txt)
}

asks='  type: NodePort
  clusterIP: 10.96.1.1
'
mkdir m
service a 80 "$asks" >m/a.yaml
printf '    nodePort: 30001\n' >>m/a.yaml
check m
expect "one Service with an address and a node port" 0 "1 files, 1 objects, 0 errors" ""
[ ! -e store.db ]
verdict $? "and no store is made"

sed 's/name: a/name: b/; s/30001/30002/' m/a.yaml >m/b.yaml
check m
expect "two that want one address" 1 "2 files, 2 objects, 1 errors" \
	"*/m/b.yaml:1: spec.clusterIPs: Invalid value: \[\"10.96.1.1\"]: failed to allocate IP 10.96.1.1: provided IP is already allocated"
sed 's/name: a/name: b/; s/10.96.1.1/10.96.1.2/' m/a.yaml >m/b.yaml
check m
expect "two that want one node port" 1 "2 files, 2 objects, 1 errors" \
	"*/m/b.yaml:1: spec.ports\[0].nodePort: Invalid value: 30001: provided port is already allocated"
service b 80 >m/b.yaml
service a 80 >>m/b.yaml
sed -i '9i ---' m/b.yaml
check m
expect "one object in two files" 1 "2 files, 3 objects, 1 errors" \
	"*/m/b.yaml:10: services \"a\" is already in the manifest $dir/m/a.yaml of host; remove it from one of the two"

service b 80 "  ipFamilyPolicy: RequireDualStack
" >m/b.yaml
check m
expect "two families where there is one" 1 "*" \
	"*/m/b.yaml:1: spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services"
check m --service-cidr 10.96.0.0/16,fd00:10:96::/112
expect "and where there are two" 0 "*" ""
check m --service-cidr 10.0.0.0/16
expect "an address out of the range" 1 "*" "*failed to allocate IP 10.96.1.1: the provided network does not match the current range*"
check m --service-cidr 10.0.0.0/16,10.1.0.0/16
expect "ranges that cannot be used" 1 "*" "*service-cidr: Invalid value: *: must be of different IP families when there are two ranges"
rm m/b.yaml

# What is stored: of the command line, and of manifests of others.
service c 80 "  clusterIP: 10.96.1.1
" >c.yaml
run apply -f c.yaml
revision=$("$ipsvc" get svc c -o json)
check m
expect "an address that a stored Service has" 1 "1 files, 1 objects, 1 errors" "*/m/a.yaml:1: spec.clusterIPs: *already allocated"
[ "$revision" = "$("$ipsvc" get svc c -o json)" ]
verdict $? "which stays as it is"
service c 80 >m/a.yaml
check m
expect "an object of the command line" 1 "*" \
	"*/m/a.yaml:1: services \"c\" already exists and was not made from a manifest; delete it first"
check m --service-cidr 10.0.0.0/16
expect "ranges that are in use" 1 "*" "*services already have addresses or ports out of 10.96.0.0/12 and 30000-32767: delete them before changing these ranges to 10.0.0.0/16 and 30000-32767*"
run delete svc c
service a 80 "$asks" >m/a.yaml
check m
expect "what is deleted is in nobody's way" 0 "1 files, 1 objects, 0 errors" ""

# What may not change. The daemon cannot be had here; what it would have stored can.
run apply -f m/a.yaml
sed 's/10.96.1.1/10.96.1.9/' m/a.yaml >changed.yaml
run apply -f changed.yaml
expect "what may not change is refused" 1 "" "*spec.clusterIPs\[0]: Invalid value: \[\"10.96.1.9\"]: may not change once set"
printf 'damaged' >store.db
check m
expect "a store that cannot be read" 0 "*" "Warning: checked without what is stored: *"

done_testing

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ipsvc and ipsvcd from end to end, without the kernel: what is written, what is
# shown, and what is refused, in kubectl's words. TAP.

# shellcheck source-path=SCRIPTDIR source=cli_lib.sh
source "$(dirname "$0")/cli_lib.sh"
ipsvcd=$IPSVC_BIN/ipsvcd
daemons=() listener=
trap 'for p in "${daemons[@]}" $listener; do kill "$p" 2>/dev/null; done; wait; rm -rf "$dir"' EXIT
export IPSVC_RUN_DIR=$dir/run
mkdir manifests

# A test waits for a fact, never for a time.
eventually() {
	local i
	for ((i = 0; i < 200; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	return 1
}

# What status ends with: OTHERWISE only where there are module and instance.
status_code() { # OTHERWISE
	if [ ! -d /sys/module/ipsvc ]; then
		echo 3
	elif [ "$(id -u)" -ne 0 ]; then
		echo 5
	elif [ -z "$(ip -o link show type ipsvc)" ]; then
		echo 4
	else
		echo "$1"
	fi
}

# ---- nothing yet ------------------------------------------------------------

run get svc
expect "get without a store says what to do" 1 "" "error: there is no store *"
run status
expect "status without anything is of use" "$(status_code 6)" "Module:*Daemon:*not running*systemctl start ipsvcd*" ""
run status -o json
grep -q '"healthy": false' out.txt && grep -q '"state": "stopped"' out.txt
verdict $? "status -o json says so too"

# ---- the tutorial -----------------------------------------------------------

pod hello-pod 10.244.0.5 8080 >pod.yaml
run apply -f pod.yaml
expect "apply creates" 0 "pod/hello-pod created" ""
run apply -f pod.yaml
expect "apply again changes nothing" 0 "pod/hello-pod unchanged" ""
run get svc
expect "empty" 0 "" "No resources found in default namespace."
run get svc -A
expect "empty everywhere" 0 "" "No resources found"
run expose pod hello-pod --name=hello-svc --target-port=8080 --type=NodePort
expect "expose" 0 "service/hello-svc exposed" ""
run get svc
expect "get svc" 0 \
"NAME        TYPE       CLUSTER-IP*   EXTERNAL-IP   PORT(S)          AGE
hello-svc   NodePort   10.*   <none>        8080:3[0-2][0-9][0-9][0-9]/TCP   *s" ""
run get svc --no-headers
expect "get --no-headers" 0 "hello-svc   NodePort   10.*" ""
run get services hello-svc -o wide
expect "get -o wide" 0 "NAME*AGE*SELECTOR
hello-svc*app=hello" ""
run get svc/hello-svc --show-labels
expect "get TYPE/NAME --show-labels" 0 "NAME*LABELS
hello-svc*app=hello" ""
run get svc -A
expect "get -A" 0 "NAMESPACE   NAME*
default     hello-svc*" ""
run get endpoints hello-svc
expect "get endpoints" 0 \
"NAME        ENDPOINTS         AGE
hello-svc   10.244.0.5:8080   *s" "$deprecated"
run get pods
expect "get pods" 0 \
"NAME        READY   STATUS    RESTARTS   AGE
hello-pod   1/1     Running   0          *s" ""
run get svc,po -o name
expect "get two types -o name" 0 "service/hello-svc
pod/hello-pod" ""
run get svc,po
expect "get two types" 0 "NAME*
service/hello-svc*

NAME*
pod/hello-pod*" ""
run get svc hello-svc -o json
expect "get -o json of one is the object" 0 "{
    \"apiVersion\": \"v1\",
    \"kind\": \"Service\",*" ""
run get svc -o json
expect "get -o json of all is a List" 0 "*\"kind\": \"List\",
    \"metadata\": {
        \"resourceVersion\": \"\"
    }
}" ""
run get svc hello-svc -o yaml
expect "get -o yaml" 0 "apiVersion: v1
kind: Service
metadata:
  creationTimestamp: \"*\"*
  ports:
  - nodePort: 3*" ""
run get svc -l app=hello -o name
expect "get -l" 0 "service/hello-svc" ""
run get svc -l app!=hello
expect "get -l that matches nothing" 0 "" "No resources found in default namespace."

run get svc -o=name -n=default -l=app=hello
expect "a letter takes its value after = too" 0 "service/hello-svc" ""
run get svc -l=app!=hello -A
expect "a selector with = after =" 0 "" "No resources found"
run get svc,svc -o name
expect "a type that is named twice is shown once" 0 "service/hello-svc" ""

# What was shown can be applied.
"$ipsvc" get svc hello-svc -o yaml >again.yaml
run apply -f again.yaml
expect "get -o yaml | apply says that it was not applied before" 0 "service/hello-svc configured" \
	"Warning: resource services/hello-svc is missing the kubectl.kubernetes.io/last-applied-configuration annotation *"
run apply -f again.yaml
expect "what is older than the object is refused" 1 "" 'Error from server (Conflict): *the object has been modified*'
sed -i '/resourceVersion/d' again.yaml
run apply -f again.yaml
expect "without a version it is a change" 0 "service/hello-svc configured" ""
run apply -f again.yaml
expect "and again none" 0 "service/hello-svc unchanged" ""

# ---- what is refused --------------------------------------------------------

run get svc nope
expect "get of what is not there" 1 "" 'Error from server (NotFound): services "nope" not found'
run get svc nope hello-svc -o name
expect "the others are shown" 1 "service/hello-svc" 'Error from server (NotFound): services "nope" not found'
run get frobs
expect "unknown type" 1 "" "error: the server doesn't have a resource type \"frobs\""
run get svc hello-svc -A
expect "a name in all namespaces" 1 "" "error: a resource cannot be retrieved by name across all namespaces"
run get
expect "get of nothing is wrong usage" 2 "" "*"
for word in "" "," ",,"; do
	run get "$word"
	expect "get '$word'" 1 "" "error: the server doesn't have a resource type \"\""
done
run get svc,
expect "get of a type and nothing" 1 "" "error: the server doesn't have a resource type \"\""
run delete "" x
expect "delete of no type" 1 "" "error: the server doesn't have a resource type \"\""
run get svc ""
expect "get of no name" 1 "" "error: resource name may not be empty"
run delete svc --a
expect "no beginnings of options" 2 "" "ipsvc: unknown option '--a', did you mean '--all'?*"
run delete svc x --name=default
expect "no other beginnings either" 2 "" "ipsvc: unknown option '--name', did you mean '--namespace'?*"
run -n nowhere get svc
expect "-n before the verb is the same one" 0 "" "No resources found in nowhere namespace."
run --netns=nowhere-$$ get svc
expect "a network namespace that is not there" 1 "" "ipsvc: cannot enter network namespace 'nowhere-$$' *"
run get svc --netns nowhere-$$
expect "nor after the verb" 1 "" "ipsvc: cannot enter network namespace 'nowhere-$$' *"
run help get
expect "help get names endpoints" 0 "*endpoints*" ""
run expose pod hello-pod --name=hello-svc
expect "expose twice" 1 "" 'Error from server (AlreadyExists): services "hello-svc" already exists'
run expose pod nope --port=80
expect "expose of what is not there" 1 "" 'Error from server (NotFound): pods "nope" not found'
pod bare 10.244.0.6 | sed '/ports:/d' >bare.yaml
run apply -f bare.yaml
expect "a Pod without ports" 0 "pod/bare created" ""
run expose pod bare
expect "expose without a port" 1 "" "error: couldn't find port via --port flag or introspection*"
run expose pod hello-pod --name=x --port=0
expect "port 0" 1 "" 'The Service "x" is invalid: *spec.ports\[0\].port: Invalid value: 0: must be between 1 and 65535, inclusive*'
run expose pod hello-pod --name=x --port=70000 --target-port=80
expect "port 70000" 1 "" 'The Service "x" is invalid: spec.ports\[0\].port: Invalid value: 70000: must be between 1 and 65535, inclusive'
run expose pod hello-pod --name=X_
expect "a bad name" 1 "" 'The Service "X_" is invalid: metadata.name: Invalid value: "X_": *'
run expose pod hello-pod --name=x --frob
expect "unknown option" 2 "" "ipsvc: unknown option '--frob'*"
run get svc -o name
expect "nothing of it was stored" 0 "service/hello-svc" ""

run expose pod hello-pod --name=dry --dry-run
expect "expose --dry-run" 0 "service/dry exposed (dry run)" ""
run expose pod hello-pod --name=dry --dry-run=server
expect "expose --dry-run=server" 0 "service/dry exposed (server dry run)" ""
run expose pod hello-pod --name=dry --dry-run --type=LoadBalancer --load-balancer-ip=1.2.3.4
expect "expose warns of what is not there yet" 0 "service/dry exposed (dry run)" \
"Warning: spec.type: \"LoadBalancer\": giving it an address is not supported yet: *
Warning: spec.loadBalancerIP is not supported yet and is ignored"
run expose pod hello-pod --name=dry --dry-run=maybe
expect "a bad --dry-run" 1 "" 'error: Invalid dry-run value (maybe). Must be "none", "server", or "client".'
run get svc dry
expect "a dry run stores nothing" 1 "" '*"dry" not found'

{ service good 80; echo ---; service bad 70000; } >mixed.yaml
run apply -f mixed.yaml
expect "one bad object does not keep the others back" 1 "service/good created" \
	'The Service "bad" is invalid: *spec.ports\[0\].port: Invalid value: 70000: *'
run apply -f nowhere.yaml
expect "no such file" 1 "" 'error: the path "nowhere.yaml" does not exist'
run apply
expect "apply of nothing" 1 "" "error: must specify -f: a manifest, a directory of them, or - for standard input"
: >empty.yaml
run apply -f empty.yaml
expect "apply of an empty file" 1 "" "error: no objects passed to apply"
run expose -f empty.yaml
expect "expose of an empty file" 1 "" "error: no objects passed to expose"
run delete -f empty.yaml
expect "delete of an empty file" 0 "No resources found" ""
head -c 4200000 /dev/zero | tr '\0' '#' >large.yaml
run apply -f large.yaml
expect "a file that is too large is named" 1 "" "error: error parsing large.yaml: line 1: a document larger than 4194304 bytes"
"$ipsvc" apply -f - <large.yaml >out.txt 2>err.txt
rc=$? out=$(cat out.txt) err=$(cat err.txt)
expect "so is standard input" 1 "" "error: error parsing STDIN: line 1: a document larger than *"
printf 'a: [1\n' >broken.yaml
run apply -f broken.yaml
expect "not YAML: the line is named" 1 "" "error: error parsing broken.yaml: line *"
service typo 80 "  selectr: {}
" >typo.yaml
run apply -f typo.yaml
expect "an unknown field" 1 "" '*unknown field "spec.selectr"'
service good 80 >good.yaml
run apply -f good.yaml -n other
expect "apply -n" 0 "service/good created" ""
service good 80 | sed 's/  name: good/&\n  namespace: default/' >good.yaml
run apply -f good.yaml -n other
expect "another namespace than -n" 1 "" "error: the namespace from the provided object \"default\" does not match the namespace \"other\". You must pass '--namespace=default' to perform this operation."

# A type is changed in what get prints: what the new one has no more goes, unless it was changed as well.
"$ipsvc" get svc hello-svc -o yaml | sed 's/type: NodePort/type: ClusterIP/' >typed.yaml
sed 's/nodePort: .*/nodePort: 30001/' typed.yaml >changed.yaml
run apply --dry-run=server -f changed.yaml
expect "a type without node ports, and another node port" 1 "" \
	"The Service \"hello-svc\" is invalid: spec.ports\[0\].nodePort: Forbidden: may not be used when \`type\` is 'ClusterIP'"
run apply --dry-run=server -f typed.yaml
expect "a type without node ports" 0 "service/hello-svc configured (server dry run)" ""
run apply --dry-run=server -f typed.yaml -o json
[[ $out != *'"nodePort": '* && $out != *'"externalTrafficPolicy": '* && $out == *'"type": "ClusterIP"'* ]]
verdict $? "and they are gone"
sed 's/name: hello-svc/name: brand-new/; /resourceVersion/d; /uid:/d; /clusterIP/d; /- 10\./d' typed.yaml >created.yaml
run apply --dry-run=server -f created.yaml
expect "but a new Service must be right as it is" 1 "" \
	"The Service \"brand-new\" is invalid: *nodePort: Forbidden: may not be used when \`type\` is 'ClusterIP'*"

ip=$("$ipsvc" get svc good --no-headers | awk '{print $3}')
service good 81 >good.yaml
run apply -f good.yaml
expect "apply configures" 0 "service/good configured" ""
[ "$ip" = "$("$ipsvc" get svc good --no-headers | awk '{print $3}')" ]
verdict $? "and keeps the cluster IP"
service good 81 "  clusterIP: 10.96.1.1
" >moved.yaml
run apply -f moved.yaml
expect "a cluster IP does not change" 1 "" 'The Service "good" is invalid: spec.clusterIPs\[0\]: Invalid value: \["10.96.1.1"\]: may not change once set'
service taken 80 "  clusterIP: $ip
" >taken.yaml
run apply -f taken.yaml
expect "a cluster IP is had once" 1 "" 'The Service "taken" is invalid: *provided IP is already allocated*'

service bare 80 "  clusterIP: None
" | sed '/ports:/,$d' >headless.yaml
run apply -f headless.yaml
expect "a headless Service without ports" 0 "service/bare created" ""
run get endpoints bare
expect "its endpoints are addresses" 0 "NAME*
bare   10.244.0.5,10.244.0.6   *s" "$deprecated"
pod ending 10.244.0.7 8080 | sed 's/^  labels:/  deletionTimestamp: "2026-01-01T00:00:00Z"\n&/' >ending.yaml
run apply -f ending.yaml
run get endpoints bare
expect "without those of Pods that are ending" 0 "NAME*
bare   10.244.0.5,10.244.0.6   *s" "$deprecated"
run get endpoints bare -o json
expect "not even as not ready" 0 '*"subsets"*' "$deprecated"
[[ $out != *10.244.0.7* ]]
verdict $? "in no document either"
run delete -f ending.yaml
service bare 80 "  type: NodePort
" >nodeport.yaml
run apply -f nodeport.yaml
expect "a headless Service does not become one with node ports" 1 "" \
	"The Service \"bare\" is invalid: spec.clusterIPs\[0\]: Invalid value: \"None\": may not be set to 'None' for NodePort services"
run get svc bare --no-headers
expect "and stays what it was" 0 "bare   ClusterIP   None *" ""
run delete -f headless.yaml
expect "and it goes" 0 'service "bare" deleted from default namespace' ""

# What cannot be written is said once, with the reason.
for words in "get svc" "get svc -o json" "get svc -o name" --help --version "help get" \
	"get svc -o yaml"; do
	# shellcheck disable=SC2086
	"$ipsvc" $words >/dev/full 2>err.txt
	rc=$? out='' err=$(cat err.txt)
	expect "$words to a full device" 1 "" "ipsvc: cannot write: No space left on device"
done

# The documents show what the program prints.
service hello-svc 8080 "  type: NodePort
  clusterIP: 10.96.118.7
" | sed 's/port: 8080/&\n    nodePort: 31790/' >readme.yaml
IPSVC_STORE=$dir/readme.db run apply -f readme.yaml
IPSVC_STORE=$dir/readme.db run get svc
for file in README.md userspace/man/ipsvc.8; do
	[ -n "$out" ] && grep -qxF -- "$(sed -n 1p out.txt)" "$tree/$file" &&
		grep -qF -- "$(sed -n '2s/[0-9]*s$//p' out.txt)" "$tree/$file"
	verdict $? "$file shows the table as it is"
done

# And all the keys of JSON, which are stable.
documented() { # FILE KEY…
	local key
	for key in "${@:2}"; do
		tr -c '[:alnum:]_' '\n' <"$tree/userspace/man/$1" | grep -qx -- "$key" || {
			echo "# $key is not in $1"
			return 1
		}
	done
}
mapfile -t keys < <(sed -n 's/.*\.key = "\([a-z_]*\)".*/\1/p' "$tree"/userspace/cli/cmd_*.c
	sed -n 's/.*"\([a-z]*\)", .*kservice_json_.*/\1/p' "$tree/userspace/cli/print/kservice.c")
[ "${#keys[@]}" -ge 20 ] && documented ipsvc.8 "${keys[@]}"
verdict $? "ipsvc.8 has the keys of the kernel's verbs"
keys_of() { # FILE
	python3 -c 'if True:
		import json, sys
		def show(doc):
			for key, value in doc.items():
				print(key)
				if isinstance(value, dict):
					show(value)
		show(json.load(open(sys.argv[1])))' "$1"
}
run status -o json
mapfile -t keys < <(keys_of out.txt)
[ "${#keys[@]}" -ge 12 ] && documented ipsvc.8 "${keys[@]}"
verdict $? "ipsvc.8 has the keys of status"

chmod 0 readme.db
for words in "get svc" "delete svc x" "apply -f readme.yaml" "expose svc x"; do
	# shellcheck disable=SC2086
	"${restricted[@]}" "$ipsvc" --store readme.db $words >out.txt 2>err.txt
	rc=$? out=$(cat out.txt) err=$(cat err.txt)
	expect "$words without permission" 5 "" "error: cannot open the store ./readme.db: Permission denied; run ipsvc as root, *"
done
mkdir -m 0500 closed
"${restricted[@]}" "$ipsvc" --store closed/store.db apply -f readme.yaml >out.txt 2>err.txt
rc=$? out=$(cat out.txt) err=$(cat err.txt)
expect "a store that may not be made" 5 "" "error: cannot create the store *: Permission denied; run ipsvc as root, *"

mkdir several
service s1 80 >several/1.yaml
service s2 80 >several/2.yml
echo no >several/readme.txt
run apply -f several --dry-run=client
expect "apply of a directory" 0 "service/s1 created (dry run)
service/s2 created (dry run)" ""
"$ipsvc" apply -f - <several/1.yaml >out.txt 2>err.txt
rc=$? out=$(cat out.txt) err=$(cat err.txt)
expect "apply of standard input" 0 "service/s1 created" ""

# Always one document: the object, or where several were asked for a List.
run apply -f several/1.yaml -o json
expect "apply -o json of one is the object" 0 '{
    "apiVersion": "v1",
    "kind": "Service",*"name": "s1",*' ""
run apply -f several -o json
expect "apply -o json of several is a List" 0 '{
    "apiVersion": "v1",
    "items": \[*"name": "s1",*"name": "s2",*
    \],
    "kind": "List",
    "metadata": {
        "resourceVersion": ""
    }
}' ""
run apply -f several -o yaml
expect "apply -o yaml of several too" 0 'apiVersion: v1
items:
- apiVersion: v1*  name: s1*
- apiVersion: v1*  name: s2*
kind: List
metadata:
  resourceVersion: ""' ""
run apply -f several -o name
expect "apply -o name" 0 "service/s1
service/s2" ""
run apply -f mixed.yaml -o json
expect "apply -o json of several of which one is bad" 1 '{
    "apiVersion": "v1",
    "items": \[*"name": "good",*"kind": "List",*' 'The Service "bad" is invalid: *'
run apply -f moved.yaml -o json
expect "apply -o json of what is refused" 1 "" 'The Service "good" is invalid: *'
run apply -f several -o wide
expect "apply has no -o wide" 2 "" "ipsvc: unknown output format 'wide' *"
run expose svc s1 --name=e1 -o json
expect "expose -o json of one is the object" 0 '{
    "apiVersion": "v1",
    "kind": "Service",*"name": "e1",*' ""
for how in client server; do
	run expose svc s1 s2 --name=e2 --dry-run=$how -o yaml
	expect "expose -o yaml of several is a List, --dry-run=$how" 0 'apiVersion: v1
items:
- apiVersion: v1*  name: e2*
- apiVersion: v1*  name: e2*
kind: List
*' ""
done
run expose svc s1 s2 e1 --name=e2 -o json
expect "expose -o json of several of which one is refused" 1 '{
    "apiVersion": "v1",
    "items": \[*"name": "e2",*"kind": "List",*' '*services "e2" already exists'
run expose svc s1 --name=e3 -o name
expect "expose -o name" 0 "service/e3" ""
run delete svc e1 -o wide
expect "delete has no -o wide" 2 "" "ipsvc: unknown output format 'wide' *"
run delete svc e1 nope -o json --dry-run=server
expect "delete -o json of several of which one is not there" 1 '{
    "apiVersion": "v1",
    "items": \[*"name": "e1",*"kind": "List",*' 'Error from server (NotFound): services "nope" not found'
run delete svc nope -o json
expect "delete -o json of what is not there" 1 "" 'Error from server (NotFound): services "nope" not found'
run delete pods --all -n nowhere -o json
expect "delete -o json of none" 0 '{
    "apiVersion": "v1",
    "items": \[\],*"kind": "List",*' ""
run delete svc e1 -o json
expect "delete -o json" 0 '{
    "apiVersion": "v1",
    "kind": "Service",*"name": "e1",*' ""
run delete svc e2 e3 s2 -o name
expect "delete -o name" 0 "service/e2
service/e3
service/s2" ""
run delete svc s1 nope
expect "delete" 1 'service "s1" deleted from default namespace' 'Error from server (NotFound): services "nope" not found'
run delete svc nope --ignore-not-found
expect "delete --ignore-not-found" 0 "" ""
run delete svc
expect "delete without a name" 1 "" "error: resource(s) were provided, but no name was specified"
run delete -f good.yaml --dry-run=server
expect "delete --dry-run" 0 'service "good" deleted from default namespace (server dry run)' ""
run delete svc nope good --dry-run
expect "delete --dry-run goes on after what is not there" 1 \
	'service "good" deleted from default namespace (dry run)' \
	'Error from server (NotFound): services "nope" not found'
run delete -f good.yaml
expect "delete -f" 0 'service "good" deleted from default namespace' ""
run delete svc good -n other
expect "delete -n" 0 'service "good" deleted from other namespace' ""

# ---- ipsvcd -----------------------------------------------------------------

# Never with the capability: the host's own network is not to be touched.
unprivileged=()
[ "$(id -u)" -ne 0 ] || unprivileged=(setpriv --bounding-set=-net_admin --inh-caps=-net_admin)

daemon() { # RUN-DIR LOG
	"${unprivileged[@]}" "$ipsvcd" --manifests manifests --prune-after 0.2 --prune-all --run-dir "$1" \
		--store "$IPSVC_STORE" --node-name n1 >"$2" 2>&1 </dev/null &
	daemons+=($!)
}
ends() { # PID
	! kill -0 "$1"
}

service web 80 >manifests/web.yaml
service bad 70000 >manifests/bad.yaml
"$ipsvcd" --check --manifests manifests >out.txt 2>err.txt
rc=$? out=$(cat out.txt) err=$(cat err.txt)
expect "ipsvcd --check" 1 "2 files, 1 objects, * errors" "*/manifests/bad.yaml:8: spec.ports\[0\].port: Invalid value: 70000: *"
mkdir odd
: >odd/empty.yaml
mkfifo odd/fifo.yaml
"$ipsvcd" --check --manifests odd >out.txt 2>err.txt
rc=$? out=$(cat out.txt) err=$(cat err.txt)
expect "ipsvcd --check calls errors what ipsvcd does" 1 "2 files, 0 objects, 2 errors" \
	"*/odd/empty.yaml: the file is empty; to remove its objects, remove the file
*/odd/fifo.yaml: is not a regular file; *"
"$ipsvcd" --frob >out.txt 2>err.txt
[ $? -eq 2 ]; verdict $? "ipsvcd: wrong usage"
"$ipsvcd" --node-port-range 5-4 >out.txt 2>err.txt
[ $? -eq 2 ]; verdict $? "ipsvcd: a bad range"
"$ipsvcd" --prune-after soon >out.txt 2>err.txt
rc=$? out=$(cat out.txt) err=$(cat err.txt)
expect "ipsvcd: a bad time" 2 "" "ipsvcd: --prune-after soon: must be a number of seconds *"
"$ipsvcd" --cluster-cidr 10.244.0.1/16 >out.txt 2>err.txt
rc=$? out=$(cat out.txt) err=$(cat err.txt)
expect "ipsvcd: a bad network" 2 "" "ipsvcd: --cluster-cidr 10.244.0.1/16: must not have bits set *"
"$ipsvcd" --cluster-cidr fd00:244::/64,fd00:245::/64 >out.txt 2>err.txt
rc=$? out=$(cat out.txt) err=$(cat err.txt)
expect "ipsvcd: two networks of a family" 2 "" "ipsvcd: --cluster-cidr *: must be of different IP families *"

# What it tells systemd, one after the other.
export NOTIFY_SOCKET=$dir/notify
socat -u UNIX-RECV:notify OPEN:notified,creat,append &
listener=$!
eventually test -S notify
notified() { # PATTERN
	# shellcheck disable=SC2053
	[[ $(cat notified) == $1 ]]
}

daemon run log
eventually notified "*READY=1*"
verdict $? "ipsvcd tells systemd when it is ready"
"$ipsvc" get svc web >/dev/null 2>&1
verdict $? "and then has applied its manifests"
unset NOTIFY_SOCKET
eventually grep -q '"result"' run/status.json
mapfile -t keys < <(keys_of run/status.json)
[ "${#keys[@]}" -ge 15 ] && documented ipsvcd.8 "${keys[@]}"
verdict $? "ipsvcd.8 has the keys of status.json"
run status
expect "status shows the errors of files" "$(status_code 1)" "*Daemon:*running for *node n1*bad.yaml:8: spec.ports\[0\].port: Invalid value: 70000: *" ""
daemon run log2
eventually ends "${daemons[1]}"
wait "${daemons[1]}"; [ $? -eq 1 ] && grep -q "another ipsvcd, pid ${daemons[0]}, already runs" log2
verdict $? "a second one is refused"
daemon run-n2 log2
eventually grep -q '"result"' run-n2/status.json
verdict $? "one with another run directory is not"

run delete svc web
expect "delete of a file's object is refused" 1 "" "error: *$dir/manifests/web.yaml*"
run delete svc web --dry-run=server
expect "so is delete --dry-run=server" 1 "" "error: *$dir/manifests/web.yaml*"
service web 81 >web.yaml
run apply -f web.yaml
expect "apply of a file's object is refused" 1 "" "error: *$dir/manifests/web.yaml*"

port_is() { # PORT
	[[ "$("$ipsvc" get svc web --no-headers)" == *" $1/TCP "* ]]
}
cp web.yaml manifests/.new && mv manifests/.new manifests/web.yaml
eventually port_is 81
verdict $? "a change of a file is applied"
service web 70000 >manifests/web.yaml
eventually grep -q 'web.yaml:8: ' log
verdict $? "a file that becomes bad is told"
port_is 81
verdict $? "and changes nothing"
rm manifests/bad.yaml
service web 82 >manifests/web.yaml
no_errors() {
	grep -q '"errors": \[\]' run/status.json
}
eventually no_errors
verdict $? "errors go when files are mended"

kill -KILL "${daemons[0]}"
wait "${daemons[0]}" 2>/dev/null
run status
expect "status after a kill -9" "$(status_code 6)" "*Daemon:*not running*" ""
: >notified
NOTIFY_SOCKET=$dir/notify daemon run log3
eventually no_errors && port_is 82
verdict $? "a restart finds everything as it was"
eventually notified "*READY=1*STATUS=not synchronised: *"
verdict $? "ready also while the kernel cannot be had, and says so"
! notified "*STOPPING=1*"
verdict $? "and is not stopping"
row=$("$ipsvc" get svc web --no-headers)
mv manifests/web.yaml manifests/renamed.yaml
renamed() {
	"$ipsvc" apply -f web.yaml 2>&1 | grep -q "managed by .*manifests/renamed.yaml"
}
eventually renamed
verdict $? "a file may be renamed"
[ "${row% *}" = "$("$ipsvc" get svc web --no-headers | sed 's/ [^ ]*$//')" ]
verdict $? "and its Service keeps its cluster IP"
rm manifests/renamed.yaml
gone() {
	! "$ipsvc" get svc web
}
eventually gone
verdict $? "what left the directory is deleted"
mv manifests aside
mkdir manifests
service late 80 >manifests/late.yaml
eventually "$ipsvc" get svc late
verdict $? "a directory that was replaced is read"

for i in 2 3; do
	kill -TERM "${daemons[$i]}"
	wait "${daemons[$i]}"
	verdict $? "SIGTERM ends an ipsvcd well"
done
eventually notified "*READY=1*STOPPING=1"
verdict $? "systemd is told that it stops"

# Nobody reads the directory any more: what it had can be got rid of.
rm manifests/late.yaml
service late 81 >late.yaml
run apply -f late.yaml
expect "apply over what came from a file that is gone" 1 "" \
	"error: service \"late\" in namespace \"default\" came from the manifest $dir/manifests/late.yaml of $(uname -n), which is gone; delete it first: ipsvc delete service late -n default"
run delete service late -n default
expect "which works" 0 'service "late" deleted from default namespace' ""
run apply -f late.yaml
expect "and then it is the command line's" 0 "service/late created" ""
! grep -q 'Sanitizer' log log2 log3
verdict $? "no sanitizer spoke"

done_testing

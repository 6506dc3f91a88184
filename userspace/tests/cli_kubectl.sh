#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What scripts and people are used to from kubectl: forms of options and names, apply
# as a merge, dry runs, completion. TAP.

# shellcheck source-path=SCRIPTDIR source=cli_lib.sh
source "$(dirname "$0")/cli_lib.sh"

pod hello-pod 10.244.0.5 8080 >pod.yaml
service h1 80 >h1.yaml
service h2 80 >h2.yaml
run apply -f h1.yaml,h2.yaml
expect "several files after one -f" 0 "service/h1 created
service/h2 created" ""
version() { # NAME
	"$ipsvc" get svc "$1" -o json | grep '"resourceVersion": "[0-9]'
}
[ "$(version h1)" = "$(version h2)" ]
verdict $? "and both are written in one transaction"
run apply -f h1.yaml,nowhere.yaml
expect "one of which is not there" 1 "" 'error: the path "nowhere.yaml" does not exist'
run delete svc nobody --ignore-not-found=true
expect "--ignore-not-found=true" 0 "" ""
run delete svc nobody --ignore-not-found=false
expect "--ignore-not-found=false" 1 "" 'Error from server (NotFound): services "nobody" not found'
run get svc --all-namespaces=false --no-headers=true -o name
expect "--all-namespaces=false" 0 "service/h1
service/h2" ""
run get svc -A=true --no-headers
expect "-A=true" 0 "default*h1*
default*h2*" ""
run get svc -A=perhaps
expect "-A=perhaps" 2 "" "ipsvc: '--all-namespaces' is true or false, not 'perhaps'*"
run -n other get svc
expect "-n before the verb" 0 "" "No resources found in other namespace."
run -n "" get svc -o name
expect "-n without a name" 0 "service/h1
service/h2" ""
run -n default -o name get service/h1 services/h2
expect "type/name twice" 0 "service/h1
service/h2" ""
run get svc,po,ep -o name
expect "three types" 0 "service/h1
service/h2
endpoints/h1
endpoints/h2" "$deprecated"
run get all -o name
expect "get all" 0 "service/h1
service/h2" ""
run delete svc --all=true
expect "--all=true" 0 'service "h1" deleted from default namespace
service "h2" deleted from default namespace' ""

cat >kinds.yaml <<YAML
apiVersion: v1
kind: Namespace
metadata: {name: team}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-1, namespace: team, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
ports: [{port: 5432}]
endpoints: [{addresses: [192.0.2.7]}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: old, namespace: team}
subsets: [{addresses: [{ip: 192.0.2.8}], ports: [{port: 1}]}]
YAML
run apply -f kinds.yaml -n team
expect "objects with and without a namespace" 0 "namespace/team created
node/n1 created
endpointslice.discovery.k8s.io/db-1 created
endpoints/old created" "$deprecated"
run get ns,no,endpointslices.discovery.k8s.io,ep -n team -o name
expect "their names" 0 "namespace/default
namespace/team
node/n1
endpointslice.discovery.k8s.io/db-1
endpoints/old" "$deprecated"
run get ns team --no-headers
expect "a Namespace is active" 0 "team   Active   *" ""
run get no -A
expect "a Node is in no namespace" 0 "NAME   STATUS    ROLES    AGE*
n1     Unknown   <none>   *" ""
run get endpointslices -A --no-headers
expect "a slice is in one" 0 "team   db-1   IPv4   5432   192.0.2.7   *" ""
run get no n2
expect "one that is not there" 1 "" 'Error from server (NotFound): nodes "n2" not found'
run get endpointslice x
expect "of a group" 1 "" 'Error from server (NotFound): endpointslices.discovery.k8s.io "x" not found'
run delete ns default
expect "the first Namespace" 1 "" 'Error from server (Forbidden): namespaces "default" is forbidden: this namespace may not be deleted'
service inner 80 >inner.yaml
run apply -n lab -f inner.yaml
run delete ns lab --dry-run=server
expect "delete a Namespace, dry run" 0 'namespace "lab" deleted (server dry run)' ""
run get svc -n lab -o name
expect "deletes nothing" 0 "service/inner" ""
run delete ns lab
expect "delete a Namespace" 0 'namespace "lab" deleted' ""
run get svc -n lab -o name
expect "and what is in it" 0 "" "No resources found in lab namespace."
run delete ns lab
expect "once" 1 "" 'Error from server (NotFound): namespaces "lab" not found'
run delete -f kinds.yaml -n team
expect "and all go" 0 'namespace "team" deleted
node "n1" deleted
endpointslice.discovery.k8s.io "db-1" deleted from team namespace
endpoints "old" deleted from team namespace' ""
run get no
expect "no namespace in which none is" 0 "" "No resources found"

# In a store that cannot be read, or is not there, a dry run of the client knows of nothing.
client_knows_nothing() { # STORE WANT WORD…
	"${restricted[@]}" "$ipsvc" --store "$1" "${@:3}" --dry-run=client >out.txt 2>err.txt
	rc=$? out=$(cat out.txt) err=$(cat err.txt)
	expect "$3 --dry-run=client with $1" 0 "$2 (dry run)" ""
}
chmod 0 store.db
for url in store.db none/store.db; do
	client_knows_nothing $url "service/h1 created" apply -f h1.yaml
	client_knows_nothing $url "service/hello-pod exposed" expose -f pod.yaml --port=80
	client_knows_nothing $url 'service "h1" deleted from default namespace' delete -f h1.yaml
done
chmod 0600 store.db
[ ! -e none ]
verdict $? "and makes no store"
# apply is a change: what another verb has set stays, and what was applied and is no more goes.
spec_of() { # NAME FIELD…: of spec, and of its ports, as JSON
	"$ipsvc" get svc "$1" -o json | python3 -c 'import json, sys
spec = json.load(sys.stdin)["spec"]
for of in [spec] + spec["ports"]:
	print(json.dumps([of[field] for field in sys.argv[1:] if field in of]), end=" ")' "${@:2}"
}
"$ipsvc" apply -f pod.yaml >/dev/null
run expose pod hello-pod --name=three --port=80 --type=NodePort --session-affinity=ClientIP -l owner=another
node_port=$(spec_of three nodePort)
service three 80 >three.yaml
run apply -f three.yaml
expect "apply over what expose made" 0 "service/three configured" "Warning: *is missing the *"
[ "$(spec_of three type sessionAffinity)" = '["NodePort", "ClientIP"] [] ' ] && [ "$(spec_of three nodePort)" = "$node_port" ]
verdict $? "and type, affinity and node port stay"
run get svc three --show-labels --no-headers
expect "so do the labels" 0 "three *owner=another" ""
run apply -f three.yaml
expect "the same again" 0 "service/three unchanged" ""
{ cat three.yaml; printf '    name: http\n  - port: 81\n    name: more\n  - port: 80\n    name: dns\n    protocol: UDP\n'; } >more.yaml
run apply -f more.yaml
expect "more ports" 0 "service/three configured" ""
[[ $(spec_of three port name protocol) == '[] [80, "http", "TCP"] [81, "more", "TCP"] [80, "dns", "UDP"] ' ]] &&
	[[ $(spec_of three nodePort) == "${node_port% }"* ]]
verdict $? "are merged by port and protocol"
run apply -f three.yaml
expect "and less again" 0 "service/three configured" ""
[ "$(spec_of three port name nodePort)" = "[] [80, ${node_port##*[[]}" ]
verdict $? "leave what is written"
service three 80 "  sessionAffinity:
" >null.yaml
run apply -f null.yaml
expect "a field written as null" 0 "service/three configured" ""
[ "$(spec_of three sessionAffinity)" = '["None"] [] ' ]
verdict $? "goes, whoever has set it"
run apply -f three.yaml --dry-run=client
expect "a dry run of the client merges too" 0 "service/three configured (dry run)" ""
run apply -f null.yaml --dry-run=client
expect "and tells what is the same" 0 "service/three unchanged (dry run)" ""
for object in svc/three pod/hello-pod; do "$ipsvc" delete "$object" >/dev/null; done

# Completion by bash: candidates without what they are.
# shellcheck disable=SC1091,SC2317,SC2034
completed() { # WORD…
	source "$tree/userspace/completion/ipsvc.bash"
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
	COMP_WORDS[0]=$ipsvc
	_ipsvc
	printf '%s\n' "${COMPREPLY[@]}"
}
[ "$(completed ipsvc st | xargs)" = "status stats" ] &&
	[ "$(completed ipsvc --netn)" = --netns ]
verdict $? "bash completes verbs and options"

# A manifest need not say what is stored already, and all that is wrong is told at once.
printf 'apiVersion: v1\nkind: Service\nmetadata:\n  name: h1\n  labels: {tier: web}\n' >partial.yaml
run delete svc h1
run apply -f partial.yaml
expect "a partial manifest of nothing" 1 "" 'The Service "h1" is invalid: spec.ports: Required value'
run apply -f h1.yaml
printf 'apiVersion: v1\nkind: Service\nmetadata:\n  name: h2\n  labels: {tier: web}\n' >partial.yaml
run apply -f partial.yaml --dry-run=server
expect "a partial manifest takes away what was applied before" 1 "" 'The Service "h2" is invalid: spec.ports: Required value'
run apply -f pod.yaml
run expose pod hello-pod --name=exposed --port=80
printf 'apiVersion: v1\nkind: Service\nmetadata:\n  name: exposed\n  labels: {tier: web}\n' >partial.yaml
run apply -f partial.yaml --dry-run=server
expect "but not what another verb has set" 0 "service/exposed configured (server dry run)" "Warning: *is missing the *"
run apply -f partial.yaml
[ "$(spec_of exposed port)" = "[] [80] " ]
verdict $? "which stays"
service h1 0 "  clusterIP: 10.96.9.9
  sessionAffinity: Never
" >wrong.yaml
for mode in none server; do
	run apply -f wrong.yaml --dry-run=$mode
	expect "all errors together with --dry-run=$mode" 1 "" 'The Service "h1" is invalid: 
\* spec.clusterIPs\[0]: Invalid value: \["10.96.9.9"]: may not change once set
\* spec.ports\[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
\* spec.ports\[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive
\* spec.sessionAffinity: Unsupported value: "Never": supported values: "ClientIP", "None"'
done
service h9 0 "  clusterIP: 1.2.3.4
" >wrong.yaml
run apply -f wrong.yaml
expect "what cannot be allocated is told alone" 1 "" 'The Service "h9" is invalid: spec.clusterIPs: Invalid value: \["1.2.3.4"]: failed to allocate IP 1.2.3.4: the provided network does not match the current range'

done_testing

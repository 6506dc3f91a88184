#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Forms of kubectl get: JSONPath, columns, order, fields, following changes. TAP.

# shellcheck source-path=SCRIPTDIR source=cli_lib.sh
source "$(dirname "$0")/cli_lib.sh"

for i in 1 2 10; do
	service "web-$i" $((80 + i)) "  clusterIP: 10.96.1.$i
"
	echo ---
done >services.yaml
pod hello 10.244.0.5 8080 >>services.yaml
run apply -f services.yaml
run label svc web-2 example.com/tier=front app=x

run get svc web-1 -o 'jsonpath={.spec.clusterIP}'
expect "-o jsonpath= of one" 0 "10.96.1.1" ""
run get svc -o 'jsonpath={range .items[*]}{.metadata.name}={.spec.ports[0].port}{"\n"}{end}'
expect "-o jsonpath= of all" 0 "web-1=81
web-10=90
web-2=82" ""
run get svc web-1 -o jsonpath='{.nothing}'
expect "what is not there" 0 "" ""
run get svc web-1 -o jsonpath='{.x'
expect "no template" 1 "" "error: error parsing jsonpath {.x, unclosed action"
run get svc nobody -o jsonpath='{.x}'
expect "nobody" 1 "" 'Error from server (NotFound): services "nobody" not found'
run get svc -o custom-columns=NAME:.metadata.name,TIER:'.metadata.labels.example\.com/tier'
expect "-o custom-columns=" 0 "NAME     TIER
web-1    <none>
web-10   <none>
web-2    front" ""
run get svc --no-headers -o custom-columns=N:.metadata.name
expect "without headers" 0 "web-1
web-10
web-2" ""
run get svc -o custom-columns=NAME
expect "no columns" 1 "" "error: unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>"
run get svc --sort-by=.metadata.name -o name
expect "--sort-by a name" 0 "service/web-1
service/web-2
service/web-10" ""
run get svc --sort-by='{.spec.ports[0].port}' -o name
expect "--sort-by a number" 0 "service/web-1
service/web-2
service/web-10" ""
run get svc --sort-by=.x
expect "--sort-by what nothing has" 1 "" "error: couldn't find any field with path \".x\" in the list of objects"
run get svc -L example.com/tier,app --no-headers
expect "-L" 0 "web-1 *81/TCP *[0-9]s *
web-10 *
web-2 *82/TCP *[0-9]s *front   x" ""
run get svc -L example.com/tier
expect "the header of -L" 0 "NAME * AGE * TIER
*" ""
run get svc --field-selector metadata.name=web-2 -o name
expect "--field-selector" 0 "service/web-2" ""
run get svc --field-selector spec.type!=ClusterIP
expect "which nothing has" 0 "" "No resources found in default namespace."
run get po --field-selector spec.type=x
expect "a field of others" 1 "" 'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "spec.type=x": field label not supported: spec.type'

# ---- following changes ------------------------------------------------------
"$ipsvc" get svc -w -l watched >watched.txt 2>watch-err.txt </dev/null &
watcher=$!
seen() { # PATTERN
	for _ in $(seq 200); do
		grep -q "$1" watched.txt && return
		sleep 0.05
	done
	return 1
}
run label svc web-1 web-2 watched=yes
seen '^web-2 '
verdict $? "-w shows what changes"
[ "$(head -1 watched.txt | cut -c1-4)" = NAME ]
verdict $? "below one header"
run label svc web-10 other=yes
run delete svc web-1
seen '^web-1 .*' && [ "$(grep -c '^web-1 ' watched.txt)" -ge 1 ] && ! grep -q '^web-10 ' watched.txt
verdict $? "and only what was asked for"
kill "$watcher"
wait "$watcher" 2>/dev/null
run get ep -w
expect "not of what is computed" 1 "" "$deprecated
error: * computed from *"

# ---- describe ---------------------------------------------------------------
run describe pod hello
expect "describe" 0 "Name: *hello
Namespace: *default
*
Events: *<none>" ""
run describe pods h
expect "by the beginning of names" 0 "Name: *hello
*" ""
run describe pod nobody
expect "what is not there" 1 "" 'Error from server (NotFound): pods "nobody" not found'
run describe pods -n empty
expect "where nothing is" 0 "" "No resources found in empty namespace."
run describe pods -A -l app=nothing
expect "or nothing of these labels" 0 "" "No resources found"

# ---- wait -------------------------------------------------------------------
run wait pod/hello --for=condition=Ready
expect "wait for a condition" 0 "pod/hello condition met" ""
run wait pod hello --for=jsonpath='{.status.phase}'=Running -o name
expect "for a value" 0 "pod/hello" ""
run wait svc -l other=yes --for=jsonpath='{.spec.clusterIP}'
expect "for any value, by labels" 0 "service/web-10 condition met" ""
run wait pod/hello --for=condition=Ready=False --timeout=0
expect "for what is not so" 1 "" "error: timed out waiting for the condition on pods/hello"
run wait svc/nobody --for=condition=Ready
expect "of what is not there" 1 "" 'Error from server (NotFound): services "nobody" not found'
run wait svc/nobody --for=delete
expect "for what is gone" 0 "service/nobody condition met" ""
run wait svc/nobody --for=frob
expect "for nobody knows what" 1 "" 'error: unrecognized condition: "frob"'
run wait svc/nobody --for=delete --timeout=soon
expect "for no time" 1 "" 'error: invalid argument "soon" for "--timeout" flag: *'
{ "$ipsvc" wait svc/later --for=create --timeout=20s >later.txt; echo "rc $?" >>later.txt; } &
waiter=$!
service later 80 >later.yaml
run apply -f later.yaml
wait "$waiter"
[ "$(cat later.txt)" = "service/later condition met
rc 0" ]
verdict $? "until it is made"
run wait svc --for=delete
expect "of nothing" 1 "" "error: resource(s) were provided, but no name was specified"

run api-resources
expect "api-resources" 0 "NAME * SHORTNAMES * APIVERSION * NAMESPACED * KIND*
services * svc * v1 * true * Service
endpointslices * discovery.k8s.io/v1 * true * EndpointSlice" ""

done_testing

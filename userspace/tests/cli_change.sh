#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Verbs of kubectl that change what is there: create service, replace, label, annotate,
# patch. TAP.

# shellcheck source-path=SCRIPTDIR source=cli_lib.sh
source "$(dirname "$0")/cli_lib.sh"

spec_of() { # NAME JSON-PATH: python's d["spec"]…
	"$ipsvc" get svc "$1" -o json | python3 -c "import json, sys; d = json.load(sys.stdin); print(json.dumps($2))"
}

# ---- create service ---------------------------------------------------------
run create service clusterip web --tcp=80:8080 --tcp=81
expect "create service" 0 "service/web created" ""
[ "$(spec_of web '[d["metadata"]["labels"], d["spec"]["selector"], d["spec"]["ports"]]')" = '[{"app": "web"}, {"app": "web"}, [{"name": "80-8080", "port": 80, "protocol": "TCP", "targetPort": 8080}, {"name": "81", "port": 81, "protocol": "TCP", "targetPort": 81}]]' ]
verdict $? "with kubectl's labels and names"
run create service clusterip web --tcp=80
expect "what is there" 1 "" 'Error from server (AlreadyExists): services "web" already exists'
run create service nodeport np --tcp=80:http --node-port=30080 -o name
expect "a node port" 0 "service/np" ""
[ "$(spec_of np '[d["spec"]["type"], d["spec"]["ports"][0]["nodePort"], d["spec"]["ports"][0]["targetPort"]]')" = '["NodePort", 30080, "http"]' ]
verdict $? "as asked for"
run create service clusterip h --clusterip=None
expect "headless" 0 "service/h created" ""
run create service clusterip h2 --clusterip=None --tcp=80
expect "which has no ports" 1 "" "error: can not map ports with clusterip=None"
run create service loadbalancer lb
expect "no ports" 1 "" "error: at least one tcp port specifier must be provided"
run create service externalname x --external-name=a..b
expect "no name of a host" 1 "" "error: invalid service external name a..b"
run create service externalname x --external-name=example.com --dry-run=client
expect "externalname" 0 "service/x created (dry run)" ""
run create service clusterip y --tcp=80:-a
expect "no port" 1 "" "error: must *"
run create service clusterip y --tcp=eighty
expect "no number" 1 "" 'error: unable to parse port "eighty": *'
run create service frob y --tcp=80
expect "no type" 2 "" "*unknown type of Service 'frob'*"
run create service clusterip z --tcp=80 --dry-run=server
expect "a dry run of the server" 0 "service/z created (server dry run)" ""
run get svc z
expect "makes nothing" 1 "" 'Error from server (NotFound): services "z" not found'

# ---- label and annotate -----------------------------------------------------
run label svc web tier=back
expect "label" 0 "service/web labeled" ""
run label svc web tier=back
expect "the same again" 0 "service/web not labeled" ""
run label svc web tier=front
expect "another value" 1 "" "error: 'tier' already has a value (back), and --overwrite is false"
run label svc web tier=front --overwrite
expect "another value with --overwrite" 0 "service/web labeled" ""
run label svc/web svc/np env=prod
expect "two of them" 0 "service/web labeled
service/np labeled" ""
run label svc -l env=prod env-
expect "by labels" 0 "service/np unlabeled
service/web unlabeled" ""
run label svc web nothing-
expect "what is not there" 0 'label "nothing" not found.
service/web not labeled' ""
run label svc web a=b a-
expect "both ways" 1 "" "error: can not both modify and remove a label in the same command"
run label svc web
expect "no change" 1 "" "error: at least one label update is required"
run label svc web "a=b c"
expect "no value of a label" 1 "" 'error: invalid label value: "a=b c": a valid label must be *'
run label svc web a=b np
expect "a name after a change" 1 "" "error: all resources must be specified before label changes: np"
run label svc nobody a=b
expect "nobody" 1 "" 'Error from server (NotFound): services "nobody" not found'
run label svc web --list
expect "--list" 0 "*tier=front*service/web not labeled" ""
run annotate svc web what='a=b c'
expect "annotate" 0 "service/web annotated" ""
run annotate svc web what=other
expect "another text" 1 "" "error: --overwrite is false but found the following declared annotation(s): 'what' already has a value (a=b c)"
run annotate svc web what- --dry-run=client
expect "a dry run" 0 "service/web annotated (dry run)" ""
[ "$(spec_of web 'd["metadata"]["annotations"]')" = '{"what": "a=b c"}' ]
verdict $? "changes nothing"

# ---- patch ------------------------------------------------------------------
run patch svc web -p '{"spec":{"ports":[{"port":81,"targetPort":8081}]}}'
expect "patch" 0 "service/web patched" ""
[ "$(spec_of web '[p["targetPort"] for p in d["spec"]["ports"]]')" = '[8080, 8081]' ]
verdict $? "merges ports by number"
run patch svc web -p '{"spec":{"ports":[{"port":81,"targetPort":8081}]}}'
expect "the same again" 0 "service/web patched (no change)" ""
run patch svc web -p "spec: {ports: [{port: 81, \$patch: delete}]}"
expect "YAML, and \$patch: delete" 0 "service/web patched" ""
[ "$(spec_of web '[p["port"] for p in d["spec"]["ports"]]')" = '[80]' ]
verdict $? "takes one away"
run patch svc web --type=merge -p '{"metadata":{"annotations":{"what":null}},"spec":{"ports":[{"port":8}]}}'
expect "merge" 0 "service/web patched" ""
[ "$(spec_of web '[[p["port"] for p in d["spec"]["ports"]], d["metadata"].get("annotations")]')" = '[[8], null]' ]
verdict $? "puts one list in place of another"
run patch svc web --type=json -p '[{"op":"test","path":"/spec/ports/0/port","value":8},{"op":"replace","path":"/spec/ports/0/port","value":9},{"op":"add","path":"/spec/ports/-","value":{"name":"b","port":10}},{"op":"add","path":"/spec/ports/0/name","value":"a"},{"op":"add","path":"/metadata/labels/x~1y","value":"z"}]'
expect "json" 0 "service/web patched" ""
[ "$(spec_of web '[[p["port"] for p in d["spec"]["ports"]], d["metadata"]["labels"]["x/y"]]')" = '[[9, 10], "z"]' ]
verdict $? "does its operations in order"
run patch svc web --type=json -p '[{"op":"remove","path":"/spec/nothing"}]'
expect "what cannot be done" 1 "" "The request is invalid: operation 0 (remove of /spec/nothing) cannot be done"
run patch svc web -p '{"spec":{"clusterIP":"10.96.9.9"}}'
expect "what may not change" 1 "" 'The Service "web" is invalid: spec.clusterIPs\[0]: Invalid value: \["10.96.9.9"]: may not change once set'
run patch svc web -p '{"spec":{"type":"NodePort"}}' --dry-run=server -o yaml
expect "a dry run of the server prints what would be" 0 "*nodePort: 3*type: NodePort*" ""
run patch svc web -p '{'
expect "no JSON" 1 "" 'error: unable to parse "{": *'
run patch svc web
expect "no patch" 1 "" "error: must specify --patch or --patch-file containing the contents of the patch"
run patch svc web --type=frob -p '{}'
expect "no type of patch" 1 "" 'error: --type must be one of \[json merge strategic], not "frob"'
printf 'spec: {sessionAffinity: None}\n' >patch.yaml
run patch svc web --patch-file patch.yaml
expect "--patch-file" 0 "service/web patched (no change)" ""

# ---- replace ----------------------------------------------------------------
service web 80 >web.yaml
ip=$(spec_of web 'd["spec"]["clusterIP"]')
run replace -f web.yaml
expect "replace" 0 "service/web replaced" ""
[ "$(spec_of web '[d["spec"]["clusterIP"], d["metadata"].get("labels"), [p["port"] for p in d["spec"]["ports"]]]')" = "[$ip, null, [80]]" ]
verdict $? "leaves only the address"
service nobody 80 >nobody.yaml
run replace -f nobody.yaml
expect "what is not there is not replaced" 1 "" 'Error from server (NotFound): error when replacing "nobody.yaml": services "nobody" not found'
run replace
expect "replace of nothing" 1 "" "error: must specify --filename"

# ---- diff -------------------------------------------------------------------
service web 81 >changed.yaml
run diff -f web.yaml
expect "diff without a difference but for the annotation" 1 "diff -u -N *+++ */v1.Service.default.web*last-applied-configuration*" ""
run apply -f web.yaml
run diff -f web.yaml
expect "diff of what is applied" 0 "" ""
run diff -f changed.yaml
expect "diff" 1 "diff -u -N */v1.Service.default.web */v1.Service.default.web*-  - port: 80*+  - port: 81*" ""
KUBECTL_EXTERNAL_DIFF='echo' run diff -f changed.yaml
expect "by another program" 0 "*/LIVE-* */MERGED-*" ""
run diff -f new.yaml
expect "of no file" 2 "" "error: the path \"new.yaml\" does not exist"
service web 0 >wrong.yaml
run diff -f wrong.yaml
expect "of what is refused" 2 "" 'The Service "web" is invalid: *'
[ "$(spec_of web '[p["port"] for p in d["spec"]["ports"]]')" = "[80]" ]
verdict $? "diff changes nothing"

run version --client
expect "version" 0 "Client Version: [0-9]*" ""

done_testing

// SPDX-License-Identifier: GPL-2.0-or-later
/* What describe says, as kubectl says it of the same objects; all of it in UTC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "api/describe.h"
#include "api/endpoints/endpoints.h"
#include "api/endpointslice/endpointslice.h"
#include "api/namespace/namespace.h"
#include "api/node/node.h"
#include "api/pod/pod.h"
#include "api/service/service.h"
#include "base/memory.h"

/* 2026-11-30T00:00:00Z */
#define NOW	INT64_C(1795996800)

/* JSON with ' for ". */
static json_t *parse(const char *text)
{
	char *copy = xstrdup(text);
	json_error_t error;
	json_t *doc;

	for (char *p = copy; (p = strchr(p, '\''));)
		*p = '"';
	doc = json_loads(copy, 0, &error);
	if (!doc)
		fail_msg("%s", error.text);
	free(copy);
	return doc;
}

/* The first of @docs is described, with the others, which end with a NULL. */
static void expect(const struct ipsvc_kind *kind, const char *const *docs,
		   const char *want)
{
	struct ipsvc_objects others = {0};
	struct ipsvc_buf lines = {0};
	json_t *doc = parse(docs[0]);
	char *got;

	for (size_t i = 1; docs[i]; i++)
		ipsvc_objects_add(&others, kind->describer->with,
				  parse(docs[i]), NULL, 0);
	kind->describer->describe(doc, &others, NOW, &lines);
	got = ipsvc_describe_align(lines.data);
	assert_string_equal(got, want);
	free(got);
	ipsvc_buf_free(&lines);
	ipsvc_objects_free(&others);
	json_decref(doc);
}

static void service(void **state)
{
	static const char *const docs[] = {
		"{'metadata':{'name':'web','namespace':'default','labels':{'b':'c','a':'d'},'annotations':{'note':'a\\nb\\n','kubectl.kubernetes.io/last-applied-configuration':'{}'}},"
		"'spec':{'type':'NodePort','selector':{'app':'x'},'ipFamilyPolicy':'SingleStack','ipFamilies':['IPv4'],'clusterIP':'10.96.0.9','clusterIPs':['10.96.0.9'],"
		"'externalIPs':['192.0.2.1'],'sessionAffinity':'None','externalTrafficPolicy':'Cluster','internalTrafficPolicy':'Cluster',"
		"'ports':[{'name':'http','port':80,'protocol':'TCP','targetPort':'web','appProtocol':'h2c','nodePort':30080},{'name':'dns','port':53,'protocol':'UDP','targetPort':53}]},"
		"'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.7','ipMode':'VIP'},{'hostname':'lb.example'}]}}}",
		"{'metadata':{'name':'web-1','namespace':'default','labels':{'kubernetes.io/service-name':'web'}},'ports':[{'name':'http','port':8080}],"
		"'endpoints':[{'addresses':['10.0.0.1']},{'addresses':['10.0.0.2'],'conditions':{'ready':false}},{'addresses':['10.0.0.3']},{'addresses':['fd00::1']},{'addresses':['10.0.0.5']}]}",
		"{'metadata':{'name':'web-2','namespace':'other','labels':{'kubernetes.io/service-name':'web'}},'ports':[{'name':'http','port':1}],'endpoints':[{'addresses':['10.9.9.9']}]}",
		NULL,
	};

	(void)state;
	expect(&ipsvc_service_kind, docs,
	       "Name:                     web\n"
	       "Namespace:                default\n"
	       "Labels:                   a=d\n"
	       "                          b=c\n"
	       "Annotations:              note:\n"
	       "                            a\n"
	       "                            b\n"
	       "Selector:                 app=x\n"
	       "Type:                     NodePort\n"
	       "IP Family Policy:         SingleStack\n"
	       "IP Families:              IPv4\n"
	       "IP:                       10.96.0.9\n"
	       "IPs:                      10.96.0.9\n"
	       "External IPs:             192.0.2.1\n"
	       "LoadBalancer Ingress:     192.0.2.7 (VIP), lb.example\n"
	       "Port:                     http  80/TCP\n"
	       "TargetPort:               web/TCP\n"
	       "AppProtocol:              h2c\n"
	       "NodePort:                 http  30080/TCP\n"
	       "Endpoints:                10.0.0.1:8080,10.0.0.3:8080,[fd00::1]:8080 + 1 more...\n"
	       "Port:                     dns  53/UDP\n"
	       "TargetPort:               53/UDP\n"
	       "Endpoints:                \n"
	       "Session Affinity:         None\n"
	       "External Traffic Policy:  Cluster\n"
	       "Internal Traffic Policy:  Cluster\n"
	       "Events:                   <none>\n");
}

static void endpoints(void **state)
{
	static const char *const docs[] = {
		"{'metadata':{'name':'web','namespace':'default'},'subsets':[{'addresses':[{'ip':'10.0.0.1'},{'ip':'10.0.0.2'}],'ports':[{'name':'http','port':8080,'protocol':'TCP'},{'port':53,'protocol':'UDP'}]}]}",
		NULL,
	};
	static const char *const slice[] = {
		"{'metadata':{'name':'web-1','namespace':'default'},'addressType':'IPv4','ports':[{'name':'http','port':8080,'protocol':'TCP'}],"
		"'endpoints':[{'addresses':['10.0.0.1'],'conditions':{'ready':true},'targetRef':{'kind':'Pod','name':'p1'},'nodeName':'n1'}]}",
		NULL,
	};

	(void)state;
	expect(&ipsvc_endpoints_kind, docs,
	       "Name:         web\n"
	       "Namespace:    default\n"
	       "Labels:       <none>\n"
	       "Annotations:  <none>\n"
	       "Subsets:\n"
	       "  Addresses:          10.0.0.1,10.0.0.2\n"
	       "  NotReadyAddresses:  <none>\n"
	       "  Ports:\n"
	       "    Name     Port  Protocol\n"
	       "    ----     ----  --------\n"
	       "    http     8080  TCP\n"
	       "    <unset>  53    UDP\n"
	       "\n"
	       "Events:  <none>\n");
	expect(&ipsvc_endpointslice_kind, slice,
	       "Name:         web-1\n"
	       "Namespace:    default\n"
	       "Labels:       <none>\n"
	       "Annotations:  <none>\n"
	       "AddressType:  IPv4\n"
	       "Ports:\n"
	       "  Name  Port  Protocol\n"
	       "  ----  ----  --------\n"
	       "  http  8080  TCP\n"
	       "Endpoints:\n"
	       "  - Addresses:  10.0.0.1\n"
	       "    Conditions:\n"
	       "      Ready:    true\n"
	       "    Hostname:   <unset>\n"
	       "    TargetRef:  Pod/p1\n"
	       "    NodeName:   n1\n"
	       "    Zone:       <unset>\n"
	       "Events:         <none>\n");
}

static const char pod_text[] =
	"Name:         p\n"
	"Namespace:    default\n"
	"Node:         n1/1.2.3.4\n"
	"Start Time:   Thu, 01 Jan 2026 00:00:00 +0000\n"
	"Labels:       <none>\n"
	"Annotations:  <none>\n"
	"Status:       Running\n"
	"IP:           10.0.0.1\n"
	"IPs:\n"
	"  IP:           10.0.0.1\n"
	"Controlled By:  X/y\n"
	"Containers:\n"
	"  c:\n"
	"    Container ID:  y\n"
	"    Image:         i\n"
	"    Image ID:      x\n"
	"    Ports:         80/TCP (http), 81/UDP\n"
	"    Host Ports:    0/TCP (http), 0/UDP\n"
	"    Command:\n"
	"      sh\n"
	"      -c\n"
	"      x\n"
	"      y\n"
	"    Args:\n"
	"      a\n"
	"    State:          Running\n"
	"      Started:      Thu, 01 Jan 2026 00:00:00 +0000\n"
	"    Ready:          True\n"
	"    Restart Count:  3\n"
	"    Limits:\n"
	"      cpu:     1\n"
	"      memory:  1Gi\n"
	"    Requests:\n"
	"      cpu:     100m\n"
	"      memory:  1Gi\n"
	"    Environment:\n"
	"      A:  b\n"
	"    Mounts:\n"
	"      /x from v (ro)\n"
	"  d:\n"
	"    Image:        j\n"
	"    Port:         <none>\n"
	"    Host Port:    <none>\n"
	"    Environment:  <none>\n"
	"    Mounts:       <none>\n"
	"Conditions:\n"
	"  Type           Status\n"
	"  Ready          True \n"
	"Volumes:         <none>\n"
	"QoS Class:       Burstable\n"
	"Node-Selectors:  a=b\n"
	"Tolerations:     k:NoExecute op=Exists for 300s\n"
	"Events:          <none>\n";

static void pod(void **state)
{
	static const char *const docs[] = {
		"{'metadata':{'name':'p','namespace':'default','ownerReferences':[{'kind':'X','name':'y','controller':true}]},"
		"'spec':{'nodeName':'n1','nodeSelector':{'a':'b'},'tolerations':[{'key':'k','operator':'Exists','effect':'NoExecute','tolerationSeconds':300}],'containers':["
		"{'name':'c','image':'i','command':['sh','-c','x\\ny'],'args':['a'],'ports':[{'containerPort':80,'name':'http','protocol':'TCP'},{'containerPort':81,'protocol':'UDP'}],'env':[{'name':'A','value':'b'}],"
		"'resources':{'limits':{'cpu':'1','memory':'1Gi'},'requests':{'cpu':'100m'}},'volumeMounts':[{'name':'v','mountPath':'/x','readOnly':true}]},{'name':'d','image':'j'}]},"
		"'status':{'podIP':'10.0.0.1','podIPs':[{'ip':'10.0.0.1'}],'hostIP':'1.2.3.4','phase':'Running','startTime':'2026-01-01T00:00:00Z','conditions':[{'type':'Ready','status':'True'}],"
		"'containerStatuses':[{'name':'c','ready':true,'restartCount':3,'imageID':'x','containerID':'y','state':{'running':{'startedAt':'2026-01-01T00:00:00Z'}}}]}}",
		NULL,
	};

	(void)state;
	expect(&ipsvc_pod_kind, docs, pod_text);
}

static void cluster_scoped(void **state)
{
	static const char *const node[] = {
		"{'metadata':{'name':'n1','creationTimestamp':'2026-01-01T00:00:00Z'},'spec':{'taints':[{'key':'k','value':'v','effect':'NoSchedule'}]},"
		"'status':{'addresses':[{'type':'InternalIP','address':'10.0.0.1'}],'conditions':[{'type':'Ready','status':'True','reason':'R','message':'M','lastHeartbeatTime':'2026-01-01T00:00:00Z'}]}}",
		"{'metadata':{'name':'p','namespace':'default','creationTimestamp':'2026-11-29T00:00:00Z'},'spec':{'nodeName':'n1'}}",
		"{'metadata':{'name':'q','namespace':'default'},'spec':{'nodeName':'n2'}}",
		"{'metadata':{'name':'r','namespace':'default'},'spec':{'nodeName':'n1'},'status':{'phase':'Failed'}}",
		NULL,
	};
	static const char *const ns[] = {
		"{'metadata':{'name':'team'},'status':{'phase':'Active'}}", NULL,
	};

	(void)state;
	expect(&ipsvc_node_kind, node,
	       "Name:               n1\n"
	       "Roles:              <none>\n"
	       "Labels:             <none>\n"
	       "Annotations:        <none>\n"
	       "CreationTimestamp:  Thu, 01 Jan 2026 00:00:00 +0000\n"
	       "Taints:             k=v:NoSchedule\n"
	       "Unschedulable:      false\n"
	       "Conditions:\n"
	       "  Type    Status  LastHeartbeatTime                 LastTransitionTime                Reason  Message\n"
	       "  ----    ------  -----------------                 ------------------                ------  -------\n"
	       "  Ready   True    Thu, 01 Jan 2026 00:00:00 +0000   Mon, 01 Jan 0001 00:00:00 +0000   R       M\n"
	       "Addresses:\n"
	       "  InternalIP:  10.0.0.1\n"
	       "System Info:\n"
	       "  Machine ID:                 \n"
	       "  System UUID:                \n"
	       "  Boot ID:                    \n"
	       "  Kernel Version:             \n"
	       "  OS Image:                   \n"
	       "  Operating System:           \n"
	       "  Architecture:               \n"
	       "  Container Runtime Version:  \n"
	       "  Kubelet Version:            \n"
	       "Non-terminated Pods:          (1 in total)\n"
	       "  Namespace                   Name    Age\n"
	       "  ---------                   ----    ---\n"
	       "  default                     p       24h\n"
	       "Events:                       <none>\n");
	expect(&ipsvc_namespace_kind, ns,
	       "Name:         team\n"
	       "Labels:       <none>\n"
	       "Annotations:  <none>\n"
	       "Status:       Active\n"
	       "\n"
	       "No resource quota.\n"
	       "\n"
	       "No LimitRange resource.\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(service),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(pod),
		cmocka_unit_test(cluster_scoped),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("describe", tests, NULL, NULL);
}

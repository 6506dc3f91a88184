# SPDX-License-Identifier: GPL-2.0-or-later
"""Worlds at random, as an API server has them: Services, Pods, Nodes, Endpoints; the same for the same seed."""
import copy
import random

NAMESPACES = ["default", "default", "default", "shop"]
APPS = ["web", "web", "db"]
ZONES = ["a", "b", "c"]
PROTOCOLS = ["TCP", "TCP", "TCP", "UDP", "SCTP"]
TARGETS = [80, 8080, "http", "http", "dns", "admin"]
PORT_NAMES = ["http", "dns", "admin", "web"]
FAMILIES = [["IPv4"], ["IPv4"], ["IPv6"], ["IPv4", "IPv6"], ["IPv6", "IPv4"]]
TYPES = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]
TOPOLOGY = ["service.kubernetes.io/topology-mode", "service.kubernetes.io/topology-aware-hints"]
DISTRIBUTIONS = ["PreferClose", "PreferSameZone", "PreferSameNode"]
LABELS = {"app.kubernetes.io/name": "web", "team": "a", "service.kubernetes.io/headless": "",
          "endpointslice.kubernetes.io/managed-by": "me", "endpointslice.kubernetes.io/skip-mirror": "false",
          "kubernetes.io/service-name": "other", "service.kubernetes.io/service-proxy-name": "x"}
ANNOTATIONS = {"note": "x", "kubectl.kubernetes.io/last-applied-configuration": "{}",
               "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-02T03:04:05Z"}
TIME = "2026-01-02T03:04:05Z"


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.n = 0

    def one(self, choices):
        return copy.deepcopy(self.random.choice(choices))

    def chance(self, p):
        return self.random.random() < p

    def number(self):
        self.n += 1
        return self.n

    def some(self, table, p):
        return {k: v for k, v in table.items() if self.chance(p)}

    def meta(self, name, namespace=None):
        meta = {"name": name, "uid": f"{self.number():08x}-0000-4000-8000-000000000000"}
        if namespace:
            meta["namespace"] = namespace
        return meta

    # ---- nodes -------------------------------------------------------------

    def node(self, i):
        doc = {"apiVersion": "v1", "kind": "Node", "metadata": self.meta(f"n{i}")}
        if self.chance(0.8):
            doc["metadata"]["labels"] = {"topology.kubernetes.io/zone": self.one([*ZONES, ""])}
        return doc

    # ---- Pods --------------------------------------------------------------

    def addresses(self, i):
        v4, v6 = f"10.244.{i // 200}.{i % 200 + 1}", f"fd00:244::{i + 1:x}"
        ips = self.one([[v4], [v4], [v4, v6], [v4, v6], [v6, v4], [v6], []])
        status = {"podIPs": [{"ip": ip} for ip in ips]} if ips and self.chance(0.9) else {}
        if ips and (not status or self.chance(0.95)):
            status["podIP"] = ips[0]
        return status

    def conditions(self):
        all_of = []
        if self.chance(0.3):
            all_of.append({"type": "PodScheduled", "status": "True"})
        if self.chance(0.3):
            all_of.append({"type": "ContainersReady", "status": self.one(["True", "False"])})
        if self.chance(0.93):
            all_of.append({"type": "Ready", "status": self.one(["True"] * 7 + ["False", "False", "Unknown"])})
        self.random.shuffle(all_of)
        return all_of

    def container_ports(self):
        ports = []
        for name in PORT_NAMES:
            if self.chance(0.6 if name == "http" else 0.25):
                port = {"name": name, "containerPort": self.one([80, 8080, 8080, 9090])}
                if self.chance(0.6):
                    port["protocol"] = self.one(PROTOCOLS)
                ports.append(port)
        if self.chance(0.2):
            ports.append({"containerPort": 8080})
        return ports

    def container(self, i, init=False):
        doc = {"name": f"c{i}", "image": "x"}
        ports = self.container_ports()
        if ports:
            doc["ports"] = ports
        if init and self.chance(0.6):
            doc["restartPolicy"] = "Always"
        return doc

    def pod(self, i, nodes):
        namespace = self.one(NAMESPACES)
        doc = {"apiVersion": "v1", "kind": "Pod", "metadata": self.meta(f"p{i}", namespace)}
        if self.chance(0.95):
            doc["metadata"]["labels"] = {"app": self.one(APPS)}
            if self.chance(0.4):
                doc["metadata"]["labels"]["tier"] = self.one(["front", "back", ""])
        if self.chance(0.15):
            doc["metadata"] |= {"deletionTimestamp": TIME, "deletionGracePeriodSeconds": 30}
        spec = doc["spec"] = {"containers": [self.container(j) for j in range(self.one([1, 1, 1, 2]))]}
        if self.chance(0.25):
            spec["initContainers"] = [self.container(j + 5, True) for j in range(self.one([1, 2]))]
        if self.chance(0.95):
            spec["nodeName"] = self.one([n["metadata"]["name"] for n in nodes] * 4 + ["gone"])
        if self.chance(0.2):
            spec["hostname"] = self.one(["h1", "h2"])
        if self.chance(0.2):
            spec["subdomain"] = self.one(["s1", "s2", "other"])
        doc["status"] = {"phase": self.one(["Running"] * 12 + ["Pending", "Succeeded", "Failed", "Unknown", ""])}
        if self.chance(0.1):    # the address of the Node, which others have too
            spec["hostNetwork"] = True
            doc["status"] |= {"podIP": "192.0.2.1", "podIPs": [{"ip": "192.0.2.1"}]}
        else:
            doc["status"] |= self.addresses(i)
        conditions = self.conditions()
        if conditions:
            doc["status"]["conditions"] = conditions
        return doc

    # More than one slice takes.
    def crowd(self, nodes):
        pods = []
        for i in range(self.random.randint(95, 230)):
            pods.append({"apiVersion": "v1", "kind": "Pod",
                         "metadata": self.meta(f"q{i}", "default") | {"labels": {"app": "web"}},
                         "spec": {"containers": [{"name": "c", "image": "x"}],
                                  "nodeName": nodes[0]["metadata"]["name"]},
                         "status": {"phase": "Running", "podIP": f"10.245.0.{i + 1}",
                                    "podIPs": [{"ip": f"10.245.0.{i + 1}"}],
                                    "conditions": [{"type": "Ready", "status": "True"}]}})
        return pods

    # ---- Services ----------------------------------------------------------

    def port(self, i, several):
        port = {"port": self.one([80, 443, 53, 8080]), "protocol": self.one(PROTOCOLS), "targetPort": self.one(TARGETS)}
        if several or self.chance(0.3):
            port["name"] = f"p{i}"
        if self.chance(0.15):
            port["appProtocol"] = self.one(["http", "kubernetes.io/h2c"])
        if self.chance(0.05):
            del port["targetPort"]
        return port

    def families(self, spec, i):
        families = self.one(FAMILIES)
        spec["ipFamilies"] = families
        spec["ipFamilyPolicy"] = "SingleStack" if len(families) == 1 else "PreferDualStack"
        if self.chance(0.3):
            spec["clusterIP"], spec["clusterIPs"] = "None", ["None"]
        else:
            ips = [f"10.96.0.{i}" if f == "IPv4" else f"fd00:96::{i}" for f in families]
            spec["clusterIP"], spec["clusterIPs"] = ips[0], ips

    def service(self, i):
        doc = {"apiVersion": "v1", "kind": "Service", "metadata": self.meta(f"s{i}", self.one(NAMESPACES))}
        spec = doc["spec"] = {"type": self.random.choices(TYPES, [70, 10, 10, 5])[0]}
        labels = self.some(LABELS, 0.06)
        if labels:
            doc["metadata"]["labels"] = labels
        if spec["type"] == "ExternalName":
            spec["externalName"] = "example.com"
        else:
            self.families(spec, i)
        n = self.random.choices([1, 2, 3], [6, 3, 1])[0]
        if spec.get("clusterIP") == "None" and self.chance(0.3):
            n = 0
        if n:
            spec["ports"] = [self.port(j, n > 1) for j in range(n)]
        if self.chance(0.8):
            spec["selector"] = {"app": self.one(APPS)}
            if self.chance(0.15):
                spec["selector"]["tier"] = self.one(["front", ""])
        if self.chance(0.15):
            spec["publishNotReadyAddresses"] = True
        if self.chance(0.2):
            spec["trafficDistribution"] = self.one(DISTRIBUTIONS)
        if self.chance(0.05):   # of Nodes that do not tell how many CPUs they have nothing comes of it, and of the other
            doc["metadata"]["annotations"] = {self.one(TOPOLOGY): self.one(["Auto", "auto", "Disabled"])}
        if self.chance(0.03) and spec.get("clusterIP") != "None":   # as old versions of Kubernetes have stored it
            spec.pop("ipFamilies", None)
        return doc

    # ---- Endpoints of Services without a selector ---------------------------

    def address(self):
        address = {"ip": self.one([f"198.51.100.{i}" for i in range(1, 7)] + [f"fd00:51::{i}" for i in range(1, 4)])}
        if self.chance(0.2):
            address["hostname"] = self.one(["h1", "h2"])
        if self.chance(0.3):
            address["nodeName"] = self.one(["n1", "n2"])
        if self.chance(0.2):
            address["targetRef"] = {"kind": "Pod", "namespace": "default", "name": self.one(["p1", "p2"]),
                                    "uid": self.one(["u1", "u2"])}
        return address

    def subset(self):
        subset = {}
        for key, p in ("addresses", 0.9), ("notReadyAddresses", 0.4):
            if self.chance(p):
                subset[key] = [self.address() for _ in range(self.random.randint(1, 4))]
        n = self.random.choices([0, 1, 2], [2, 6, 3])[0]
        if n:
            subset["ports"] = [{"port": self.one([80, 443, 8080]), "protocol": self.one(PROTOCOLS)} for _ in range(n)]
        for i, port in enumerate(subset.get("ports", [])):
            if n > 1 or self.chance(0.5):
                port["name"] = f"p{i}"
            if self.chance(0.15):
                port["appProtocol"] = "http"
        return subset

    def endpoints(self, service):
        meta = service["metadata"]
        doc = {"apiVersion": "v1", "kind": "Endpoints", "metadata": self.meta(meta["name"], meta["namespace"])}
        doc["subsets"] = [self.subset() for _ in range(self.random.choices([0, 1, 2, 3], [1, 6, 3, 1])[0])]
        # Of a port that is twice there Kubernetes compares appProtocol by where it is in memory.
        seen = []
        for port in (port for subset in doc["subsets"] for port in subset.get("ports", [])):
            if port in seen:
                port.pop("appProtocol", None)
            seen.append(port)
        labels = self.some(LABELS, 0.06)
        if self.chance(0.06):
            labels["endpointslice.kubernetes.io/skip-mirror"] = "true"
        if labels:
            doc["metadata"]["labels"] = labels
        notes = self.some(ANNOTATIONS, 0.2)
        if self.chance(0.04):
            notes["control-plane.alpha.kubernetes.io/leader"] = "{}"
        if notes:
            doc["metadata"]["annotations"] = notes
        return doc

    def slice(self, service):
        meta = service["metadata"]
        labels = {"kubernetes.io/service-name": meta["name"], "endpointslice.kubernetes.io/managed-by": "me"}
        return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                "metadata": self.meta(f"{meta['name']}-mine", meta["namespace"]) | {"labels": labels},
                "endpoints": [{"addresses": ["203.0.113.1"]}], "ports": [{"port": 80}]}

    def world(self):
        self.n = 0
        nodes = [self.node(i) for i in range(1, self.random.randint(2, 4))]
        services = [self.service(i) for i in range(1, self.random.randint(2, 5))]
        docs = services + nodes + [self.pod(i, nodes) for i in range(self.random.randint(0, 10))]
        if self.chance(0.01):
            docs += self.crowd(nodes)
        for service in services:
            if "selector" not in service["spec"]:
                if self.chance(0.7):
                    docs.append(self.endpoints(service))
                if self.chance(0.3):
                    docs.append(self.slice(service))
        self.random.shuffle(docs)
        return docs

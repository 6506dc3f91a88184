# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects of other kinds than Services at random, right and wrong, and changes of them; the same for the same seed."""
import copy

import services

IPV4 = ["198.51.100.1", "198.51.100.2", "10.244.0.9"]
IPV6 = ["fd00:51::1", "fd00:51::2"]
NAMES = ["n1", "web.example.com", "N1", "-n", "n_1", "", "a" * 64, "b" * 254]
HOSTNAMES = ["h1", "h2", "H", "h.x", "-h", "", services.LONG]
DOMAINS = ["example.com", "a.b.", "example", "", ".", "A.b", "x_y.z", "c" * 254]
PORT_NAMES = ["http", "p-1", "P", "-p", "a" * 64, "a.b"]
PROTOCOLS = ["TCP", "UDP", "SCTP"]
CONDITIONS = [{}, {"ready": True}, {"ready": False, "serving": True, "terminating": True}, {"ready": None}]
EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
POD_CIDRS = ["10.244.1.0/24", "fd00:244:1::/64"]


class Generator(services.Generator):
    def head(self, api_version, kind):
        meta = self.metadata()
        meta.pop("generation", None)  # which the server counts
        if kind in ("Node", "Namespace") and not self.chance(0.1):
            meta.pop("namespace", None)
        return {"apiVersion": api_version, "kind": kind, "metadata": meta}

    def reference(self):
        names = {"kind": "Pod", "namespace": "default", "name": "p1", "uid": "u1", "apiVersion": "v1",
                 "resourceVersion": "5", "fieldPath": "spec"}
        return {k: v for k, v in names.items() if self.chance(0.6)}

    # ---- EndpointSlices -----------------------------------------------------

    def endpoint(self, family):
        right = {"IPv4": IPV4, "IPv6": IPV6, "FQDN": DOMAINS[:2]}.get(family, IPV4)
        wrong = services.IPS + DOMAINS
        n = self.random.choices([0, 1, 2, 101], [2, 80, 10, 1])[0]
        doc = {"addresses": [self.mostly(right, wrong) for _ in range(n)]}
        if self.chance(0.5):
            doc["conditions"] = self.one(CONDITIONS)
        if self.chance(0.3):
            doc["hostname"] = self.mostly(HOSTNAMES[:2], HOSTNAMES)
        if self.chance(0.3):
            doc["nodeName"] = self.mostly(NAMES[:2], NAMES)
        if self.chance(0.2):
            doc["zone"] = self.one(["a", "", "b"])
        if self.chance(0.3):
            doc["targetRef"] = self.reference()
        if self.chance(0.2):
            doc["hints"] = {}
            for key, right, wrong in ("forZones", ["a", "b", "c"], services.VALUES), ("forNodes", NAMES[:2], NAMES):
                if self.chance(0.6):
                    n = 9 if self.chance(0.05) else self.random.randint(0, 2)
                    doc["hints"][key] = [{"name": self.mostly(right, wrong)} for _ in range(n)]
        if self.chance(0.04):
            doc["deprecatedTopology"] = self.one([{"a": "b"}, {"kubernetes.io/hostname": "n1"}])
        return doc

    def slice_port(self):
        port = {}
        if self.chance(0.8):
            port["port"] = self.mostly([80, 443], services.PORTS)
        if self.chance(0.6):
            port["name"] = self.mostly(["a", "b", "c", "d", ""], PORT_NAMES)
        if self.chance(0.6):
            port["protocol"] = self.mostly(PROTOCOLS, ["", "tcp", "HTTP"], 0.06)
        if self.chance(0.2):
            port["appProtocol"] = self.mostly(["http", "kubernetes.io/h2c"], services.KEYS, 0.3)
        return port

    def endpoint_slice(self):
        doc = self.head("discovery.k8s.io/v1", "EndpointSlice")
        family = self.mostly(["IPv4", "IPv6", "FQDN"], ["", "ipv4", "IP", None], 0.05)
        if family is not None:
            doc["addressType"] = family
        if self.chance(0.95):
            doc["endpoints"] = [self.endpoint(family) for _ in range(self.random.randint(0, 3))]
        if self.chance(0.9):
            doc["ports"] = [self.slice_port() for _ in range(self.random.choices([0, 1, 2, 3], [2, 6, 2, 1])[0])]
        return doc

    # ---- Endpoints ----------------------------------------------------------

    def address(self):
        doc = {"ip": self.mostly(IPV4 + IPV6, services.IPS)}
        if self.chance(0.2):
            doc["hostname"] = self.mostly(HOSTNAMES[:2], HOSTNAMES)
        if self.chance(0.2):
            doc["nodeName"] = self.mostly(NAMES[:2], NAMES)
        if self.chance(0.3):
            doc["targetRef"] = self.reference()
        return doc

    def endpoints_port(self, i, several):
        port = {"port": self.mostly([80, 443, 8080], services.PORTS)}
        if several or self.chance(0.4):
            port["name"] = self.mostly([f"p{i}"], [*PORT_NAMES, "", "p0"], 0.1)
        if self.chance(0.6):
            port["protocol"] = self.mostly(PROTOCOLS, ["", "tcp"], 0.06)
        if self.chance(0.2):
            port["appProtocol"] = self.mostly(["http", "kubernetes.io/h2c"], services.KEYS, 0.3)
        return port

    def subset(self):
        doc = {}
        for key, p in ("addresses", 0.85), ("notReadyAddresses", 0.3):
            if self.chance(p):
                doc[key] = [self.address() for _ in range(self.random.choices([0, 1, 2], [1, 8, 4])[0])]
        n = self.random.choices([0, 1, 2], [1, 6, 3])[0]
        if n:
            doc["ports"] = [self.endpoints_port(i, n > 1) for i in range(n)]
        return doc

    def endpoints(self):
        doc = self.head("v1", "Endpoints")
        if self.chance(0.95):
            doc["subsets"] = [self.subset() for _ in range(self.random.choices([0, 1, 2], [1, 6, 3])[0])]
        return doc

    # ---- Nodes and Namespaces -----------------------------------------------

    def taint(self):
        doc = {"key": self.mostly(["a", "example.com/a"], services.KEYS)}
        if self.chance(0.9):
            doc["effect"] = self.mostly(EFFECTS, ["", "Never"], 0.05)
        if self.chance(0.5):
            doc["value"] = self.mostly(["x", ""], services.VALUES)
        return doc

    def node(self):
        doc = self.head("v1", "Node")
        spec = {}
        if self.chance(0.4):
            spec["podCIDRs"] = self.one([POD_CIDRS, POD_CIDRS[:1], POD_CIDRS[::-1], [POD_CIDRS[0], "10.244.2.0/24"],
                                         [*POD_CIDRS, "10.0.0.0/8"], [self.one(services.CIDRS)], []])
        if self.chance(0.3):
            spec["podCIDR"] = self.mostly(POD_CIDRS[:1], services.CIDRS)
        if self.chance(0.2):
            spec["providerID"] = self.one(["x://1", "", "y"])
        if self.chance(0.2):
            spec["unschedulable"] = self.one([True, False])
        if self.chance(0.3):
            spec["taints"] = [self.taint() for _ in range(self.random.randint(0, 2))]
        if spec or self.chance(0.5):
            doc["spec"] = spec
        if self.chance(0.4):
            doc["status"] = {"addresses": [{"type": self.one(["InternalIP", "Hostname"]), "address": a}
                                           for a in self.random.sample(["10.0.0.11", "n1", "fd00::11"], 2)]}
        return doc

    def namespace(self):
        doc = self.head("v1", "Namespace")
        if self.chance(0.2):
            doc["spec"] = {"finalizers": self.some(["kubernetes", "example.com/a", "a", "a/b/c", ""], 2)}
        if self.chance(0.2):
            doc["status"] = self.one([{}, {"phase": "Terminating"}])
        return doc

    # ---- Pods: what ipsvc acts on is right or wrong ---------------------------

    def container_port(self, i):
        port = {"containerPort": self.mostly([80, 8080, 9000 + i], services.PORTS)}
        if self.chance(0.6):
            port["name"] = self.mostly([f"p{i}", "http"], services.TARGETS[2:])
        if self.chance(0.5):
            port["protocol"] = self.mostly(PROTOCOLS, ["tcp", "HTTP"], 0.06)
        if self.chance(0.1):
            port["hostPort"] = self.mostly([9000 + i], [-1 - i, 65536 + i], 0.2)
        return port

    def container(self, i, init):
        doc = {"name": f"c{i}", "image": "x"}
        if self.chance(0.8):
            doc["ports"] = [self.container_port(10 * i + j) for j in range(self.random.randint(0, 3))]
        if init and self.chance(0.5):
            doc["restartPolicy"] = "Always"
        return doc

    def pod(self):
        doc = self.head("v1", "Pod")
        spec = doc["spec"] = {"containers": [self.container(i, False) for i in range(self.random.randint(1, 2))]}
        if self.chance(0.2):
            spec["initContainers"] = [self.container(5, True)]
        for key, right, wrong in (("nodeName", NAMES[:2], NAMES), ("hostname", HOSTNAMES[:2], HOSTNAMES),
                                  ("subdomain", HOSTNAMES[:2], HOSTNAMES)):
            if self.chance(0.3):
                spec[key] = self.mostly(right, wrong)
        return doc

    # -------------------------------------------------------------------------

    def object(self):
        make = self.random.choices([self.endpoint_slice, self.endpoints, self.node, self.namespace, self.pod],
                                   [4, 4, 2, 1, 2])[0]
        doc = make()
        # ipsvc knows but a part of what a Pod may have.
        if doc["kind"] != "Pod" and self.chance(0.08):
            self.spoil(doc)
        return doc

    def places(self, value, path=()):
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            # ipsvc knows but a part of what a status may have.
            if path or key not in ("apiVersion", "kind", "status"):
                if path and key not in ("name", "namespace", "uid"):
                    yield value, key
                yield from self.places(item, (*path, key))

    def change(self, stored):
        doc = copy.deepcopy(stored)
        for name in ("uid", "creationTimestamp", "resourceVersion", "generation", "managedFields"):
            doc["metadata"].pop(name, None)
        if doc["kind"] not in ("Namespace", "Pod") and self.chance(0.8):
            make = {"EndpointSlice": self.endpoint_slice, "Endpoints": self.endpoints, "Node": self.node}[doc["kind"]]
            fresh = make()
            for key in fresh:
                if key not in ("metadata", "kind", "apiVersion") and self.chance(0.6):
                    doc[key] = fresh[key]
        if self.chance(0.2):
            doc["metadata"]["labels"] = self.labels(self.chance(0.2))
        return doc

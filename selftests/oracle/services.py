# SPDX-License-Identifier: GPL-2.0-or-later
"""Services at random, right and wrong, and changes of them: the same for the same seed."""
import copy
import random

LONG = "a" * 64
LABEL_WORDS = ["web", "a", "x-1", "Web", "-a", "a-", "a.b", "a_b", LONG, "9", "é"]
KEYS = ["app", "example.com/app", "a/b/c", "/a", "a/", "-a", "A.b/c", "x" * 64, "y" * 254 + "/a", ""]
VALUES = ["web", "", "a b", "-a", "v" * 64, "A_b.c", "é"]
IPS = ["10.96.3.4", "10.96.0.0", "10.96.255.255", "10.97.0.9", "1.2.3.4", "fd00::9", "FD00:0::1", "::ffff:10.96.0.9",
       "010.96.0.9", "10.96.0", "x", "", "None", "0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.9", "239.1.1.1", "::",
       "::1", "fe80::1", "fe80::1%eth0", "ff02::1", "255.255.255.255", "0:0:0:0:0:0:0:0", "10.96.0.9 "]
CIDRS = ["10.0.0.0/8", " 10.0.0.0/8 ", "10.0.0.1/8", "fd00::/8", "FD00::/8", "10.0.0.0", "10.0.0.0/33", "010.0.0.0/8",
         "10.0.0.0/08", "::ffff:10.0.0.0/104", "x", "", " ", "0.0.0.0/0", "::/0", "fd00::1/64"]
PORTS = [80, 443, 8080, 10250, 1, 65535, 0, -1, 65536, 2147483647]
NODE_PORTS = [30000, 30080, 30081, 32767, 0, 80, 29999, 32768, -1]
TARGETS = [8080, 0, "", "http", "8080", "-a", "a--b", "A", "a" * 16, "a-", 65536, -5, "no_good", "web-1"]
TYPES = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]
TOPOLOGY = ["service.kubernetes.io/topology-mode", "service.kubernetes.io/topology-aware-hints"]
RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
WRONG_TYPES = [[], {}, "x", 5, True, 1.5, ["x"], {"a": "b"}, 3000000000, [5], [{}], {"a": 5}]


class Generator:
    def __init__(self, seed, dual=False):
        self.random = random.Random(seed)
        self.dual = dual    # the cluster has both families
        self.n = 0

    def one(self, choices):
        return copy.deepcopy(self.random.choice(choices))

    def chance(self, p):
        return self.random.random() < p

    def some(self, choices, most):
        return [self.one(choices) for _ in range(self.random.randint(0, most))]

    # Of a list whose first words are right; the others come less often.
    def mostly(self, right, wrong, p=0.12):
        return self.one(wrong if self.chance(p) else right)

    def labels(self, wrong):
        if not wrong:
            return {k: self.one(["web", "", "A_b.c"]) for k in self.some(["app", "example.com/app", "tier"], 2)}
        return {self.one(KEYS): self.one(VALUES) for _ in range(self.random.randint(0, 2))}

    # ---- metadata ----------------------------------------------------------

    def annotations(self):
        notes = {}
        if self.chance(0.5):
            for key in TOPOLOGY:
                if self.chance(0.6):
                    notes[key] = self.one(["Auto", "auto", ""])
        if self.chance(0.4):
            notes[RANGES] = ",".join(self.some(CIDRS, 3))
        if self.chance(0.3):
            notes[self.one(KEYS)] = self.one(VALUES)
        if self.chance(0.01):
            notes["big"] = "x" * 262144
        return notes

    def owner(self):
        return {"apiVersion": self.mostly(["apps/v1", "v1"], [""]), "kind": self.mostly(["ReplicaSet"], [""]),
                "name": self.mostly(["r"], [""]), "uid": self.mostly(["y"], [""])}

    def metadata(self):
        self.n += 1
        meta = {"name": f"s{self.n}"}
        if self.chance(0.03):
            meta["name"] = self.one(LABEL_WORDS + [f"{self.n}", ""])
        if self.chance(0.05):
            meta["namespace"] = self.mostly(["default", "shop"], ["", "A", "a.b", LONG], 0.3)
        if self.chance(0.15):
            meta["labels"] = self.labels(self.chance(0.3))
        if self.chance(0.15):
            meta["annotations"] = self.annotations()
        if self.chance(0.03):
            meta["finalizers"] = self.some(["example.com/a", "orphan", "foregroundDeletion", "kubernetes", "a", "a/b/c"], 3)
        if self.chance(0.03):
            meta["ownerReferences"] = [self.owner() for _ in range(self.random.randint(0, 2))]
        if self.chance(0.02):
            meta["generateName"] = self.mostly(["s-", "x"], ["A-", "-", LONG + "-"], 0.4)
            meta["name"] = meta["name"] or "s"  # Kubernetes would make one up
        if self.chance(0.02):
            meta["generation"] = self.one([0, 3, -1])
        if self.chance(0.03):
            meta[self.one(["creationTimestamp", "deletionTimestamp"])] = self.one([None, "2026-01-02T03:04:05Z"])
        return meta

    # ---- spec --------------------------------------------------------------

    def port(self, i, named, node_ports):
        port = {"port": self.mostly([80, 443, 8080, 9000 + i], PORTS, 0.08)}
        if named or self.chance(0.2):
            port["name"] = self.mostly([f"p{i}"], LABEL_WORDS + ["p0", ""], 0.05)
        if self.chance(0.4):
            port["protocol"] = self.mostly(["TCP", "UDP", "SCTP"], ["tcp", "", "HTTP"], 0.08)
        if self.chance(0.4):
            port["targetPort"] = self.mostly([8080, "http", "web-1"], TARGETS, 0.3)
        if self.chance(0.12):
            port["appProtocol"] = self.mostly(["http", "kubernetes.io/h2c"], KEYS, 0.4)
        if self.chance(0.35 if node_ports else 0.03):
            port["nodePort"] = self.mostly([30080, 30081, 30090 + i, 0], NODE_PORTS, 0.12)
        return port

    def ports(self, kind):
        n = self.random.choices([0, 1, 2, 3, 4], [4, 55, 25, 12, 4])[0]
        return [self.port(i, n > 1 and not self.chance(0.04), kind in TYPES[1:3]) for i in range(n)]

    # Both at once, in any order, which with one family is no more than a mistake.
    def two_addresses(self, spec):
        ips = [f"10.96.{self.random.randint(2, 99)}.{self.random.randint(1, 254)}", f"fd00:10:96::{self.random.randint(2, 99)}"]
        self.random.shuffle(ips)
        spec["clusterIPs"] = ips[:self.random.randint(1, 2)]
        if self.chance(0.8):
            spec["clusterIP"] = self.mostly(ips[:1], ips[1:], 0.1)

    def addresses(self, spec, wrong):
        if self.dual and self.chance(0.5):
            self.two_addresses(spec)
            return
        none = self.chance(0.4)
        ip = "None" if none else self.mostly([f"10.96.{self.random.randint(2, 99)}.{self.random.randint(1, 254)}"],
                                             IPS, 0.5 if wrong else 0.08)
        form = self.random.random()
        if form < 0.55:
            spec["clusterIP"] = ip
        elif form < 0.8:
            spec["clusterIP"], spec["clusterIPs"] = ip, [ip]
        else:
            if self.chance(0.7):
                spec["clusterIP"] = ip
            spec["clusterIPs"] = self.some([ip, *IPS], 3)

    def families(self, spec):
        if self.dual and self.chance(0.5):
            spec["ipFamilyPolicy"] = self.one(["PreferDualStack", "RequireDualStack"])
            return
        if self.chance(0.6):
            spec["ipFamilyPolicy"] = self.mostly(["SingleStack", "PreferDualStack", "RequireDualStack"],
                                                 ["Both", ""], 0.06)
        if self.chance(0.6):
            spec["ipFamilies"] = self.one([["IPv4"], ["IPv4"], ["IPv6"], ["IPv4", "IPv6"], ["IPv6", "IPv4"], [],
                                           ["IPv4", "IPv4"], ["IPv5"], ["IPv4", "IPv6", "IPv4"], [""]])

    def affinity(self, spec):
        spec["sessionAffinity"] = self.mostly(["ClientIP", "ClientIP", "None"], ["Cookie", "", "clientip"])
        if self.chance(0.6):
            spec["sessionAffinityConfig"] = self.one([
                {}, {"clientIP": {}}, {"clientIP": None}, {"clientIP": {"timeoutSeconds": None}},
                *({"clientIP": {"timeoutSeconds": n}} for n in (1, 100, 86400, 86401, 0, -1))])

    def balancer(self, spec, kind):
        p = 0.25 if kind == "LoadBalancer" else 0.015
        if self.chance(p):
            spec["loadBalancerSourceRanges"] = self.some(CIDRS if self.chance(0.3) else CIDRS[:2] + CIDRS[3:5], 3)
        if self.chance(p):
            spec["allocateLoadBalancerNodePorts"] = self.one([True, False])
        if self.chance(p):
            spec["loadBalancerClass"] = self.mostly(["example.com/lb", "lb"], KEYS, 0.3)
        if self.chance(p):
            spec["loadBalancerIP"] = self.one(["192.0.2.7", "FD00:0::1", ""])
        if self.chance(p):
            spec["healthCheckNodePort"] = self.one([0, 31000, 31000, 30080, 80, -1, 70000])

    def policies(self, spec, kind):
        outside = kind in TYPES[1:3] or spec.get("externalIPs")
        if self.chance(0.4 if outside else 0.03):
            spec["externalTrafficPolicy"] = self.mostly(["Cluster", "Local"], ["", "Other"], 0.06)
        if self.chance(0.12):
            spec["internalTrafficPolicy"] = self.mostly(["Cluster", "Local"], ["", "Other"], 0.1)
        if self.chance(0.1):
            spec["trafficDistribution"] = self.mostly(["PreferClose", "PreferSameZone", "PreferSameNode"],
                                                      ["", "Other"], 0.2)
        if self.chance(0.08):
            spec["publishNotReadyAddresses"] = self.one([True, False])

    def spec(self):
        spec, kind = {}, self.random.choices(TYPES, [40, 25, 25, 10])[0]
        if kind != "ClusterIP" or self.chance(0.4):
            spec["type"] = self.mostly([kind], ["", "clusterIP", "Foo"], 0.01)
        if self.chance(0.85):
            spec["selector"] = self.labels(self.chance(0.05))
        if kind == "ExternalName" or self.chance(0.02):
            spec["externalName"] = self.mostly(["example.com", "example.com.", "a"],
                                               ["", ".", "A.b", "a..b", "192.0.2.1", "b" * 254, "x_y"], 0.25)
        if kind != "ExternalName" or self.chance(0.4):
            spec["ports"] = self.ports(kind)
        if self.chance({"ClusterIP": 0.35, "ExternalName": 0.08}.get(kind, 0.12)):
            self.addresses(spec, self.chance(0.15))
        if self.chance(0.08 if kind == "ExternalName" else 0.2):
            self.families(spec)
        if self.chance(0.15):
            self.affinity(spec)
        if self.chance(0.1):
            spec["externalIPs"] = self.some(["192.0.2.1", "fd00::1", "239.1.1.1", self.one(IPS)], 2)
        self.balancer(spec, kind)
        self.policies(spec, kind)
        return spec

    # ---- the rest ----------------------------------------------------------

    def places(self, value, path=()):
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            if path or key in ("metadata", "spec"):
                if path and key not in ("name", "namespace", "uid"):
                    yield value, key
                yield from self.places(item, (*path, key))

    # What no decoder takes, or what it takes as nothing.
    def spoil(self, doc):
        kind = self.random.random()
        if kind < 0.3:
            places = [p for p, k in self.places(doc) if isinstance(p, dict)] + [doc.get("spec", doc)]
            self.one_of(places)[self.one(["unknown", "Ports", "cluster_ip"])] = self.one(WRONG_TYPES)
            return
        places = list(self.places(doc))
        if places:
            where, key = self.one_of(places)
            where[key] = None if kind < 0.6 else self.one(WRONG_TYPES)

    def one_of(self, items):
        return items[self.random.randrange(len(items))]

    def service(self):
        doc = {"apiVersion": "v1", "kind": "Service", "metadata": self.metadata(), "spec": self.spec()}
        if self.chance(0.05):
            doc["status"] = self.one([{}, {"loadBalancer": {}}, {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}])
        if self.chance(0.08):
            self.spoil(doc)
        return doc

    # A Service that has a fair chance to be taken, and names what it has.
    def change(self, stored):
        doc = copy.deepcopy(stored)
        for name in ("uid", "creationTimestamp", "resourceVersion", "generation", "managedFields"):
            doc["metadata"].pop(name, None)
        doc.pop("status", None)
        spec = doc["spec"]
        if self.chance(0.4):    # only what a user would write
            for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort",
                         "allocateLoadBalancerNodePorts", "internalTrafficPolicy", "externalTrafficPolicy"):
                if self.chance(0.8):
                    spec.pop(name, None)
            for port in spec.get("ports", []):
                if self.chance(0.8):
                    port.pop("nodePort", None)
        for _ in range(self.random.randint(0, 3)):
            self.edit(doc, spec)
        return doc

    def edit(self, doc, spec):
        fresh = self.spec()
        what = self.random.randrange(10)
        if what < 2:
            spec["type"] = self.one(TYPES)
            if spec["type"] == "ExternalName":
                spec.setdefault("externalName", "example.com")
        elif what < 4:
            spec["ports"] = fresh.get("ports", [])
        elif what == 4 and spec.get("ports"):
            self.one_of(spec["ports"]).update(self.port(0, self.chance(0.7), True))
        elif what == 5:
            spec.pop(self.one(sorted(spec)), None)
        elif what == 6:
            self.addresses(spec, False)
        elif what == 7:
            self.families(spec)
        elif what == 8:
            doc["metadata"]["labels"] = self.labels(False)
        else:
            # A number that may not change is not asked for out of the range.
            fresh.pop("healthCheckNodePort", None)
            spec.update({k: v for k, v in fresh.items() if self.chance(0.4)})
            spec.pop("selector", None)

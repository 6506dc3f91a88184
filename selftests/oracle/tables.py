# SPDX-License-Identifier: GPL-2.0-or-later
"""What kubectl get is asked for, at random: objects with all that tables tell of; the same for the same seed."""
import datetime

import worlds

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
MINUTE, HOUR, DAY = 60, 3600, 86400
AGES = [-30, -1, 0, 1, 59, 119, 120, 125, 599, 600, 3 * HOUR - 1, 3 * HOUR, 5 * HOUR + 60, 8 * HOUR - 1, 8 * HOUR,
        47 * HOUR, 2 * DAY, 3 * DAY + HOUR, 8 * DAY, 365 * DAY, 730 * DAY, 800 * DAY, 1095 * DAY, 8 * 365 * DAY, 9999 * DAY]
PLURALS = ["services", "pods", "endpoints", "endpointslices", "nodes", "namespaces"]
LABELS = {"app": "web", "tier": "", "example.com/team": "a-b", "pod-template-hash": "5d4f8c7b9"}
REASONS = ["CrashLoopBackOff", "ImagePullBackOff", "ContainerCreating", "PodInitializing", "", "Completed", "Error",
           "OOMKilled", "Evicted", "NodeLost", "Unknown"]
HOSTS = ["lb.example.com", "a-very-long-name.of-a-load-balancer.example.com", "x"]


class Generator(worlds.Generator):
    def timestamp(self):
        age = self.one(AGES) if self.chance(0.5) else self.random.randint(0, 10 ** self.random.randint(1, 9))
        return (NOW - datetime.timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def dress(self, doc):
        """What tables tell of any kind."""
        meta = doc["metadata"]
        meta.pop("labels", None)
        labels = self.some(LABELS, 0.3)
        if labels:
            meta["labels"] = labels
        if self.chance(0.9):
            meta["creationTimestamp"] = self.timestamp()
        if self.chance(0.2):
            meta["name"] += "-with-a-longer-name"
        return doc

    # ---- Services ----------------------------------------------------------

    def services(self, i):
        doc = self.service(i)
        spec = doc["spec"]
        for port in spec.get("ports", []):
            if spec["type"] in ("NodePort", "LoadBalancer") and self.chance(0.8):
                port["nodePort"] = self.random.randint(30000, 32767)
        if self.chance(0.2):
            spec["externalIPs"] = [self.one(["192.0.2.1", "198.51.100.22", "fd00::1"])
                                   for _ in range(self.random.randint(1, 3))]
        if spec["type"] == "LoadBalancer" and self.chance(0.7):
            points = [self.one([{"ip": f"203.0.113.{self.random.randint(1, 20)}"}, {"ip": "fd00:1::7"},
                                {"hostname": self.one(HOSTS)}]) for _ in range(self.random.randint(0, 3))]
            doc["status"] = {"loadBalancer": {"ingress": points} if points else {}}
        return doc

    # ---- Pods --------------------------------------------------------------

    def terminated(self):
        end = {"exitCode": self.one([0, 0, 1, 137])}
        if self.chance(0.5):
            end["reason"] = self.one(REASONS)
        if self.chance(0.3):
            end["signal"] = self.one([9, 15, 0])
        return end

    def container_status(self, name):
        status = {"name": name, "image": "x", "imageID": "", "ready": self.chance(0.7),
                  "restartCount": self.one([0, 0, 0, 1, 2, 17])}
        if self.chance(0.5):
            status["started"] = self.chance(0.8)
        kind = self.random.random()
        if kind < 0.6:
            status["state"] = {"running": {"startedAt": self.timestamp()}}
        elif kind < 0.8:
            status["state"] = {"waiting": {"reason": self.one(REASONS)} if self.chance(0.9) else {}}
        elif kind < 0.95:
            status["state"] = {"terminated": self.terminated()}
        if self.chance(0.4):
            status["lastState"] = {"terminated": {"exitCode": 1, "finishedAt": self.timestamp()}}
        return status

    # A Pod without statuses of its containers is one without a kubelet, which ipsvc's table tells more of.
    def pods(self, i):
        doc = self.pod(i, [{"metadata": {"name": "n1"}}])
        spec, status = doc["spec"], doc["status"]
        status["phase"] = status["phase"] or "Running"
        status["containerStatuses"] = [self.container_status(c["name"]) for c in spec["containers"]]
        if "initContainers" in spec and self.chance(0.9):
            status["initContainerStatuses"] = [self.container_status(c["name"]) for c in spec["initContainers"]]
        conditions = status.setdefault("conditions", [])
        if self.chance(0.3):
            conditions.append({"type": "Initialized", "status": self.one(["True", "False"])})
        if self.chance(0.05):
            conditions.append({"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"})
        if self.chance(0.1):
            status["reason"] = self.one(["Evicted", "NodeLost", "NodeAffinity"])
        if self.chance(0.1):
            status["nominatedNodeName"] = "n2"
        if self.chance(0.2):
            spec["readinessGates"] = [{"conditionType": t} for t in ("Ready", "example.com/x")]
        return doc

    # ---- the rest ----------------------------------------------------------

    def endpoints_of(self, i):
        doc = self.endpoints({"metadata": self.meta(f"e{i}", self.one(worlds.NAMESPACES))})
        if self.chance(0.1):
            del doc["subsets"]
        return doc

    def endpoint_slice(self, i):
        kind = self.one(["IPv4", "IPv6", "FQDN"])
        made = {"IPv4": "198.51.100.{}", "IPv6": "fd00:51::{}", "FQDN": "h{}.example.com"}[kind]
        doc = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": kind,
               "metadata": self.meta(f"e{i}-abcde", self.one(worlds.NAMESPACES)), "endpoints": []}
        for j in range(self.random.randint(0, 5)):
            n = self.one([1, 1, 1, 2])
            doc["endpoints"].append({"addresses": [made.format(10 * j + k) for k in range(n)],
                                     "conditions": self.one([{}, {"ready": True}, {"ready": False}])})
        ports = []
        for j in range(self.random.randint(0, 5)):
            port = self.one([{"port": 80}, {"port": 8080, "protocol": "UDP"}, {"port": 443}, {}])
            if self.chance(0.5):
                port["name"] = f"p{j}"
            ports.append(port)
        if ports or self.chance(0.5):
            doc["ports"] = ports
        return doc

    def nodes(self, i):
        doc = {"apiVersion": "v1", "kind": "Node", "metadata": self.meta(f"n{i}"), "spec": {}, "status": {}}
        if self.chance(0.2):
            doc["spec"]["unschedulable"] = True
        status = doc["status"]
        if self.chance(0.8):
            status["nodeInfo"] = {"kubeletVersion": "v1.36.3", "machineID": "", "systemUUID": "", "bootID": "",
                                  "kernelVersion": self.one(["6.12.9-amd64", ""]), "kubeProxyVersion": "",
                                  "osImage": self.one(["Debian GNU/Linux 12 (bookworm)", ""]), "operatingSystem": "linux",
                                  "containerRuntimeVersion": self.one(["containerd://2.1.4", ""]),
                                  "architecture": self.one(["amd64", ""])}
        status["conditions"] = [{"type": t, "status": self.one(["True", "True", "False", "Unknown"])}
                                for t in ("MemoryPressure", "Ready", "Ready") if self.chance(0.6)]
        status["addresses"] = [self.one([{"type": "InternalIP", "address": "10.0.0.11"},
                                         {"type": "InternalIP", "address": "fd00:10::11"},
                                         {"type": "ExternalIP", "address": "203.0.113.7"},
                                         {"type": "Hostname", "address": "n1"}])
                               for _ in range(self.random.randint(0, 3))]
        return doc

    def roles(self, doc):
        for key, value in self.some({"node-role.kubernetes.io/control-plane": "", "node-role.kubernetes.io/worker": "",
                                     "kubernetes.io/role": "master", "node-role.kubernetes.io/": "x"}, 0.25).items():
            doc["metadata"].setdefault("labels", {})[key] = value
        return doc

    def namespaces(self, i):
        doc = {"apiVersion": "v1", "kind": "Namespace", "metadata": self.meta(f"space{i}")}
        if self.chance(0.9):
            doc["status"] = {"phase": self.one(["Active", "Terminating"])}
        return doc

    def objects(self, plural):
        make = {"endpoints": self.endpoints_of, "endpointslices": self.endpoint_slice}.get(plural)
        make = make or getattr(self, plural)
        docs = [self.dress(make(i)) for i in range(1, self.random.randint(2, 7))]
        return [self.roles(d) for d in docs] if plural == "nodes" else docs

    def table(self):
        plurals = [self.one(PLURALS)]
        if self.chance(0.15):
            plurals = self.random.sample(PLURALS, self.random.randint(2, 3))
        case = {"objects": [doc for p in plurals for doc in self.objects(p)], "now": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return case | {o: self.chance(0.3) for o in ("wide", "all", "labels", "noHeaders")}

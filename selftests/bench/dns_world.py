#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One cluster of N Services, for ipsvc-dnsd and for other DNS servers: dns_world.py N DIR

world.yaml      Services and Pods, as ipsvcd reads them
cluster.zone    the same names as a zone file; reverse.zone those of 10.in-addr.arpa
unbound.conf    the same addresses as local-data; dnsmasq.hosts as a file of hosts
questions       for dnsperf: names of Services, one in eight headless, and one in eight that is not there
asked           all names that there are, nearly are and are not, with types, for a comparison
"""
import ipaddress
import random
import sys

TTL = 5
DOMAIN = "cluster.local."
SOA = f"ns.dns.{DOMAIN} hostmaster.{DOMAIN} 1 7200 1800 86400 {TTL}"


class World:
    def __init__(self, n):
        self.services, self.pods = [], []
        self.zone, self.reverse = [], []
        self.addresses = []  # (name, address)
        self.names = set()
        self.aliases = set()
        random.seed(1)
        self.record(DOMAIN, "SOA", SOA)
        self.record(DOMAIN, "NS", f"ns.dns.{DOMAIN}")
        self.record(f"dns-version.{DOMAIN}", "TXT", '"1.1.0"', 28800)
        for i in range(n):
            self.add(i)
        # Names that exist without a record of their own.
        for name in (f"pod.{DOMAIN}", f"ns0.pod.{DOMAIN}"):
            self.names.add(name)

    def record(self, name, kind, data, ttl=TTL):
        self.zone.append(f"{name} {ttl} IN {kind} {data}")
        self.names.add(name)

    def pointer(self, address, target):
        self.reverse.append(f"{ipaddress.ip_address(address).reverse_pointer}. {TTL} IN PTR {target}")

    def srv(self, name, weight, port, target):
        self.record(name, "SRV", f"0 {weight} {port} {target}")

    def add(self, i):
        ns, name = f"ns{i % 10}", f"svc-{i}"
        base = f"{name}.{ns}.svc.{DOMAIN}"
        if i % 8 == 7:
            self.headless(i, ns, name, base)
        elif i % 50 == 9:
            self.services.append(f"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: {ns}}},"
                                 f" spec: {{type: ExternalName, externalName: www{i}.example.com}}}}")
            self.record(base, "CNAME", f"www{i}.example.com.")
            self.aliases.add(base)
        else:
            self.cluster_ip(i, ns, name, base)

    def cluster_ip(self, i, ns, name, base):
        address = str(ipaddress.ip_address("10.96.1.0") + i)
        self.services.append(f"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: {ns}}},"
                             f" spec: {{clusterIP: {address}, ports: [{{name: http, port: 80}},"
                             f" {{name: dns, port: 53, protocol: UDP}}]}}}}")
        self.record(base, "A", address)
        self.addresses.append((base, address))
        self.pointer(address, base)
        for label, proto, port in (("http", "tcp", 80), ("dns", "udp", 53)):
            self.srv(base, 50, port, base)
            self.srv(f"_{label}._{proto}.{base}", 100, port, base)
            # As CoreDNS has it.
            self.record(f"_{label}._{proto}.{base}", "A", address)

    def headless(self, i, ns, name, base):
        self.services.append(f"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: {ns}}},"
                             f" spec: {{clusterIP: None, selector: {{app: {name}}}, ports: [{{name: pg, port: 5432}}]}}}}")
        for k in range(3):
            address = str(ipaddress.ip_address("10.200.0.0") + i * 3 + k)
            label = f"{name}-{k}" if k else address.replace(".", "-")
            hostname = f"hostname: {label}, subdomain: {name}, " if k else ""
            self.pods.append(f"{{apiVersion: v1, kind: Pod, metadata: {{name: {name}-{k}, namespace: {ns},"
                             f" labels: {{app: {name}}}}}, spec: {{{hostname}containers: [{{name: c, image: i}}]}},"
                             f" status: {{podIP: {address}, conditions: [{{type: Ready, status: 'True'}}]}}}}")
            self.record(base, "A", address)
            self.addresses.append((base, address))
            self.record(f"{label}.{base}", "A", address)
            self.pointer(address, f"{label}.{base}")
            for owner, weight in ((base, 33), (f"_pg._tcp.{base}", 33), (f"{label}.{base}", 100)):
                self.srv(owner, weight, 5432, f"{label}.{base}")
            self.record(f"_pg._tcp.{base}", "A", address)

    def questions(self, n):
        bases = sorted({name for name, _ in self.addresses})
        for _ in range(n):
            name = random.choice(bases)
            yield f"no-{name} A" if random.random() < 0.125 else f"{name} A"

    def asked(self):
        types = ("A", "AAAA", "SRV", "TXT", "CNAME", "MX", "HTTPS")
        for name in sorted(self.names):
            if name in self.aliases:
                # Of other types they have none, says CoreDNS; a zone file has the alias for all.
                yield from (f"{name} {kind}" for kind in ("A", "AAAA", "CNAME"))
                continue
            parent = name.split(".", 1)[1]
            for asked in (name, f"no.{name}", f"no-{name}", parent):
                if asked.endswith(DOMAIN):
                    for kind in types:
                        yield f"{asked} {kind}"
        for line in self.reverse:
            yield f"{line.split()[0]} PTR"


def main():
    n, directory = int(sys.argv[1]), sys.argv[2]
    world = World(n)

    def write(name, lines):
        with open(f"{directory}/{name}", "w", encoding="utf-8") as f:
            f.writelines(line + "\n" for line in lines)

    # YAML in JSON's way, one document a line.
    write("world.yaml", [line for doc in world.services + world.pods for line in ("---", doc)])
    # A zone file cannot say that a name exists and has nothing: a type that nobody asks for.
    write("cluster.zone", world.zone + [f"{name} {TTL} IN RP . ." for name in
                                        (f"ns.dns.{DOMAIN}", f"ns0.pod.{DOMAIN}")])
    write("reverse.zone", [f"10.in-addr.arpa. {TTL} IN SOA {SOA}", f"10.in-addr.arpa. {TTL} IN NS ns.dns.{DOMAIN}"]
          + world.reverse)
    write("unbound.conf", [f'local-data: "{line}"' for line in world.zone + world.reverse if "TXT" not in line])
    write("dnsmasq.hosts", [f"{address} {name.rstrip('.')}" for name, address in world.addresses])
    write("questions", world.questions(50000))
    write("asked", dict.fromkeys(world.asked()))


if __name__ == "__main__":
    main()

// SPDX-License-Identifier: GPL-2.0-or-later
/* What `ipsvc status` says about ports and bridges of the host, and the programs it asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/memory.h"
#include "cli/bridge_hints.h"
#include "cli/host_hints.h"
#include "cli/port_hints.h"
#include "cli/run_output.h"

#define N(a)	(sizeof(a) / sizeof(*(a)))

/* "name|message|hint" lines. */
static char *lines_of(json_t *hints)
{
	struct ipsvc_buf buf = {0};
	json_t *hint;
	size_t i;

	json_array_foreach(hints, i, hint)
		ipsvc_buf_printf(&buf, "%s|%s|%s\n",
				 json_string_value(json_object_get(hint, "name")),
				 json_string_value(json_object_get(hint, "message")),
				 json_string_value(json_object_get(hint, "hint")));
	json_decref(hints);
	return ipsvc_buf_take(&buf);
}

static void assert_lines(json_t *hints, const char *expected)
{
	char *lines = lines_of(hints);

	assert_string_equal(lines, expected);
	free(lines);
}

/* ---- sets of ports ------------------------------------------------------ */

static struct port_set set_of(const char *text)
{
	struct port_set set = {0};

	assert_true(port_set_parse(&set, text));
	return set;
}

static void assert_set(const struct port_set *set, const char *expected)
{
	char *text = port_set_print(set);

	assert_string_equal(text, expected);
	free(text);
}

static void test_sets_are_read_and_printed(void **unused)
{
	static const struct { const char *text, *printed; } cases[] = {
		{ "", "" },
		{ "\n", "" },
		{ "80", "80" },
		{ "0-65535\n", "0-65535" },
		{ "32768\t60999\n", "32768-60999" },
		{ "9,1-3,4,8-8", "1-4,8-9" },
		{ " 80 , 90 -91 ", "80,90-91" },
		{ "63-64,127,128", "63-64,127-128" },
		{ "65535", "65535" },
	};
	(void)unused;

	for (size_t i = 0; i < N(cases); i++) {
		struct port_set set = set_of(cases[i].text);

		assert_set(&set, cases[i].printed);
	}
}

static void test_what_is_no_set(void **unused)
{
	static const char *const cases[] = {
		"a", "-1", "1-", "2-1", "65536", "1-65536", "1,", "1,,2", "1 2 3",
		"99999999999999999999", "1;2", "1-2-3",
	};
	struct port_set set = {0};
	(void)unused;

	for (size_t i = 0; i < N(cases); i++)
		if (port_set_parse(&set, cases[i]))
			fail_msg("\"%s\" is a set", cases[i]);
}

static void test_sets_are_combined(void **unused)
{
	struct port_set a = set_of("10-20"), b = set_of("15-30"), c = a;
	(void)unused;

	assert_int_equal(port_set_count(&a), 11);
	port_set_subtract(&c, &b);
	assert_set(&c, "10-14");
	port_set_union(&c, &b);
	assert_set(&c, "10-30");
	port_set_intersect(&c, &a);
	assert_set(&c, "10-20");
	port_set_add(&c, 65000, 70000);
	assert_set(&c, "10-20,65000-65535");
}

/* ---- ports -------------------------------------------------------------- */

static void assert_port_hints(const char *local, const char *reserved,
			      const char *masquerade, const char *expected)
{
	struct host_ports ports = {
		.local = set_of(local),
		.reserved = set_of(reserved),
		.node_ports = set_of("30000-32767"),
		.masquerade = set_of(masquerade),
	};
	json_t *hints = json_array();

	port_hints(&ports, hints);
	assert_lines(hints, expected);
}

#define RANGE		"net.ipv4.ip_local_port_range"
#define RESERVED	"net.ipv4.ip_local_reserved_ports"
#define NODE_PORTS(local, value) \
	"node-port-range|" RANGE " " local " includes node ports (30000-32767) that " RESERVED \
	" does not keep free: an answer to a UDP socket of this node on such a port is taken for traffic of a Service|" \
	"sysctl -w " RESERVED "=" value "\n"
#define MASQUERADE(left, all, hint) \
	"masquerade-ports|" RANGE " and " RESERVED " leave " left " of the ports that masquerading uses (masquerade_ports, " \
	all "): connections to node ports, and of this node to Services, fail when those are taken|" hint "\n"
#define NARROW		"sysctl -w " RANGE "=\"32768 60999\""

static void test_usual_ports_are_fine(void **unused)
{
	(void)unused;
	assert_port_hints("32768 60999", "", "1024-29999", "");
	assert_port_hints("32768 60999", "8080", "1024-29999", "");
	/* Wide, but enough is left and node ports are kept free. */
	assert_port_hints("10240 65535", "30000-32767", "1024-29999", "");
	assert_port_hints("10240 65535", "29000-33000", "1024-29999", "");
	/* Without an instance nothing is masqueraded. */
	assert_port_hints("1024 65535", "30000-32767", "", "");
}

static void test_node_ports_in_the_local_range(void **unused)
{
	(void)unused;
	assert_port_hints("10240 65535", "", "1024-29999",
			  NODE_PORTS("10240-65535", "30000-32767"));
	assert_port_hints("32767 65535", "8080,9000-9100", "1024-29999",
			  NODE_PORTS("32767-65535", "8080,9000-9100,30000-32767"));
	assert_port_hints("30000 40000", "30001-32767", "1024-29999",
			  NODE_PORTS("30000-40000", "30000-32767"));
}

static void test_no_port_to_masquerade_with(void **unused)
{
	(void)unused;
	assert_port_hints("1024 65535", "", "1024-29999",
			  NODE_PORTS("1024-65535", "30000-32767")
			  MASQUERADE("0", "1024-29999", NARROW));
	assert_port_hints("2000 29999", "", "1024-29999",
			  MASQUERADE("976", "1024-29999", NARROW));
	assert_port_hints("2048 29999", "", "1024-29999", "");
	assert_port_hints("32768 60999", "1024-29999", "1024-29999",
			  MASQUERADE("0", "1024-29999", "take ports out of "
				     RESERVED ", or set masquerade_ports to others"));
	/* Few because the administrator wants it so. */
	assert_port_hints("32768 60999", "", "20000-20100", "");
	assert_port_hints("20000 20040", "", "20000-20100", "");
	assert_port_hints("20000 20100", "", "20000-20100",
			  MASQUERADE("0", "20000-20100", NARROW));
}

static void test_settings(void **unused)
{
	struct host_settings settings;
	(void)unused;

	assert_true(host_settings_parse("version 1\nnotrack 1\nfuture\nmasquerade_ports 1024-29999\n",
					&settings));
	assert_true(settings.notrack);
	assert_set(&settings.masquerade, "1024-29999");
	assert_true(host_settings_parse("masquerade_ports 5-6\nnotrack 0", &settings));
	assert_false(settings.notrack);
	assert_set(&settings.masquerade, "5-6");
	assert_false(host_settings_parse("", &settings));
	assert_false(host_settings_parse("notrack 1\n", &settings));
	assert_false(host_settings_parse("notrack 1\nmasquerade_ports all\n", &settings));
}

/* ---- bridges ------------------------------------------------------------ */

/* A link as the kernel describes it. */
struct link_case {
	int index, master;
	const char *name, *kind, *port_kind;
	bool peer_elsewhere, hairpin, nf_call_iptables;
};

static void nest_flag(struct nl_msg *msg, int nest, int type, bool on)
{
	struct nlattr *attr = nla_nest_start(msg, nest);

	nla_put_u8(msg, type, on);
	nla_nest_end(msg, attr);
}

static struct nl_msg *link_message(const struct link_case *c)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, 0);
	struct ifinfomsg ifi = { .ifi_index = c->index };
	struct nlattr *info;

	assert_non_null(msg);
	nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	nla_put_string(msg, IFLA_IFNAME, c->name);
	if (c->master)
		nla_put_u32(msg, IFLA_MASTER, (uint32_t)c->master);
	if (c->peer_elsewhere)
		nla_put_u32(msg, IFLA_LINK_NETNSID, 0);
	info = nla_nest_start(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, c->kind);
	if (!strcmp(c->kind, "bridge"))
		nest_flag(msg, IFLA_INFO_DATA, IFLA_BR_NF_CALL_IPTABLES,
			  c->nf_call_iptables);
	if (c->port_kind) {
		nla_put_string(msg, IFLA_INFO_SLAVE_KIND, c->port_kind);
		nest_flag(msg, IFLA_INFO_SLAVE_DATA, IFLA_BRPORT_MODE, c->hairpin);
	}
	nla_nest_end(msg, info);
	return msg;
}

static struct bridge_links links_of(const struct link_case *cases, size_t n)
{
	struct bridge_links links = {0};

	for (size_t i = 0; i < n; i++) {
		struct nl_msg *msg = link_message(&cases[i]);

		assert_int_equal(bridge_links_read(nlmsg_hdr(msg), &links), 0);
		nlmsg_free(msg);
	}
	return links;
}

static void assert_bridge_hints(const struct link_case *cases, size_t n,
				bool nf_call_iptables, const char *warnings,
				const char *notes)
{
	struct bridge_links links = links_of(cases, n);
	json_t *warn = json_array(), *note = json_array();

	bridge_hints_check(&links, nf_call_iptables, warn, note);
	free(links.items);
	assert_lines(warn, warnings);
	assert_lines(note, notes);
}

#define HAIRPIN(bridge, ports, first) \
	"bridge-hairpin|bridge " bridge ": ports of Pods are not in hairpin mode, and bridged packets pass netfilter " \
	"(bridge-nf-call-iptables): these Pods do not reach themselves through a Service: " ports \
	"|ip link set dev " first " type bridge_slave hairpin on, and the same for each; with CNI's bridge plugin, set hairpinMode\n"
#define BRIDGE_NF(bridge) \
	"bridge-nf|bridge " bridge ": bridged packets do not pass netfilter (bridge-nf-call-iptables), so what one of its Pods " \
	"sends to another through a Service is masqueraded: the endpoint sees an address of this node as the client" \
	"|to keep the client's address: modprobe br_netfilter, sysctl -w net.bridge.bridge-nf-call-iptables=1, and hairpin mode " \
	"for the ports of Pods\n"

static void test_bridge_with_pods(void **unused)
{
	static struct link_case links[] = {
		{ 1, 0, "lo", "", NULL, false, false, false },
		{ 2, 0, "cni0", "bridge", NULL, false, false, false },
		{ 3, 2, "va", "veth", "bridge", true, false, false },
		{ 4, 2, "vb", "veth", "bridge", true, true, false },
		{ 5, 2, "eth0", "", "bridge", false, false, false },
		{ 6, 0, "vc", "veth", NULL, true, false, false },
	};
	(void)unused;

	assert_bridge_hints(links, N(links), false, "", BRIDGE_NF("cni0"));
	assert_bridge_hints(links, N(links), true, HAIRPIN("cni0", "va", "va"), "");
	links[3].hairpin = false;
	assert_bridge_hints(links, N(links), true, HAIRPIN("cni0", "va, vb", "va"), "");
	links[2].hairpin = links[3].hairpin = true;
	assert_bridge_hints(links, N(links), true, "", "");
	/* The bridge's own switch counts as the sysctl does. */
	links[1].nf_call_iptables = true;
	assert_bridge_hints(links, N(links), false, "", "");
	links[2].hairpin = false;
	assert_bridge_hints(links, N(links), false, HAIRPIN("cni0", "va", "va"), "");
}

static void test_bridges_without_pods(void **unused)
{
	static const struct link_case links[] = {
		{ 2, 0, "br0", "bridge", NULL, false, false, false },
		{ 3, 2, "eth0", "", "bridge", false, false, false },
		{ 4, 0, "bond0", "bond", NULL, false, false, false },
		{ 5, 4, "va", "veth", "bond", true, false, false },
		{ 6, 2, "vb", "veth", "bridge", false, false, false },
	};
	(void)unused;

	assert_bridge_hints(links, N(links), false, "", "");
	assert_bridge_hints(links, N(links), true, "", "");
}

static void test_many_ports(void **unused)
{
	struct link_case links[12] = {
		{ 100, 0, "cni0", "bridge", NULL, false, false, false },
	};
	char names[12][8];
	(void)unused;

	for (int i = 1; i < 12; i++) {
		snprintf(names[i], sizeof(names[i]), "v%d", i);
		links[i] = (struct link_case){ i, 100, names[i], "veth", "bridge",
					       true, false, false };
	}
	assert_bridge_hints(links, N(links), true,
			    HAIRPIN("cni0", "v1, v2, v3, v4, v5, v6, v7, v8 and 3 more", "v1"), "");
}

static void test_other_messages(void **unused)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, 0);
	struct bridge_links links = {0};
	struct ifinfomsg ifi = {0};
	(void)unused;

	/* Without a name; and no link at all. */
	nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	assert_int_equal(bridge_links_read(nlmsg_hdr(msg), &links), -EBADMSG);
	nlmsg_hdr(msg)->nlmsg_type = RTM_NEWROUTE;
	assert_int_equal(bridge_links_read(nlmsg_hdr(msg), &links), 0);
	assert_int_equal(links.n, 0);
	nlmsg_free(msg);
}

/* ---- other programs ----------------------------------------------------- */

static int run(const char *script, int ms, size_t max, char **output)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	*output = NULL;
	return run_output(argv, ms, max, output);
}

static void test_output_of_a_program(void **unused)
{
	const char *const missing[] = { "ipsvc-no-such-program", NULL };
	time_t start = time(NULL);
	char *output;
	(void)unused;

	assert_int_equal(run("echo hello; echo no >&2; cat", 10000, 100, &output), 0);
	assert_string_equal(output, "hello\n");
	free(output);
	assert_int_equal(run("", 10000, 100, &output), 0);
	assert_string_equal(output, "");
	free(output);
	assert_int_equal(run("echo hello; exit 3", 10000, 100, &output), -EIO);
	assert_int_equal(run("kill -9 $$", 10000, 100, &output), -EIO);
	assert_int_equal(run("head -c 101 /dev/zero", 10000, 100, &output), -EFBIG);
	assert_int_equal(run("exec sleep 100", 50, 100, &output), -ETIMEDOUT);
	assert_int_equal(run("exec sleep 100 >&-", 50, 100, &output), -ETIMEDOUT);
	assert_int_equal(run_output(missing, 10000, 100, &output), -ENOENT);
	assert_null(output);
	/* None of them was waited for. */
	assert_true(time(NULL) - start < 60);
}

static void test_programs_beside_path(void **unused)
{
	/* A program of the C library, in /usr/sbin. */
	const char *const argv[] = { "ldconfig", "-V", NULL };
	char *path = xstrdup(getenv("PATH")), *output = NULL;
	(void)unused;

	setenv("PATH", "/nowhere", 1);
	assert_int_equal(run_output(argv, 10000, 10000, &output), 0);
	setenv("PATH", path, 1);
	assert_non_null(strstr(output, "ldconfig"));
	free(output);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets_are_read_and_printed),
		cmocka_unit_test(test_what_is_no_set),
		cmocka_unit_test(test_sets_are_combined),
		cmocka_unit_test(test_usual_ports_are_fine),
		cmocka_unit_test(test_node_ports_in_the_local_range),
		cmocka_unit_test(test_no_port_to_masquerade_with),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_bridge_with_pods),
		cmocka_unit_test(test_bridges_without_pods),
		cmocka_unit_test(test_many_ports),
		cmocka_unit_test(test_other_messages),
		cmocka_unit_test(test_output_of_a_program),
		cmocka_unit_test(test_programs_beside_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

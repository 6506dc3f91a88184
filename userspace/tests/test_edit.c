// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands that change the kernel's services: read, applied, printed. No kernel is asked. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <linux/ipsvc.h>

#include "cli/edit/batch.h"
#include "cli/edit/edit.h"

/* ---- a kernel that is none ---------------------------------------------- */

static struct ipsvc_state kernel;
static int read_fails;

static int read_kernel(void *arg, const char *name, uint8_t family,
		       struct ipsvc_state *out)
{
	struct ipsvc_kservice copy;

	(void)arg;
	if (read_fails)
		return read_fails;
	for (size_t i = 0; i < kernel.n; i++)
		if (kernel.services[i].family == family &&
		    !strcmp(kernel.services[i].name, name)) {
			ipsvc_kservice_copy(&copy, &kernel.services[i]);
			ipsvc_state_move(out, &copy);
			return 0;
		}
	return -ENOENT;
}

static void copy_all(struct ipsvc_state *to)
{
	struct ipsvc_kservice copy;

	for (size_t i = 0; i < kernel.n; i++) {
		ipsvc_kservice_copy(&copy, &kernel.services[i]);
		ipsvc_state_move(to, &copy);
	}
}

/* Does to the kernel's services what is to be done. */
static void put(const struct ipsvc_ops *ops)
{
	struct ipsvc_state after = { 0 };
	struct ipsvc_kservice copy;

	for (size_t i = 0; i < kernel.n; i++) {
		bool gone = false;

		for (size_t j = 0; j < ops->n; j++)
			gone |= !ipsvc_kservice_cmp(ipsvc_op_service(&ops->items[j]),
						    &kernel.services[i]);
		if (!gone)
			ipsvc_state_move(&after, &kernel.services[i]);
	}
	for (size_t j = 0; j < ops->n; j++)
		if (ops->items[j].want) {
			ipsvc_kservice_copy(&copy, ops->items[j].want);
			ipsvc_state_move(&after, &copy);
		}
	ipsvc_state_free(&kernel);
	kernel = after;
	ipsvc_state_sort(&kernel);
}

/* What save would print. */
static char *save(void)
{
	struct ipsvc_buf buf = { 0 };

	for (size_t i = 0; i < kernel.n; i++) {
		edit_print_service(&buf, &kernel.services[i]);
		edit_print_endpoints(&buf, &kernel.services[i]);
	}
	return ipsvc_buf_take(&buf);
}

/* "LINE: what is wrong", or NULL; nothing is done then. */
static char *restore(const char *text, bool everything)
{
	FILE *fp = fmemopen((char *)text, strlen(text), "r");
	struct edit e = { .read = read_kernel };
	struct edit_batch batch = { 0 };
	struct ipsvc_state have = { 0 }, want = { 0 }, all = { 0 };
	struct ipsvc_ops ops = { 0 };
	unsigned int line;
	char *wrong, *said;

	assert_non_null(fp);
	wrong = edit_batch_read(&batch, fp, NULL, &line);
	fclose(fp);
	if (everything || batch.everything) {
		copy_all(&all);
		edit_load(&e, &all);
	}
	for (size_t i = 0; i < batch.n && !wrong; i++) {
		line = batch.lines[i];
		wrong = edit_apply(&e, &batch.items[i], line);
	}
	if (!wrong) {
		edit_ops(&e, &have, &want, &ops);
		copy_all(&all);
		wrong = edit_find_taken(&e, &want, &all, &line);
	}
	if (!wrong)
		put(&ops);
	said = wrong ? malloc(strlen(wrong) + 16) : NULL;
	if (wrong)
		sprintf(said, "%u: %s", line, wrong);
	free(wrong);
	ipsvc_ops_free(&ops);
	ipsvc_state_free(&have);
	ipsvc_state_free(&want);
	ipsvc_state_free(&all);
	edit_free(&e);
	edit_batch_free(&batch);
	return said;
}

/* In turn as one that reads all first, and as one that reads what it needs. */
static void expect_restored(const char *text, const char *saved)
{
	static bool everything;
	char *wrong = restore(text, everything), *got = save();

	assert_null(wrong);
	assert_string_equal(got, saved);
	everything = !everything;
	free(got);
}

static void expect_refused(const char *text, const char *expected)
{
	char *before = save(), *wrong = restore(text, false), *after = save();

	assert_non_null(wrong);
	assert_string_equal(wrong, expected);
	assert_string_equal(before, after);
	free(before);
	free(wrong);
	free(after);
}

static int empty(void **unused)
{
	(void)unused;
	ipsvc_state_free(&kernel);
	read_fails = 0;
	return 0;
}

/* ---- words -------------------------------------------------------------- */

/* @words are those of one command. */
static void expect_wrong(const char *words, const char *expected)
{
	char text[512];

	snprintf(text, sizeof(text), "1: %s", expected);
	expect_refused(words, text);
}

static void test_words(void **unused)
{
	(void)unused;
	expect_wrong("service", "unknown command 'service': service add, change, delete or flush, endpoint add, change or delete");
	expect_wrong("service list", "unknown command 'service list': service add, change, delete or flush, endpoint add, change or delete");
	expect_wrong("service add", "the name of a service is missing");
	expect_wrong("service delete family inet", "the name of a service is missing");
	expect_wrong("service add a", "the protocol is missing: protocol tcp, udp or sctp");
	expect_wrong("service add a protocol", "'protocol' needs a value");
	expect_wrong("service add a protocol icmp", "protocol: 'icmp' is none of tcp, udp, sctp");
	expect_wrong("service add a prtocol tcp", "unknown word 'prtocol', did you mean 'protocol'?");
	expect_wrong("service add a family inet4", "family: 'inet4' is neither inet nor inet6");
	expect_wrong("service add a scheduler l", "scheduler: 'l' is none of random rr wrr p2c lc wlc sh maglev");
	expect_wrong("service add a hash-key 12", "hash-key: '12' is not 32 hexadecimal digits");
	expect_wrong("service add a affinity 86401", "affinity: '86401' is no number from 0 to 86400");
	expect_wrong("service add a affinity -1", "affinity: '-1' is no number from 0 to 86400");
	expect_wrong("service add a hash-size 4294967297", "hash-size: '4294967297' is no number from 0 to 1048573");
	expect_wrong("service add a hash-size 1x", "hash-size: '1x' is no number from 0 to 1048573");
	expect_wrong("service add a protocol tcp affinity-prefix 33 family inet",
		     "affinity-prefix: an IPv4 address has 32 bits");
	expect_wrong("endpoint add a", "the address and port of an endpoint are missing");
	expect_wrong("service flush web", "unknown word 'web'");
}

static void test_addresses(void **unused)
{
	(void)unused;
	expect_wrong("service add a protocol tcp node-port 0", "node-port: '0' is no number from 1 to 65535");
	expect_wrong("service add a protocol tcp cluster-ip 10.0.0.1",
		     "cluster-ip: '10.0.0.1' is no address with a port, as 10.0.0.1:80 and [fd00::1]:80 are");
	expect_wrong("service add a protocol tcp cluster-ip fd00::1:80",
		     "cluster-ip: 'fd00::1:80' is no address with a port, as 10.0.0.1:80 and [fd00::1]:80 are");
	expect_wrong("endpoint add a [10.0.0.1]:80",
		     "'[10.0.0.1]:80' is no address with a port, as 10.0.0.1:80 and [fd00::1]:80 are");
	expect_wrong("endpoint add a 10.0.0.1:65536", "'65536' is no number from 1 to 65535");
	expect_wrong("service add a protocol tcp cluster-ip 10.0.0.1:80 endpoint [fd00::1]:80",
		     "endpoint: '[fd00::1]:80' is not inet, as what comes before it is");
	expect_wrong("service add a protocol tcp cluster-ip 10.0.0.1:80 family inet6",
		     "family: it was said to be the other one");
	expect_wrong("service add a protocol tcp cluster-ip 10.0.0.1:80 external-ip 10.0.0.1:80",
		     "external-ip: '10.0.0.1:80' is there twice");
	expect_wrong("service add a protocol tcp masquerade", "masquerade: it is said of a frontend, behind that");
	expect_wrong("service add a protocol tcp cluster-ip 10.0.0.1:80 drain", "drain: it is said of an endpoint, behind that");
	expect_wrong("service add a protocol tcp endpoint 10.0.0.1:80 node-port 1 weight 2",
		     "weight: it is said of an endpoint, behind that");
}

/* ---- services ----------------------------------------------------------- */

#define FULL \
	"service add a/b family inet protocol udp scheduler maglev hash-key 000102030405060708090a0b0c0d0e0f hash-size 70000 affinity 600 affinity-prefix 24 shared-affinity one-packet cluster-ip 10.96.0.1:80 local node-port 30080 masquerade load-balancer 1.2.3.4:80 masquerade local external-ip 1.2.3.5:80 source-ranges allow 10.0.0.0/8 deny 10.1.0.0/16\n" \
	"endpoint add a/b 10.0.0.1:80 weight 0 max-flows 4294967295 drain local\n" \
	"endpoint add a/b 10.0.0.2:81 weight 65535\n"
#define SIX \
	"service add a/b family inet6 protocol sctp cluster-ip [fd00::1]:80 endpoint [fd01::1]:80\n"
#define SIX_SAVED \
	"service add a/b family inet6 protocol sctp cluster-ip [fd00::1]:80\n" \
	"endpoint add a/b [fd01::1]:80\n"

static void test_save(void **unused)
{
	(void)unused;
	expect_restored("# all of it\n\n" FULL SIX, FULL SIX_SAVED);
	empty(NULL);
	/* In any order and with other spaces, joined lines and no end. */
	expect_restored("service \\\n add\ta/b protocol SCTP endpoint [fd01::1]:80 \\\r\n  cluster-ip [fd00::1]:80 # a comment",
			SIX_SAVED);
}

static void test_names(void **unused)
{
	(void)unused;
	expect_restored("service add web protocol tcp\n"
			"service add /alone protocol tcp\n"
			"service add //begins protocol tcp\n"
			"service add /#no/comment protocol tcp\n",
			"service add /#no/comment family inet protocol tcp\n"
			"service add //begins family inet protocol tcp\n"
			"service add /alone family inet protocol tcp\n"
			"service add default/web family inet protocol tcp\n");
	assert_string_equal(kernel.services[0].name, "#no/comment");
	assert_string_equal(kernel.services[1].name, "/begins");
	assert_string_equal(kernel.services[2].name, "alone");
}

static void test_add_and_delete(void **unused)
{
	(void)unused;
	expect_restored(FULL SIX, FULL SIX_SAVED);
	expect_refused("\nservice add a/b protocol tcp", "2: there is a service a/b of IPv4 already");
	expect_refused("service delete a/b", "1: there are two services a/b: say family inet or family inet6");
	expect_refused("service delete a/c", "1: there is no service a/c");
	expect_refused("service delete a/c family inet6", "1: there is no service a/c of IPv6");
	/* All or nothing. */
	expect_refused("service delete a/b family inet\nservice add x protocol tcp\nservice delete a/b family inet",
		       "3: there is no service a/b of IPv4");
	expect_restored("service delete a/b family inet", SIX_SAVED);
	expect_restored("service delete a/b", "");
	expect_restored("service add x protocol tcp\nservice delete x", "");
	/* In one go: another one of the same name, with nothing of the first. */
	expect_restored(FULL, FULL);
	expect_restored("service delete a/b\nservice add a/b protocol tcp endpoint 10.0.0.1:80",
			"service add a/b family inet protocol tcp\nendpoint add a/b 10.0.0.1:80\n");
}

static void test_flush(void **unused)
{
	(void)unused;
	expect_restored(FULL SIX, FULL SIX_SAVED);
	expect_restored("service flush family inet", SIX_SAVED);
	expect_restored("service flush\n" FULL, FULL);
	expect_restored("service flush\n", "");
}

static void test_change(void **unused)
{
	(void)unused;
	expect_restored("service add x protocol udp scheduler lc affinity 5 one-packet cluster-ip 10.0.0.1:80 endpoint 10.1.0.1:80 weight 7",
			"service add default/x family inet protocol udp scheduler lc affinity 5 one-packet cluster-ip 10.0.0.1:80\n"
			"endpoint add default/x 10.1.0.1:80 weight 7\n");
	expect_restored("service change x affinity 9 shared-affinity one-packet off",
			"service add default/x family inet protocol udp scheduler lc affinity 9 shared-affinity cluster-ip 10.0.0.1:80\n"
			"endpoint add default/x 10.1.0.1:80 weight 7\n");
	expect_restored("service change x scheduler random affinity 0 shared-affinity off node-port 5 cluster-ip 10.0.0.2:80",
			"service add default/x family inet protocol udp cluster-ip 10.0.0.2:80 node-port 5\n"
			"endpoint add default/x 10.1.0.1:80 weight 7\n");
	expect_restored("service change x no-frontends endpoint 10.1.0.2:80 endpoint 10.1.0.3:80 local drain",
			"service add default/x family inet protocol udp\n"
			"endpoint add default/x 10.1.0.2:80\n"
			"endpoint add default/x 10.1.0.3:80 drain local\n");
	expect_restored("service change x no-endpoints protocol tcp",
			"service add default/x family inet protocol tcp\n");
	expect_refused("service change x cluster-ip [fd00::1]:80", "1: there is no service default/x of IPv6");
	expect_refused("service change y affinity 9", "1: there is no service default/y");
}

static void test_endpoints(void **unused)
{
	(void)unused;
	expect_restored("service add x protocol tcp endpoint 10.0.0.1:1 endpoint 10.0.0.1:2 endpoint 10.0.0.1:3\n"
			"endpoint delete x 10.0.0.1:1\n"
			"endpoint add x 10.0.0.1:4 weight 4 10.0.0.1:5 max-flows 5\n"
			"endpoint change x 10.0.0.1:3 weight 3 drain local\n",
			"service add default/x family inet protocol tcp\n"
			"endpoint add default/x 10.0.0.1:2\n"
			"endpoint add default/x 10.0.0.1:3 weight 3 drain local\n"
			"endpoint add default/x 10.0.0.1:4 weight 4\n"
			"endpoint add default/x 10.0.0.1:5 max-flows 5\n");
	expect_restored("endpoint change x 10.0.0.1:3 drain off\n"
			"endpoint change x 10.0.0.1:4 max-flows 9\n"
			"endpoint delete x 10.0.0.1:2 10.0.0.1:5\n"
			"endpoint add x 10.0.0.1:2\n",
			"service add default/x family inet protocol tcp\n"
			"endpoint add default/x 10.0.0.1:2\n"
			"endpoint add default/x 10.0.0.1:3 weight 3 local\n"
			"endpoint add default/x 10.0.0.1:4 weight 4 max-flows 9\n");
	expect_refused("endpoint add x 10.0.0.1:9\nendpoint add x 10.0.0.1:9",
		       "2: service default/x has already the endpoint 10.0.0.1:9");
	expect_refused("endpoint delete x 10.0.0.1:9", "1: service default/x has no endpoint 10.0.0.1:9");
	expect_refused("endpoint change x 10.0.0.1:9 drain", "1: service default/x has no endpoint 10.0.0.1:9");
	expect_refused("endpoint add x [fd00::1]:9", "1: there is no service default/x of IPv6");
	expect_refused("service add y protocol tcp endpoint 10.0.0.1:1 endpoint 10.0.0.1:1",
		       "1: service default/y has already the endpoint 10.0.0.1:1");
	/* Of each family there is. */
	expect_restored("service add x protocol tcp family inet6\n"
			"endpoint add x [fd00::1]:1 10.0.0.1:7\n"
			"endpoint delete x 10.0.0.1:2 10.0.0.1:3 10.0.0.1:4",
			"service add default/x family inet protocol tcp\n"
			"endpoint add default/x 10.0.0.1:7\n"
			"service add default/x family inet6 protocol tcp\n"
			"endpoint add default/x [fd00::1]:1\n");
}

static void test_taken(void **unused)
{
	(void)unused;
	expect_restored("service add a protocol tcp cluster-ip 10.0.0.1:80 node-port 80\n",
			"service add default/a family inet protocol tcp cluster-ip 10.0.0.1:80 node-port 80\n");
	expect_refused("service add b protocol tcp\nservice change b external-ip 10.0.0.1:80",
		       "2: the frontend belongs to service default/a (service default/b, frontend 10.0.0.1:80)");
	expect_refused("service add z protocol udp node-port 80\nservice add b protocol udp node-port 80",
		       "2: the frontend belongs to service default/z (service default/b, frontend *:80)");
	/* Of another protocol or family, and one that is given away. */
	expect_restored("service add u protocol udp cluster-ip 10.0.0.1:80 node-port 80\n"
			"service add s protocol tcp family inet6 node-port 80\n"
			"service change a no-frontends\n"
			"service add b protocol tcp cluster-ip 10.0.0.1:80\n",
			"service add default/a family inet protocol tcp\n"
			"service add default/b family inet protocol tcp cluster-ip 10.0.0.1:80\n"
			"service add default/s family inet6 protocol tcp node-port 80\n"
			"service add default/u family inet protocol udp cluster-ip 10.0.0.1:80 node-port 80\n");
}

static void test_unreadable(void **unused)
{
	char *wrong;

	(void)unused;
	read_fails = -EPERM;
	wrong = restore("service delete x", false);
	assert_string_equal(wrong, "1: ");
	free(wrong);
}

/* What cannot be text is not cut off. */
static void test_no_text(void **unused)
{
	static const char text[] = "service flush\nservice add x protocol tcp\0 node-port 7";
	FILE *fp = fmemopen((char *)text, sizeof(text) - 1, "r");
	struct edit_batch batch = { 0 };
	unsigned int line;
	char *wrong;

	(void)unused;
	wrong = edit_batch_read(&batch, fp, NULL, &line);
	assert_string_equal(wrong, "this is no text");
	assert_int_equal(line, 2);
	fclose(fp);
	free(wrong);
	edit_batch_free(&batch);
}

/* Where the kernel's refusal is from. */
static void test_lines(void **unused)
{
	struct edit e = { .read = read_kernel };
	struct edit_batch batch = { 0 };
	const struct edit_service *svc;
	struct in6_addr addr;
	unsigned int line;
	char text[] = "service add x protocol tcp endpoint 10.0.0.1:1\n"
		      "endpoint add x \\\n 10.0.0.1:2\n"
		      "# nothing\nservice change x affinity 5\n";
	FILE *fp = fmemopen(text, strlen(text), "r");

	(void)unused;
	assert_null(edit_batch_read(&batch, fp, NULL, &line));
	fclose(fp);
	for (size_t i = 0; i < batch.n; i++)
		assert_null(edit_apply(&e, &batch.items[i], batch.lines[i]));
	svc = edit_find(&e, "default/x", AF_INET);
	ipsvc_ip_parse("10.0.0.1", &addr, NULL);
	assert_int_equal(edit_line_of(&e, svc, &addr, 1), 1);
	assert_int_equal(edit_line_of(&e, svc, &addr, 2), 2);
	assert_int_equal(edit_line_of(&e, svc, &in6addr_any, 0), 5);
	assert_null(edit_find(&e, "default/y", AF_INET));
	edit_free(&e);
	edit_batch_free(&batch);
}

/* ---- any services at all ------------------------------------------------ */

static void random_service(struct ipsvc_state *st, unsigned int n)
{
	uint8_t family = n % 2 ? AF_INET : AF_INET6;
	struct ipsvc_kservice *svc;
	struct in6_addr addr;
	char name[32];

	snprintf(name, sizeof(name), "ns/%u", n / 2);
	svc = ipsvc_state_add(st, name, family,
			      (const uint8_t[]){ 6, 17, 132 }[rand() % 3]);
	svc->options.scheduler = (uint8_t)(rand() % 8);
	svc->options.flags = (uint32_t)rand() % 4;
	svc->options.hash_size = rand() % 2 ? 0 : (uint32_t)rand() % 1000000;
	svc->options.affinity_timeout = (uint32_t)rand() % 86400;
	svc->options.affinity_prefix = (uint8_t)(rand() % 33);
	svc->options.hash_key[rand() % 16] = (uint8_t)rand();
	ipsvc_ip_parse(family == AF_INET ? "10.0.0.0" : "fd00::", &addr, NULL);
	for (int i = rand() % 5; i > 0; i--) {
		uint8_t class = (uint8_t)(1 + rand() % 4);

		addr.s6_addr32[3] = addr.s6_addr32[3] + htonl(1);
		ipsvc_kservice_add_frontend(svc, class, class == 2 ?
					    &in6addr_any : &addr,
					    (uint16_t)(1 + 5 * n + (unsigned int)i),
					    (uint32_t)rand() % 4);
	}
	for (int i = rand() % 9; i > 0; i--) {
		struct ipsvc_endpoint *ep = ipsvc_kservice_add_endpoint(svc,
			&addr, (uint16_t)(i + 1), (uint32_t)rand() % 4);

		ep->weight = (uint16_t)rand();
		ep->flows_max = (uint32_t)rand() % 3;
	}
}

static void test_round_trip(void **unused)
{
	char *first, *second;

	(void)unused;
	for (int round = 0; round < 20; round++) {
		srand((unsigned int)round);
		empty(NULL);
		for (unsigned int n = 0; n < 60; n++)
			random_service(&kernel, n);
		ipsvc_state_sort(&kernel);
		first = save();
		/* All of it is new, and then nothing is. */
		empty(NULL);
		assert_null(restore(first, false));
		second = save();
		assert_string_equal(first, second);
		free(second);
		second = malloc(strlen(first) + 32);
		sprintf(second, "service flush\n%s", first);
		assert_null(restore(second, true));
		free(second);
		second = save();
		assert_string_equal(first, second);
		free(first);
		free(second);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_words, empty),
		cmocka_unit_test_setup(test_addresses, empty),
		cmocka_unit_test_setup(test_save, empty),
		cmocka_unit_test_setup(test_names, empty),
		cmocka_unit_test_setup(test_add_and_delete, empty),
		cmocka_unit_test_setup(test_flush, empty),
		cmocka_unit_test_setup(test_change, empty),
		cmocka_unit_test_setup(test_endpoints, empty),
		cmocka_unit_test_setup(test_taken, empty),
		cmocka_unit_test_setup(test_unreadable, empty),
		cmocka_unit_test_setup(test_no_text, empty),
		cmocka_unit_test_setup(test_lines, empty),
		cmocka_unit_test_setup_teardown(test_round_trip, empty, empty),
	};

	return cmocka_run_group_tests_name("edit", tests, NULL, NULL);
}

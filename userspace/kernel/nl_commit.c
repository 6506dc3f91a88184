// SPDX-License-Identifier: GPL-2.0-or-later
/* Changing the kernel's services: one message, or a transaction of several. */
#include "nl.h"

#include <errno.h>
#include <linux/ipsvc.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <time.h>

#include "nl_internal.h"

/* How often to try while another writer has a transaction open: 1.3 s in all. */
#define BUSY_TRIES	8
#define BUSY_WAIT_MS	10	/* doubled each time */

struct txn_answer {
	uint32_t txn, generation;
};

static int answer_txn(const struct nlmsghdr *nlh, void *arg)
{
	struct txn_answer *a = arg;
	int err = ipsvc_nl_decode_u32(nlh, IPSVC_A_TXN, &a->txn);

	return err ? err : ipsvc_nl_decode_u32(nlh, IPSVC_A_GENERATION,
					       &a->generation);
}

/* @cmd with @attr = @value, or with no attribute when @value is 0. */
static int txn_call(struct ipsvc_nl *nl, uint8_t cmd, int attr, uint32_t value,
		    struct txn_answer *a)
{
	struct nl_msg *msg = ipsvc_nl_message_new(nl->family, cmd, 0);

	if (value)
		nla_put_u32(msg, attr, value);
	return ipsvc_nl_call(nl, msg, a ? answer_txn : NULL, a);
}

static void sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

static int begin(struct ipsvc_nl *nl, uint32_t expect, struct txn_answer *a)
{
	unsigned int tries, wait = BUSY_WAIT_MS;
	int err;

	for (tries = 0;; tries++, wait *= 2) {
		err = txn_call(nl, IPSVC_CMD_TXN_BEGIN, IPSVC_A_GENERATION,
			       expect, a);
		if (err != -EBUSY || tries + 1 == BUSY_TRIES)
			break;
		sleep_ms(wait);
	}
	return !err && !a->txn ? -EBADMSG : err;
}

/* Forgets what was staged and keeps what is said on why. */
static void abort_txn(struct ipsvc_nl *nl, uint32_t txn, int err)
{
	char *message = nl->sock.message;

	nl->sock.message = NULL;
	txn_call(nl, IPSVC_CMD_TXN_ABORT, IPSVC_A_TXN, txn, NULL);
	free(nl->sock.message);
	nl->sock.message = message;
	nl->err = err;
}

static int encode(struct ipsvc_nl *nl, const struct ipsvc_ops *ops, uint32_t txn,
		  struct ipsvc_nl_messages *msgs)
{
	const struct ipsvc_kservice *culprit;

	nl->err = ipsvc_nl_encode(ops, nl->family, txn, IPSVC_NL_MESSAGE_MAX,
				  msgs, &culprit);
	if (nl->err)
		ipsvc_nl_set_message(&nl->sock, "service %s is too large: %zu "
				     "frontends (at most %d)", culprit->name,
				     culprit->nfrontends, IPSVC_FRONTENDS_MAX);
	return nl->err;
}

/* Sends @msg, and remembers what the kernel does not take of it. */
static int send_change(struct ipsvc_nl *nl, struct nl_msg *msg)
{
	nl->err = ipsvc_nl_request(&nl->sock, msg, NULL, NULL);
	free(nl->refused.service);
	ipsvc_nl_find_place(nlmsg_hdr(msg), nl->sock.refused_at, &nl->refused);
	return nl->err;
}

/* @ops in the transaction of @a; a->generation becomes the new one. */
static int stage_and_commit(struct ipsvc_nl *nl, const struct ipsvc_ops *ops,
			    struct txn_answer *a)
{
	struct ipsvc_nl_messages msgs = { 0 };
	size_t i;
	int err;

	err = encode(nl, ops, a->txn, &msgs);
	for (i = 0; !err && i < msgs.n; i++)
		err = send_change(nl, msgs.items[i]);
	ipsvc_nl_messages_free(&msgs);
	if (err)
		return err;
	return txn_call(nl, IPSVC_CMD_TXN_COMMIT, IPSVC_A_TXN, a->txn, a);
}

static int commit_txn(struct ipsvc_nl *nl, const struct ipsvc_ops *ops,
		      uint32_t expect, uint32_t *generation)
{
	struct txn_answer a = { 0 };
	uint32_t txn;
	int err;

	err = begin(nl, expect, &a);
	if (err)
		return nl->err = err;
	txn = a.txn;
	err = stage_and_commit(nl, ops, &a);
	if (err)
		abort_txn(nl, txn, err);
	else if (generation)
		*generation = a.generation;
	return err;
}

/* All in one message, which is atomic by itself. */
static int commit_message(struct ipsvc_nl *nl, struct nl_msg *msg)
{
	unsigned int tries, wait = BUSY_WAIT_MS;

	for (tries = 0;; tries++, wait *= 2) {
		send_change(nl, msg);
		if (nl->err != -EBUSY || tries + 1 == BUSY_TRIES)
			return nl->err;
		sleep_ms(wait);
	}
}

static int commit_nothing(struct ipsvc_nl *nl, uint32_t expect,
			  uint32_t *generation)
{
	struct ipsvc_nl_instance instance;
	int err;

	if (!expect && !generation)
		return nl->err = 0;
	err = ipsvc_nl_instance(nl, &instance);
	if (!err && expect && expect != instance.generation)
		err = nl->err = -ESTALE;
	if (!err && generation)
		*generation = instance.generation;
	return err;
}

const struct ipsvc_nl_place *ipsvc_nl_refused(const struct ipsvc_nl *nl)
{
	return &nl->refused;
}

int ipsvc_nl_commit(struct ipsvc_nl *nl, const struct ipsvc_ops *ops,
		    uint32_t expect, uint32_t *generation)
{
	struct ipsvc_nl_messages msgs = { 0 };
	int err;

	free(nl->refused.service);
	nl->refused = (struct ipsvc_nl_place){ 0 };
	if (!ops->n)
		return commit_nothing(nl, expect, generation);
	err = encode(nl, ops, 0, &msgs);
	/* Only a transaction answers with the generation it has made. */
	if (!err && (msgs.n > 1 || expect || generation))
		err = commit_txn(nl, ops, expect, generation);
	else if (!err)
		err = commit_message(nl, msgs.items[0]);
	ipsvc_nl_messages_free(&msgs);
	return err;
}

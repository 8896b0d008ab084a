// SPDX-License-Identifier: GPL-2.0
/*
 * Transactions are pipelined: many messages go into one sendmsg(), none of
 * them asks for an acknowledgement but COMMIT. The kernel works on them before
 * sendmsg() returns and answers only to those it refuses, so whatever there is
 * to read lies in the receive buffer then. All of it is read before anything
 * else goes out. Should a chunk bring more errors than the buffer holds, the
 * first ones are still there, behind an ENOBUFS, and the first one is what
 * counts; and until the buffer is empty the kernel would drop every further
 * answer, that to COMMIT or ABORT too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "wire.h"

#define WAIT_STEP_MS 20

static int begin_once(struct nf_svc_client *client,
		      const struct nf_svc_begin *begin,
		      struct nf_svc_error *error)
{
	struct nl_msg *msg = nf_svc_message_new(client, NF_SVC_CMD_BEGIN, 0,
						NF_SVC_MESSAGE_HEAD);

	if (msg &&
	    (nla_put_string(msg, NF_SVC_A_OWNER, begin->owner) ||
	     (begin->flags && nla_put_u32(msg, NF_SVC_A_FLAGS, begin->flags)) ||
	     (begin->if_generation &&
	      nla_put_u64(msg, NF_SVC_A_GENERATION, begin->generation)))) {
		nlmsg_free(msg);
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, EMSGSIZE,
					"the owner's name is too long");
	}
	return nf_svc_ask(client, msg, NULL, NULL, error);
}

uint64_t nf_svc_deadline(unsigned int wait_ms)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 +
	       wait_ms;
}

int nf_svc_tx_begin(struct nf_svc_client *client,
		    const struct nf_svc_begin *begin,
		    struct nf_svc_error *error)
{
	struct timespec step = { .tv_nsec = WAIT_STEP_MS * 1000000L };
	int ret;

	/* not counted in steps: a BEGIN that gets EAGAIN takes its time, too */
	while ((ret = begin_once(client, begin, error))) {
		if ((ret != -EBUSY && ret != -EAGAIN) ||
		    nf_svc_deadline(0) >= begin->deadline)
			break;
		nanosleep(&step, NULL);
	}
	if (!ret) {
		client->in_tx = true;
		client->refused = false;
		client->overrun = false;
		client->steps = 0;
		client->out_len = 0;
		nf_svc_kept_end(client);
	}
	return ret;
}

/* Note the first refusal among the answers; pass over everything else. */
static void note_refusals(struct nf_svc_client *client, int len)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)(void *)client->in;

	for (; nlmsg_ok(nlh, len) && !client->refused;
	     nlh = nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type != NLMSG_ERROR ||
		    !nf_svc_error_read(nlh, &client->first))
			continue;
		client->refused = true;
		/* messages are numbered in the order in which they are made */
		client->first.step = nlh->nlmsg_seq - client->tx_seq;
		/* another writer ended it: none of them is to blame for that */
		if (client->first.number == ENOTCONN) {
			client->first.step = 0;
			client->first.object[0] = '\0';
		}
	}
}

static int refused(struct nf_svc_client *client, struct nf_svc_error *error)
{
	*error = client->first;
	return -error->number;
}

/* Read until nothing is left; see the top of this file. */
static int read_refusals(struct nf_svc_client *client,
			 struct nf_svc_error *error)
{
	for (;;) {
		int len = nf_svc_receive(client, MSG_DONTWAIT, error);

		if (len == -EAGAIN)
			return 0;
		if (len == -ENOBUFS)
			client->overrun = true;
		else if (len < 0)
			return len;
		else
			note_refusals(client, len);
	}
}

/* Send what is queued and read what the kernel has to say about it. */
static int flush_queue(struct nf_svc_client *client, struct nf_svc_error *error)
{
	int ret = 0;

	if (client->out_len) {
		ret = nf_svc_send(client, client->out, client->out_len, error);
		client->out_len = 0;
		if (!ret)
			ret = read_refusals(client, error);
	}
	return client->refused ? refused(client, error) : ret;
}

int nf_svc_tx_queue(struct nf_svc_client *client, struct nl_msg *msg,
		    struct nf_svc_error *error)
{
	struct nlmsghdr *nlh;
	size_t len;
	int ret = 0;

	if (!msg)
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, ENOMEM,
					"out of memory");
	nlh = nlmsg_hdr(msg);
	len = NLMSG_ALIGN(nlh->nlmsg_len);
	if (client->refused)
		ret = refused(client, error);
	else if (nf_svc_kept_add(client, nlh))
		ret = nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, ENOMEM,
				       "out of memory");
	else if (client->out_len + len > NF_SVC_CHUNK)
		ret = flush_queue(client, error);
	if (!ret) {
		/* between BEGIN and the first one the tables may have been read */
		if (!client->steps)
			client->tx_seq = nlh->nlmsg_seq - 1;
		memset(client->out + client->out_len, 0, len);
		memcpy(client->out + client->out_len, nlh, nlh->nlmsg_len);
		client->out_len += len;
		client->steps++;
	}
	nlmsg_free(msg);
	return ret;
}

int nf_svc_tx_check(struct nf_svc_client *client, struct nf_svc_error *error)
{
	int ret = flush_queue(client, error);

	/* COMMIT would tell by its STEPS; here nothing else does */
	if (!ret && client->overrun)
		ret = nf_svc_error_set(
			error, NF_SVC_ERROR_LOST, ENOBUFS,
			"answers of the kernel were lost, so there may be refusals among them; try again");
	return ret;
}

uint32_t nf_svc_tx_steps(const struct nf_svc_client *client)
{
	return client->steps;
}

static int read_generation(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *attrs[NF_SVC_A_MAX + 1];
	uint64_t *generation = arg;
	int ret;

	ret = nf_svc_attrs_parse(nlh, attrs);
	if (!ret)
		*generation = nf_svc_attr_u64(attrs[NF_SVC_A_GENERATION]);
	return ret;
}

/* Send COMMIT; @number is its GENERATION, 0: it was not answered with one. */
static int ask_commit(struct nf_svc_client *client, uint64_t *number,
		      struct nf_svc_error *error)
{
	struct nl_msg *msg = nf_svc_message_new(client, NF_SVC_CMD_COMMIT, 0,
						NF_SVC_MESSAGE_HEAD);
	int ret;

	if (!msg || nla_put_u32(msg, NF_SVC_A_STEPS, client->steps)) {
		nlmsg_free(msg);
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, ENOMEM,
					"out of memory");
	}
	ret = nf_svc_ask(client, msg, read_generation, number, error);
	/* GENERATION comes only after success; that is enough of an answer */
	if (ret && *number)
		return 0;
	if (ret && error->kind != NF_SVC_ERROR_REFUSED)
		nf_svc_error_set(
			error, NF_SVC_ERROR_LOST, ret,
			"the answer to the commit was lost: it may have taken effect; see 'svcctl history'");
	return ret;
}

int nf_svc_tx_commit(struct nf_svc_client *client, uint64_t *generation,
		     struct nf_svc_error *error)
{
	uint64_t number = 0;
	int ret;

	ret = flush_queue(client, error);
	if (ret) {
		struct nf_svc_error why = *error;

		nf_svc_tx_abort(client);
		*error = why;
		return ret;
	}
	client->in_tx = false;
	nf_svc_kept_end(client);
	ret = ask_commit(client, &number, error);
	if (!ret && generation)
		*generation = number;
	return ret;
}

void nf_svc_tx_abort(struct nf_svc_client *client)
{
	struct nf_svc_error ignored;

	if (!client->in_tx)
		return;
	client->in_tx = false;
	client->out_len = 0;
	nf_svc_kept_end(client);
	/* it may have ended already, which is just as well */
	nf_svc_ask(client,
		   nf_svc_message_new(client, NF_SVC_CMD_ABORT, 0,
				      NF_SVC_MESSAGE_HEAD),
		   NULL, NULL, &ignored);
}

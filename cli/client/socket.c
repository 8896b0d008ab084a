// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "wire.h"

/* Dumps are read at most this often while commits keep interrupting them. */
#define DUMP_TRIES 16
/*
 * The kernel answers while it is being asked, so an answer that is not there
 * after this many seconds never comes.
 */
#define ANSWER_SECONDS 30

static int no_memory(struct nf_svc_error *error)
{
	return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, ENOMEM,
				"out of memory");
}

static int connect_socket(struct nf_svc_client *client,
			  struct nf_svc_error *error)
{
	struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	int buffer = 4 * NF_SVC_RECEIVE_MAX, on = 1;
	int ret;

	ret = genl_connect(client->sock);
	if (ret < 0)
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM,
					errno ? errno : EIO,
					"no generic netlink socket: %s",
					nl_geterror(ret));
	client->family = genl_ctrl_resolve(client->sock, NF_SVC_GENL_NAME);
	if (client->family < 0) {
		if (client->family == -NLE_OBJ_NOTFOUND)
			return nf_svc_error_set(
				error, NF_SVC_ERROR_NO_MODULE, ENOENT,
				"the kernel module nf_svc is not loaded");
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, EIO,
					"cannot ask for the family nf_svc: %s",
					nl_geterror(client->family));
	}
	client->fd = nl_socket_get_fd(client->sock);
	/*
	 * Room for the answers to a whole chunk. Without the right to FORCE the
	 * kernel's limit holds, which is enough to read with.
	 */
	if (setsockopt(client->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer,
		       sizeof(buffer)))
		setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &buffer,
			   sizeof(buffer));
	buffer = 4 * NF_SVC_CHUNK;
	if (setsockopt(client->fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer,
		       sizeof(buffer)))
		setsockopt(client->fd, SOL_SOCKET, SO_SNDBUF, &buffer,
			   sizeof(buffer));
	if (setsockopt(client->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on,
		       sizeof(on)) ||
	    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)))
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, errno,
					"cannot set up the netlink socket");
	return 0;
}

int nf_svc_client_open(struct nf_svc_client **result,
		       struct nf_svc_error *error)
{
	struct nf_svc_client *client = calloc(1, sizeof(*client));
	int ret;

	*result = NULL;
	if (!client)
		return no_memory(error);
	client->sock = nl_socket_alloc();
	client->out = malloc(NF_SVC_CHUNK);
	client->in = malloc(NF_SVC_RECEIVE_MAX);
	if (client->sock && client->out && client->in)
		ret = connect_socket(client, error);
	else
		ret = no_memory(error);
	if (ret) {
		nf_svc_client_close(client);
		return ret;
	}
	*result = client;
	return 0;
}

void nf_svc_client_close(struct nf_svc_client *client)
{
	if (!client)
		return;
	/* the kernel ends an open transaction with its socket */
	nl_socket_free(client->sock);
	nf_svc_kept_end(client);
	free(client->out);
	free(client->in);
	free(client);
}

int nf_svc_client_fd(const struct nf_svc_client *client)
{
	return client->fd;
}

struct nl_msg *nf_svc_message_new(struct nf_svc_client *client, uint8_t cmd,
				  int flags, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_size(size);

	if (!msg)
		return NULL;
	if (!genlmsg_put(msg, NL_AUTO_PORT, ++client->seq, client->family, 0,
			 NLM_F_REQUEST | flags, cmd, NF_SVC_GENL_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int nf_svc_send(struct nf_svc_client *client, const void *bytes, size_t len,
		struct nf_svc_error *error)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t n;

	do {
		n = sendto(client->fd, bytes, len, 0,
			   (struct sockaddr *)&kernel, sizeof(kernel));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, errno,
					"cannot send to the kernel");
	return 0;
}

int nf_svc_receive(struct nf_svc_client *client, int flags,
		   struct nf_svc_error *error)
{
	struct sockaddr_nl sender;
	struct iovec space = { .iov_base = client->in,
			       .iov_len = NF_SVC_RECEIVE_MAX };
	struct msghdr message = {
		.msg_name = &sender,
		.msg_iov = &space,
		.msg_iovlen = 1,
	};
	ssize_t n;

	do {
		message.msg_namelen = sizeof(sender);
		n = recvmsg(client->fd, &message, flags);
		if (n < 0 && errno == EAGAIN && (flags & MSG_DONTWAIT))
			return -EAGAIN;
		/* only the kernel, port 0, has anything to say here */
	} while ((n < 0 && errno == EINTR) || (n >= 0 && sender.nl_pid));
	if (n < 0)
		return nf_svc_error_set(
			error, NF_SVC_ERROR_SYSTEM, errno,
			errno == EAGAIN ? "the kernel does not answer" :
					  "cannot receive from the kernel");
	if (message.msg_flags & MSG_TRUNC)
		return nf_svc_error_set(error, NF_SVC_ERROR_ANSWER, EMSGSIZE,
					"an answer of the kernel is too long");
	return (int)n;
}

/**
 * struct answer - how far an answer has been read
 * @seq: of the request
 * @done: it has come to its end
 * @interrupted: a commit happened while the kernel dumped
 */
struct answer {
	uint32_t seq;
	bool done;
	bool interrupted;
};

static int read_messages(struct nf_svc_client *client, int len,
			 struct answer *answer, nf_svc_reader reader, void *arg,
			 struct nf_svc_error *error)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)(void *)client->in;
	int ret = 0;

	for (; nlmsg_ok(nlh, len) && !ret && !answer->done;
	     nlh = nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_seq != answer->seq)
			continue;
		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
			answer->interrupted = true;
		if (nlh->nlmsg_type == NLMSG_ERROR) {
			answer->done = true;
			ret = nf_svc_error_read(nlh, error);
		} else if (nlh->nlmsg_type == NLMSG_DONE) {
			answer->done = true;
			ret = nf_svc_done_read(nlh, error);
		} else if (nlh->nlmsg_type == client->family && reader) {
			ret = genlmsg_valid_hdr(nlh, 0) ? reader(nlh, arg) :
							  -EBADMSG;
			if (ret == -ENOMEM)
				no_memory(error);
			else if (ret)
				nf_svc_error_set(
					error, NF_SVC_ERROR_ANSWER, ret,
					"the kernel's answer is malformed");
		}
	}
	return ret;
}

int nf_svc_ask(struct nf_svc_client *client, struct nl_msg *msg,
	       nf_svc_reader reader, void *arg, struct nf_svc_error *error)
{
	struct answer answer = { 0 };
	struct nlmsghdr *nlh;
	int flags = 0, ret;
	bool dump;

	if (!msg)
		return no_memory(error);
	nlh = nlmsg_hdr(msg);
	dump = (nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	if (!dump)
		nlh->nlmsg_flags |= NLM_F_ACK;
	answer.seq = nlh->nlmsg_seq;
	ret = nf_svc_send(client, nlh, nlh->nlmsg_len, error);
	nlmsg_free(msg);
	while (!ret && !answer.done) {
		int len = nf_svc_receive(client, flags, error);

		/* of an answer that was cut the rest is still worth having */
		if (len == -ENOBUFS && !dump && !flags)
			flags = MSG_DONTWAIT;
		else if (len < 0)
			ret = -error->number;
		else
			ret = read_messages(client, len, &answer, reader, arg,
					    error);
	}
	if (!ret && answer.interrupted)
		ret = nf_svc_error_set(
			error, NF_SVC_ERROR_INTERRUPTED, EINTR,
			"the tables changed while they were read");
	return ret;
}

bool nf_svc_dump_again(unsigned int *tries, int ret, struct nf_svc_error *error)
{
	if (ret != -EINTR || error->kind != NF_SVC_ERROR_INTERRUPTED)
		return false;
	if (++*tries < DUMP_TRIES)
		return true;
	nf_svc_error_set(
		error, NF_SVC_ERROR_INTERRUPTED, EINTR,
		"the tables changed each of the %u times they were read",
		*tries);
	return false;
}

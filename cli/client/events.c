// SPDX-License-Identifier: GPL-2.0
/* The history of commits, the claims, and listening to what is told. */
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "array.h"
#include "events.h"
#include "wire.h"

/**
 * struct list - records, while they are read
 * @commits: of the history
 * @claims: the claims
 * @n: length of the one that is read
 */
struct list {
	struct nf_svc_commit *commits;
	struct nf_svc_writer *claims;
	size_t n;
};

static int add_commit(struct nlmsghdr *nlh, void *arg)
{
	struct nf_svc_commit *commit;
	struct nf_svc_event event;
	struct list *list = arg;
	int ret = nf_svc_event_read(nlh, &event);

	if (ret || event.kind != NF_SVC_EVENT_COMMIT)
		return ret ? ret : -EBADMSG;
	commit = nf_svc_array_add(&list->commits, &list->n, sizeof(*commit));
	if (!commit)
		return -ENOMEM;
	*commit = event.commit;
	return 0;
}

static int add_claim(struct nlmsghdr *nlh, void *arg)
{
	struct nf_svc_writer *claim;
	struct nf_svc_event event;
	struct list *list = arg;
	int ret = nf_svc_event_read(nlh, &event);

	if (ret || event.kind != NF_SVC_EVENT_CLAIMED)
		return ret ? ret : -EBADMSG;
	claim = nf_svc_array_add(&list->claims, &list->n, sizeof(*claim));
	if (!claim)
		return -ENOMEM;
	*claim = event.writer;
	return 0;
}

static int dump(struct nf_svc_client *client, uint8_t cmd, nf_svc_reader reader,
		struct list *list, struct nf_svc_error *error)
{
	unsigned int tries = 0;
	int ret;

	do {
		memset(list, 0, sizeof(*list));
		ret = nf_svc_ask(client,
				 nf_svc_message_new(client, cmd, NLM_F_DUMP,
						    NF_SVC_MESSAGE_HEAD),
				 reader, list, error);
		if (ret) {
			free(list->commits);
			free(list->claims);
		}
	} while (nf_svc_dump_again(&tries, ret, error));
	return ret;
}

int nf_svc_history_get(struct nf_svc_client *client,
		       struct nf_svc_commit **commits, size_t *n,
		       struct nf_svc_error *error)
{
	struct list list;
	int ret =
		dump(client, NF_SVC_CMD_HISTORY_GET, add_commit, &list, error);

	if (ret)
		return ret;
	*commits = list.commits;
	*n = list.n;
	return 0;
}

int nf_svc_claims_get(struct nf_svc_client *client,
		      struct nf_svc_writer **claims, size_t *n,
		      struct nf_svc_error *error)
{
	struct list list;
	int ret = dump(client, NF_SVC_CMD_CLAIM_GET, add_claim, &list, error);

	if (ret)
		return ret;
	*claims = list.claims;
	*n = list.n;
	return 0;
}

int nf_svc_claim(struct nf_svc_client *client, const char *owner,
		 struct nf_svc_error *error)
{
	struct nl_msg *msg = nf_svc_message_new(client, NF_SVC_CMD_CLAIM, 0,
						NF_SVC_MESSAGE_HEAD);

	if (msg && nla_put_string(msg, NF_SVC_A_OWNER, owner)) {
		nlmsg_free(msg);
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, EMSGSIZE,
					"the owner's name is too long");
	}
	return nf_svc_ask(client, msg, NULL, NULL, error);
}

int nf_svc_listen(struct nf_svc_client *client, const char *group,
		  struct nf_svc_error *error)
{
	int number =
		genl_ctrl_resolve_grp(client->sock, NF_SVC_GENL_NAME, group);

	if (number < 0)
		return nf_svc_error_set(
			error, NF_SVC_ERROR_ANSWER, EOPNOTSUPP,
			"this module has no group '%s': it is older than this program",
			group);
	if (setsockopt(client->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &number,
		       sizeof(number)))
		return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, errno,
					"cannot listen to '%s'", group);
	return 0;
}

static int receive_more(struct nf_svc_client *client,
			struct nf_svc_event *event, struct nf_svc_error *error)
{
	int len = nf_svc_receive(client, MSG_DONTWAIT, error);

	if (len == -ENOBUFS) {
		memset(event, 0, sizeof(*event));
		event->kind = NF_SVC_EVENT_MISSED;
		return 1;
	}
	if (len < 0)
		return len;
	client->told = (struct nlmsghdr *)(void *)client->in;
	client->told_len = len;
	return 0;
}

int nf_svc_event_take(struct nf_svc_client *client, struct nf_svc_event *event,
		      struct nf_svc_error *error)
{
	struct nlmsghdr *nlh;
	int ret;

	for (;;) {
		while (!client->told ||
		       !nlmsg_ok(client->told, client->told_len)) {
			ret = receive_more(client, event, error);
			if (ret)
				return ret < 0 ? ret : 0;
		}
		nlh = client->told;
		client->told = nlmsg_next(nlh, &client->told_len);
		if (nlh->nlmsg_type != client->family)
			continue;
		ret = genlmsg_valid_hdr(nlh, 0) ?
			      nf_svc_event_read(nlh, event) :
			      -EBADMSG;
		if (!ret)
			return 0;
		if (ret != -ENOMSG)
			return nf_svc_error_set(
				error, NF_SVC_ERROR_ANSWER, ret,
				"what the kernel told is malformed");
	}
}

int nf_svc_event_next(struct nf_svc_client *client, struct nf_svc_event *event,
		      struct nf_svc_error *error)
{
	struct pollfd wait = { .fd = client->fd, .events = POLLIN };
	int ret;

	while ((ret = nf_svc_event_take(client, event, error)) == -EAGAIN) {
		if (poll(&wait, 1, -1) < 0 && errno != EINTR)
			return nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM,
						errno, "cannot wait");
	}
	return ret;
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "wire.h"

/**
 * struct stats_list - the counters of services, while they are read
 * @stats: array
 * @n: its length
 */
struct stats_list {
	struct nf_svc_stats *stats;
	size_t n;
};

static void read_drop(struct nlattr *attr, struct nf_svc_stats *stats)
{
	struct nlattr *attrs[NF_SVC_A_DROP_MAX + 1];
	uint32_t code;

	if (nla_parse_nested(attrs, NF_SVC_A_DROP_MAX, attr, NULL) < 0)
		return;
	code = nf_svc_attr_u32(attrs[NF_SVC_A_DROP_CODE], NF_SVC_DROP_UNSPEC);
	/* a newer module may know reasons that have no name here */
	if (code >= NF_SVC_DROP_REASONS)
		code = NF_SVC_DROP_UNSPEC;
	stats->drops[code] += nf_svc_attr_u64(attrs[NF_SVC_A_DROP_COUNT]);
}

static int read_stats(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *attrs[NF_SVC_A_MAX + 1], *attr;
	struct nf_svc_stats *stats = arg;
	int rest, ret;

	ret = nf_svc_attrs_parse(nlh, attrs);
	if (ret)
		return ret;
	if (attrs[NF_SVC_A_NAME]) {
		stats->name = nla_strdup(attrs[NF_SVC_A_NAME]);
		if (!stats->name)
			return -ENOMEM;
	}
	stats->protocol = (uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_PROTOCOL], 0);
	stats->family = (uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_FAMILY], 0);
	stats->flows = nf_svc_attr_u64(attrs[NF_SVC_A_FLOWS]);
	stats->masqueraded = nf_svc_attr_u64(attrs[NF_SVC_A_MASQUERADED]);
	stats->healed = nf_svc_attr_u64(attrs[NF_SVC_A_HEALED]);
	stats->unremembered = nf_svc_attr_u64(attrs[NF_SVC_A_UNREMEMBERED]);
	stats->unrecorded = nf_svc_attr_u64(attrs[NF_SVC_A_UNRECORDED]);
	stats->uncounted = nf_svc_attr_u64(attrs[NF_SVC_A_UNCOUNTED]);
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rest) {
		if (nla_type(attr) == NF_SVC_A_DROP)
			read_drop(attr, stats);
	}
	return 0;
}

static int read_totals(struct nlmsghdr *nlh, void *arg)
{
	struct nf_svc_stats *totals = arg;
	int ret = read_stats(nlh, totals);

	free(totals->name);
	totals->name = NULL;
	return ret;
}

static int read_one(struct nlmsghdr *nlh, void *arg)
{
	struct stats_list *list = arg;
	struct nf_svc_stats *stats =
		nf_svc_array_add(&list->stats, &list->n, sizeof(*stats));
	int ret = stats ? read_stats(nlh, stats) : -ENOMEM;

	return !ret && !stats->name ? -EBADMSG : ret;
}

int nf_svc_stats_get(struct nf_svc_client *client, struct nf_svc_stats *stats,
		     struct nf_svc_error *error)
{
	memset(stats, 0, sizeof(*stats));
	return nf_svc_ask(client,
			  nf_svc_message_new(client, NF_SVC_CMD_STATS_GET, 0,
					     NF_SVC_MESSAGE_HEAD),
			  read_totals, stats, error);
}

static int compare_stats(const void *a, const void *b)
{
	const struct nf_svc_stats *one = a, *other = b;
	struct nf_svc_key first = { one->name, one->protocol, one->family };
	struct nf_svc_key second = { other->name, other->protocol,
				     other->family };

	return nf_svc_key_compare(&first, &second);
}

int nf_svc_stats_dump(struct nf_svc_client *client, struct nf_svc_stats **stats,
		      size_t *n, struct nf_svc_error *error)
{
	struct stats_list list;
	unsigned int tries = 0;
	int ret;

	do {
		memset(&list, 0, sizeof(list));
		ret = nf_svc_ask(
			client,
			nf_svc_message_new(client, NF_SVC_CMD_STATS_GET,
					   NLM_F_DUMP, NF_SVC_MESSAGE_HEAD),
			read_one, &list, error);
		if (ret)
			nf_svc_stats_free(list.stats, list.n);
	} while (nf_svc_dump_again(&tries, ret, error));
	if (ret)
		return ret;
	if (list.n > 1)
		qsort(list.stats, list.n, sizeof(*list.stats), compare_stats);
	*stats = list.stats;
	*n = list.n;
	return 0;
}

void nf_svc_stats_free(struct nf_svc_stats *stats, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(stats[i].name);
	free(stats);
}

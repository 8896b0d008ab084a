// SPDX-License-Identifier: GPL-2.0
#include <linux/nf_svc.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "words.h"

const struct nf_svc_word nf_svc_protocols[] = {
	{ IPPROTO_TCP, "tcp" },	      { IPPROTO_UDP, "udp" },
	{ IPPROTO_SCTP, "sctp" },     { IPPROTO_ICMP, "icmp" },
	{ IPPROTO_ICMPV6, "icmpv6" }, { 0, NULL },
};

const struct nf_svc_word nf_svc_families[] = {
	{ NFPROTO_IPV4, "ipv4" },
	{ NFPROTO_IPV6, "ipv6" },
	{ 0, NULL },
};

const struct nf_svc_word nf_svc_classes[] = {
	{ NF_SVC_CLASS_POD, "pod" },
	{ NF_SVC_CLASS_NODE, "node" },
	{ NF_SVC_CLASS_OUTSIDE, "outside" },
	{ 0, NULL },
};

const struct nf_svc_word nf_svc_set_words[] = {
	{ NF_SVC_SET_CLUSTER, "cluster" },
	{ NF_SVC_SET_LOCAL, "local" },
	{ 0, NULL },
};

const struct nf_svc_word nf_svc_empties[] = {
	{ NF_SVC_EMPTY_REFUSE, "refuse" },
	{ NF_SVC_EMPTY_DROP, "drop" },
	{ 0, NULL },
};

const struct nf_svc_word nf_svc_refusals[] = {
	{ NF_SVC_REFUSE_RESET, "reset" },
	{ NF_SVC_REFUSE_UNREACH, "icmp" },
	{ 0, NULL },
};

const struct nf_svc_word nf_svc_kinds[] = {
	{ NF_SVC_KIND_CLUSTER_IP, "ClusterIP" },
	{ NF_SVC_KIND_NODE_PORT, "NodePort" },
	{ NF_SVC_KIND_LOAD_BALANCER, "LoadBalancer" },
	{ NF_SVC_KIND_EXTERNAL_IP, "ExternalIP" },
	{ 0, NULL },
};

const struct nf_svc_word nf_svc_verdicts[] = {
	{ NF_SVC_VERDICT_PASS, "pass" },
	{ NF_SVC_VERDICT_FORWARD, "forward" },
	{ NF_SVC_VERDICT_REFUSE, "refuse" },
	{ NF_SVC_VERDICT_DROP, "drop" },
	{ 0, NULL },
};

const struct nf_svc_word nf_svc_drop_reasons[] = {
	{ NF_SVC_DROP_NO_BACKEND, "no-backend" },
	{ NF_SVC_DROP_SET_EMPTY, "set-empty" },
	{ NF_SVC_DROP_UNCLAIMED, "unclaimed" },
	{ NF_SVC_DROP_SOURCE_RANGE, "source-range" },
	{ NF_SVC_DROP_SERVICE_CIDR, "service-cidr" },
	{ NF_SVC_DROP_REFUSAL_LIMIT, "refusal-limit" },
	{ NF_SVC_DROP_BIND, "bind" },
	{ NF_SVC_DROP_INTERNAL, "internal" },
	{ NF_SVC_DROP_INVALID, "invalid" },
	{ 0, NULL },
};

const struct nf_svc_word nf_svc_capability_words[] = {
	{ NF_SVC_CAP_IPV6, "ipv6" },
	{ NF_SVC_CAP_NODE_PORT, "node-port" },
	{ NF_SVC_CAP_SOURCE_RANGES, "source-ranges" },
	{ NF_SVC_CAP_AFFINITY, "affinity" },
	{ NF_SVC_CAP_SERVICE_CIDRS, "service-cidrs" },
	{ NF_SVC_CAP_CLAIMS, "claims" },
	{ NF_SVC_CAP_HISTORY, "history" },
	{ NF_SVC_CAP_EVENTS, "events" },
	{ NF_SVC_CAP_INTERNAL, "internal" },
	{ NF_SVC_CAP_MASQUERADE_MARK, "masquerade-mark" },
	{ NF_SVC_CAP_FLOWS, "flows" },
	{ 0, NULL },
};

const struct nf_svc_word nf_svc_flow_states[] = {
	{ NF_SVC_FLOW_OPENING, "opening" },
	{ NF_SVC_FLOW_OPEN, "open" },
	{ NF_SVC_FLOW_OVER, "over" },
	{ 0, NULL },
};

const struct nf_svc_word nf_svc_change_kinds[] = {
	{ NF_SVC_CHANGE_ADDED, "added" },
	{ NF_SVC_CHANGE_CHANGED, "changed" },
	{ NF_SVC_CHANGE_DELETED, "deleted" },
	{ 0, NULL },
};

const char *nf_svc_word_text(const struct nf_svc_word *words, uint64_t value)
{
	for (; words->text; words++) {
		if (words->value == value)
			return words->text;
	}
	return "unknown";
}

bool nf_svc_word_value(const struct nf_svc_word *words, const char *text,
		       uint32_t *value)
{
	for (; words->text; words++) {
		if (!strcmp(words->text, text)) {
			*value = (uint32_t)words->value;
			return true;
		}
	}
	return false;
}

char *nf_svc_word_list(const struct nf_svc_word *words, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (const struct nf_svc_word *word = words; word->text; word++) {
		const char *glue = word == words ? "" :
				   word[1].text	 ? ", " :
						   " or ";
		int n = snprintf(text + used, size - used, "%s%s", glue,
				 word->text);

		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n;
	}
	return text;
}

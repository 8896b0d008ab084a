// SPDX-License-Identifier: GPL-2.0
/* Which traffic policy decided, and whom it passed over. */
#include <stdio.h>

#include "explain.h"

/*
 * internalTrafficPolicy holds for all who ask a ClusterIP; externalTrafficPolicy:
 * Local only for those outside, for pods and the node reach any endpoint anyway.
 */
uint32_t explained_policy(const struct nf_svc_explanation *explanation)
{
	const struct nf_svc_rule *rules = explanation->rules;
	uint32_t pod = rules[NF_SVC_CLASS_POD].set;
	uint32_t node = rules[NF_SVC_CLASS_NODE].set;
	uint32_t outside = rules[NF_SVC_CLASS_OUTSIDE].set;
	uint32_t inside = explanation->kind == NF_SVC_KIND_CLUSTER_IP ?
				  outside :
				  NF_SVC_SET_CLUSTER;

	return pod == inside && node == inside ? outside : 0;
}

static const char *class_text(uint32_t class)
{
	switch (class) {
	case NF_SVC_CLASS_POD:
		return "a pod";
	case NF_SVC_CLASS_NODE:
		return "this node";
	default:
		return "outside";
	}
}

char *story_policy(const struct story *story, char *text)
{
	const struct nf_svc_explanation *explanation = &story->explanation;
	uint32_t policy = explained_policy(explanation);

	if (policy)
		snprintf(text, STORY_LINE, "%sTrafficPolicy %s, asked from %s",
			 explanation->kind == NF_SVC_KIND_CLUSTER_IP ?
				 "internal" :
				 "external",
			 policy == NF_SVC_SET_LOCAL ? "Local" : "Cluster",
			 class_text(explanation->class));
	else
		snprintf(
			text, STORY_LINE,
			"rules of its own, which no traffic policy has, asked from %s",
			class_text(explanation->class));
	return text;
}

const char *story_passed_over(const struct nf_svc_backend *backend)
{
	if (!backend->sets)
		return "it drains: no new flows";
	if (!backend->weight)
		return "its weight is 0: no new flows";
	return backend->sets & NF_SVC_SET_LOCAL ?
		       "it is in the local set only" :
		       "it is in the cluster set only";
}

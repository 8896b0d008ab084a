// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "explain.h"

static bool device_matches(const char *pattern, const char *device)
{
	size_t len = strlen(pattern);

	if (len && pattern[len - 1] == '*')
		return !strncmp(pattern, device, len - 1);
	return !strcmp(pattern, device);
}

static const char *protocol_text(const struct story *story, char *number,
				 size_t size)
{
	const char *word =
		nf_svc_word_text(nf_svc_protocols, story->packet.protocol);

	if (strcmp(word, "unknown"))
		return word;
	snprintf(number, size, "protocol %u",
		 (unsigned int)story->packet.protocol);
	return number;
}

char *story_source(const struct story *story, char *text)
{
	const struct nf_svc_packet *packet = &story->packet;

	if (!*packet->device)
		snprintf(text, STORY_LINE, "sent by this node");
	else if (story->device_from == DEVICE_UNKNOWN)
		snprintf(
			text, STORY_LINE,
			"comes in from elsewhere, though no route leads back to its source");
	else
		snprintf(text, STORY_LINE, "comes in by %s%s", packet->device,
			 story->device_from == DEVICE_ROUTE ?
				 ", where the route to the source leads" :
				 "");
	return text;
}

char *story_class(const struct story *story, char *text)
{
	const struct nf_svc_settings *settings = &story->settings;
	const struct nf_svc_packet *packet = &story->packet;
	char cidr[NF_SVC_CIDR_TEXT];

	switch (story->explanation.class) {
	case NF_SVC_CLASS_POD:
		snprintf(text, STORY_LINE, "a pod");
		for (size_t i = 0; i < settings->n_pod_devices; i++) {
			if (device_matches(settings->pod_devices[i],
					   packet->device))
				snprintf(text, STORY_LINE,
					 "a pod: %s matches pod-device %s",
					 packet->device,
					 settings->pod_devices[i]);
		}
		for (size_t i = 0; i < settings->n_pod_cidrs; i++) {
			if (nf_svc_cidr_contains(&settings->pod_cidrs[i],
						 &packet->source))
				snprintf(text, STORY_LINE,
					 "a pod: its address is in pod-cidr %s",
					 nf_svc_cidr_format(
						 &settings->pod_cidrs[i],
						 cidr));
		}
		break;
	case NF_SVC_CLASS_NODE:
		snprintf(text, STORY_LINE,
			 "this node: it sends the packet, and is no pod");
		break;
	case NF_SVC_CLASS_OUTSIDE:
		if (nf_svc_settings_know_pods(settings, packet->source.family))
			snprintf(
				text, STORY_LINE,
				"outside: neither this node, nor in a pod-cidr, nor by a pod-device");
		else
			snprintf(
				text, STORY_LINE,
				"outside: not this node, and the settings say of nobody that it is a "
				"pod");
		break;
	default:
		snprintf(text, STORY_LINE, "unknown to this svcctl");
		break;
	}
	return text;
}

char *story_frontend(const struct story *story, char *text)
{
	const struct nf_svc_explanation *explanation = &story->explanation;
	char place[NF_SVC_PLACE_TEXT], number[24];

	if (story->packet.port)
		nf_svc_addr_port_format(&story->packet.addr, story->packet.port,
					place);
	else
		nf_svc_addr_format(&story->packet.addr, place);
	if (explanation->name)
		snprintf(text, STORY_LINE, "%s/%s is a %s of %s (owner %s)",
			 place, protocol_text(story, number, sizeof(number)),
			 nf_svc_word_text(nf_svc_kinds, explanation->kind),
			 explanation->name, explanation->owner);
	else if (explanation->drop_reason == NF_SVC_DROP_UNCLAIMED)
		snprintf(text, STORY_LINE,
			 "the address is a service's, but none has %s/%s",
			 place, protocol_text(story, number, sizeof(number)));
	else
		snprintf(text, STORY_LINE, "no service has %s/%s", place,
			 protocol_text(story, number, sizeof(number)));
	return text;
}

char *story_set(const struct story *story, char *text)
{
	const struct nf_svc_explanation *explanation = &story->explanation;

	snprintf(text, STORY_LINE, "%s set, where %u backend%s new flows",
		 nf_svc_word_text(nf_svc_set_words,
				  explanation->rules[explanation->class].set),
		 explanation->candidates,
		 explanation->candidates == 1 ? " takes" : "s take");
	return text;
}

/* How a backend was chosen among several. */
static const char *choice_reason(const struct story *story)
{
	static const struct {
		const char *scheduler;
		const char *reason;
	} reasons[] = {
		{ "rr", ", whose turn is next" },
		{ "wrr", ", whose turn is next" },
		{ "lc", ", which has the fewest flows for its weight" },
		{ "mh", ", by the hash of addresses and ports" },
		{ "mh-source", ", by the hash of the client's address" },
	};
	const char *scheduler = story->explanation.scheduler;

	if (story->explanation.remembered)
		return ", which its client had last";
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		if (!strcmp(scheduler, reasons[i].scheduler))
			return reasons[i].reason;
	}
	if (story->packet.protocol == IPPROTO_UDP)
		return ", by the hash of addresses and ports";
	return "";
}

char *story_choice(const struct story *story, char *text)
{
	const struct nf_svc_explanation *explanation = &story->explanation;
	char place[NF_SVC_PLACE_TEXT];

	if (explanation->has_chosen)
		snprintf(text, STORY_LINE, "%s%s",
			 nf_svc_addr_port_format(&explanation->chosen.addr,
						 explanation->chosen.port,
						 place),
			 explanation->candidates > 1 ? choice_reason(story) :
						       ", the only one");
	else if (explanation->n_backends == 1)
		snprintf(text, STORY_LINE, "%s, the only one",
			 nf_svc_addr_port_format(&explanation->backends[0].addr,
						 explanation->backends[0].port,
						 place));
	else
		snprintf(text, STORY_LINE, "one of these %u %s, by weight",
			 explanation->candidates,
			 story->packet.protocol == IPPROTO_UDP ||
					 !strcmp(explanation->scheduler, "mh") ?
				 "by the hash of addresses and ports" :
				 "at random");
	return text;
}

/* May the client be given itself? */
static bool may_be_hairpin(const struct story *story)
{
	const struct nf_svc_explanation *explanation = &story->explanation;

	for (size_t i = 0; i < explanation->n_backends; i++) {
		if (!nf_svc_addr_compare(&explanation->backends[i].addr,
					 &story->packet.source))
			return true;
	}
	return false;
}

char *story_masquerade(const struct story *story, char *text)
{
	switch (story->explanation.masquerade) {
	case 0:
		if (!story->explanation.has_chosen && may_be_hairpin(story)) {
			snprintf(
				text, STORY_LINE,
				"only if the client gets itself, for it would answer past the node");
			break;
		}
		if (story->explanation.class == NF_SVC_CLASS_POD)
			snprintf(text, STORY_LINE,
				 "no: the backend sees the pod's own address");
		else
			snprintf(
				text, STORY_LINE,
				"no: the rule of the frontend for this class does not ask for it");
		break;
	case 1:
		snprintf(
			text, STORY_LINE,
			"yes: the rule of the frontend for this class asks for it");
		break;
	default:
		snprintf(
			text, STORY_LINE,
			"yes: the client gets itself, and would answer past the node");
		break;
	}
	return text;
}

char *story_refusal(const struct story *story, char *text)
{
	static const char *const reasons[] = {
		[NF_SVC_DROP_NO_BACKEND] =
			"no backend of the service takes new flows",
		[NF_SVC_DROP_SET_EMPTY] =
			"no backend of this set takes new flows, though one of the other set does",
		[NF_SVC_DROP_UNCLAIMED] =
			"the address belongs to services alone, and none has this port and protocol",
		[NF_SVC_DROP_SOURCE_RANGE] =
			"the source is in no range that the frontend allows",
		[NF_SVC_DROP_SERVICE_CIDR] =
			"the address is kept for services, and none has it",
		[NF_SVC_DROP_REFUSAL_LIMIT] = "it was refused too often lately",
		[NF_SVC_DROP_BIND] = "conntrack or NAT could not take the flow",
		[NF_SVC_DROP_INTERNAL] =
			"it is internal: only pods and this node may ask here",
		[NF_SVC_DROP_INVALID] =
			"it is of a flow, but no packet that may come there",
	};
	uint32_t reason = story->explanation.drop_reason;

	if (reason < sizeof(reasons) / sizeof(*reasons) && reasons[reason])
		snprintf(text, STORY_LINE, "%s: %s",
			 nf_svc_word_text(nf_svc_drop_reasons, reason),
			 reasons[reason]);
	else
		snprintf(text, STORY_LINE, "reason %u, unknown to this svcctl",
			 reason);
	return text;
}

static void refuse_result(const struct story *story, char *text)
{
	bool reset = story->packet.protocol == IPPROTO_TCP &&
		     story->explanation.refuse_with == NF_SVC_REFUSE_RESET;

	if (!*story->packet.device)
		snprintf(text, STORY_LINE,
			 "refused: the program gets ECONNREFUSED at once");
	else
		snprintf(text, STORY_LINE, "refused with %s",
			 reset ? "a TCP reset" : "an ICMP port unreachable");
}

static void forward_result(const struct story *story, char *text)
{
	const struct nf_svc_explanation *explanation = &story->explanation;
	const struct nf_svc_backend *backend = NULL;
	char place[NF_SVC_PLACE_TEXT];

	if (explanation->has_chosen)
		backend = &explanation->chosen;
	else if (explanation->n_backends == 1)
		backend = &explanation->backends[0];
	if (backend)
		snprintf(text, STORY_LINE, "to %s%s",
			 nf_svc_addr_port_format(&backend->addr, backend->port,
						 place),
			 explanation->masquerade ? ", masqueraded" : "");
	else
		snprintf(text, STORY_LINE, "to one of %u backends%s",
			 explanation->candidates,
			 explanation->masquerade ? ", masqueraded" : "");
}

char *story_result(const struct story *story, char *text)
{
	switch (story->explanation.verdict) {
	case NF_SVC_VERDICT_PASS:
		snprintf(text, STORY_LINE, "left alone: no service's packet");
		break;
	case NF_SVC_VERDICT_FORWARD:
		forward_result(story, text);
		break;
	case NF_SVC_VERDICT_REFUSE:
		refuse_result(story, text);
		break;
	case NF_SVC_VERDICT_DROP:
		snprintf(text, STORY_LINE, "dropped without an answer");
		break;
	default:
		snprintf(text, STORY_LINE, "unknown to this svcctl");
		break;
	}
	return text;
}

// SPDX-License-Identifier: GPL-2.0
/* svcctl explain */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "document.h"
#include "explain.h"
#include "print.h"
#include "route.h"
#include "select.h"

static enum exit_status parse_destination(const char *word,
					  struct nf_svc_packet *packet)
{
	struct nf_svc_place place;
	bool has_ports;
	const char *why;

	if (!word)
		return complain(
			WRONG_USAGE,
			"explain: where does the packet go? IP[:PORT][/PROTOCOL]");
	if (strchr(word, '/') && !looks_like_place(word))
		return complain(
			WRONG_USAGE,
			"%s: a name where an address is expected; IP[:PORT][/PROTOCOL]",
			word);
	if (!strcmp(word, "from"))
		return complain(
			WRONG_USAGE,
			"from: the destination goes first: explain DST from SRC");
	if (nf_svc_place_parse(word, &place, &why))
		return complain(WRONG_USAGE, "%s: not a destination: %s", word,
				why);
	if (!place.addr.family)
		return complain(WRONG_USAGE,
				"%s: a packet goes to one address; write it",
				word);
	/* without a port and protocol it is a ping */
	if (!place.port && !place.has_protocol)
		place.protocol = place.addr.family == NFPROTO_IPV4 ?
					 IPPROTO_ICMP :
					 IPPROTO_ICMPV6;
	has_ports = place.protocol == IPPROTO_TCP ||
		    place.protocol == IPPROTO_UDP ||
		    place.protocol == IPPROTO_SCTP;
	if (has_ports && !place.port)
		return complain(WRONG_USAGE,
				"%s: the port is missing; write %s", word,
				place.addr.family == NFPROTO_IPV6 ?
					"[IPV6]:PORT/PROTOCOL" :
					"IP:PORT/PROTOCOL");
	if (!has_ports && place.port)
		return complain(
			WRONG_USAGE,
			"%s: this protocol has no ports; leave the port out",
			word);
	packet->addr = place.addr;
	packet->port = place.port;
	packet->protocol = place.protocol;
	return DONE;
}

static enum exit_status parse_source(const char *word,
				     struct nf_svc_packet *packet)
{
	struct nf_svc_place place;
	const char *why;

	if (!word)
		return complain(
			WRONG_USAGE,
			"explain: from whom? explain DST from SRC[:PORT]");
	if (nf_svc_place_parse(word, &place, &why))
		return complain(WRONG_USAGE, "from %s: not a source: %s", word,
				why);
	if (place.has_protocol || !place.addr.family)
		return complain(WRONG_USAGE,
				"from %s: not a source; write IP or IP:PORT",
				word);
	if (place.addr.family != packet->addr.family)
		return complain(WRONG_USAGE,
				"from %s: not of the destination's family",
				word);
	packet->source = place.addr;
	packet->source_port = place.port;
	return DONE;
}

static enum exit_status parse_device(const char *name,
				     struct nf_svc_packet *packet)
{
	if (!name)
		return complain(
			WRONG_USAGE,
			"dev: its value is missing; a device, as 'ip link' lists them");
	if (!*name || strlen(name) > NF_SVC_DEVICE_MAX)
		return complain(WRONG_USAGE,
				"dev %s: not a device's name; 1 to %d bytes",
				name, NF_SVC_DEVICE_MAX);
	strcpy(packet->device, name);
	return DONE;
}

static enum exit_status parse_packet(struct words *words,
				     struct nf_svc_packet *packet)
{
	enum exit_status status;

	status = parse_destination(words_take(words), packet);
	if (!status && !words_take_if(words, "from"))
		status = complain(
			WRONG_USAGE,
			"explain: from whom? explain DST from SRC[:PORT]");
	if (!status)
		status = parse_source(words_take(words), packet);
	if (!status && words_take_if(words, "dev"))
		status = parse_device(words_take(words), packet);
	return status ? status : words_end(words);
}

static void print_step(const struct svcctl *ctl, unsigned int *number,
		       const char *key, const char *text)
{
	printf("%2u %s%-12s%s %s\n", ++*number, paint_on(ctl, PAINT_KEY), key,
	       paint_off(ctl), text);
}

static void print_candidates(const struct story *story)
{
	const struct nf_svc_explanation *explanation = &story->explanation;
	char place[NF_SVC_PLACE_TEXT];

	if (explanation->has_chosen || explanation->n_backends < 2)
		return;
	for (size_t i = 0; i < explanation->n_backends; i++) {
		const struct nf_svc_backend *backend =
			&explanation->backends[i];

		printf("%16s%s weight %u\n", "",
		       nf_svc_addr_port_format(&backend->addr, backend->port,
					       place),
		       (unsigned int)backend->weight);
	}
	/* a message of the kernel holds some hundred */
	if (explanation->candidates > explanation->n_backends)
		printf("%16sand %zu more\n", "",
		       explanation->candidates - explanation->n_backends);
}

static void print_passed_over(const struct story *story)
{
	const struct nf_svc_explanation *explanation = &story->explanation;
	char place[NF_SVC_PLACE_TEXT];

	for (size_t i = 0; i < explanation->n_passed_over; i++) {
		const struct nf_svc_backend *backend =
			&explanation->passed_over[i];

		printf("%16snot %s: %s\n", "",
		       nf_svc_addr_port_format(&backend->addr, backend->port,
					       place),
		       story_passed_over(backend));
	}
	if (explanation->passed_over_count > explanation->n_passed_over)
		printf("%16sand %zu more are passed over\n", "",
		       explanation->passed_over_count -
			       explanation->n_passed_over);
}

static void print_story(const struct svcctl *ctl, const struct story *story)
{
	const struct nf_svc_explanation *explanation = &story->explanation;
	unsigned int number = 0;
	char line[STORY_LINE];
	enum paint paint;

	print_step(ctl, &number, "packet", story_source(story, line));
	print_step(ctl, &number, "source", story_class(story, line));
	print_step(ctl, &number, "frontend", story_frontend(story, line));
	if (explanation->has_rule) {
		print_step(ctl, &number, "policy", story_policy(story, line));
		print_step(ctl, &number, "set", story_set(story, line));
		print_passed_over(story);
	}
	if (explanation->verdict == NF_SVC_VERDICT_FORWARD) {
		print_step(ctl, &number, "backend", story_choice(story, line));
		print_candidates(story);
		print_step(ctl, &number, "masquerade",
			   story_masquerade(story, line));
	} else if (explanation->drop_reason) {
		print_step(ctl, &number, "reason", story_refusal(story, line));
	}
	paint = explanation->verdict == NF_SVC_VERDICT_FORWARD ? PAINT_GOOD :
		explanation->verdict == NF_SVC_VERDICT_PASS    ? PAINT_ODD :
								 PAINT_BAD;
	printf("%sresult: %s%s\n", paint_on(ctl, paint),
	       story_result(story, line), paint_off(ctl));
}

static bool add_item(cJSON *to, const char *key, cJSON *item)
{
	if (item && cJSON_AddItemToObject(to, key, item))
		return true;
	cJSON_Delete(item);
	return false;
}

static bool add_text(cJSON *to, const char *key, const char *text)
{
	return cJSON_AddStringToObject(to, key, text);
}

static cJSON *document_packet(const struct story *story)
{
	const struct nf_svc_packet *packet = &story->packet;
	char source[NF_SVC_ADDR_TEXT], addr[NF_SVC_ADDR_TEXT];
	cJSON *value = cJSON_CreateObject();

	if (value &&
	    add_text(value, "source",
		     nf_svc_addr_format(&packet->source, source)) &&
	    cJSON_AddNumberToObject(value, "sourcePort", packet->source_port) &&
	    add_text(value, "destination",
		     nf_svc_addr_format(&packet->addr, addr)) &&
	    cJSON_AddNumberToObject(value, "port", packet->port) &&
	    cJSON_AddNumberToObject(value, "protocol", packet->protocol) &&
	    document_add_text(value, "device", packet->device))
		return value;
	cJSON_Delete(value);
	return NULL;
}

static bool add_service(cJSON *to, const struct nf_svc_explanation *explanation)
{
	cJSON *service;

	if (!explanation->name)
		return cJSON_AddNullToObject(to, "service");
	service = cJSON_AddObjectToObject(to, "service");
	return service && add_text(service, "name", explanation->name) &&
	       add_text(service, "owner", explanation->owner) &&
	       add_text(service, "type",
			nf_svc_word_text(nf_svc_kinds, explanation->kind));
}

static bool add_array(cJSON *to, const char *key,
		      const struct nf_svc_backend *backends, size_t n)
{
	cJSON *array = cJSON_AddArrayToObject(to, key);
	bool ok = array;

	for (size_t i = 0; i < n && ok; i++) {
		cJSON *item = document_backend(&backends[i], false);

		ok = item && cJSON_AddItemToArray(array, item);
		if (!ok)
			cJSON_Delete(item);
	}
	return ok;
}

static bool add_policy(cJSON *to, const struct nf_svc_explanation *explanation)
{
	uint32_t policy = 0;

	if (explanation->has_rule)
		policy = explained_policy(explanation);
	if (!policy)
		return cJSON_AddNullToObject(to, "policy");
	return add_text(to, "policy",
			policy == NF_SVC_SET_LOCAL ? "Local" : "Cluster");
}

static bool add_backends(cJSON *to,
			 const struct nf_svc_explanation *explanation)
{
	return add_array(to, "backends", explanation->backends,
			 explanation->n_backends) &&
	       add_array(to, "passedOver", explanation->passed_over,
			 explanation->n_passed_over) &&
	       cJSON_AddNumberToObject(to, "passedOverCount",
				       explanation->passed_over_count) &&
	       add_item(to, "chosen",
			explanation->has_chosen ?
				document_backend(&explanation->chosen, false) :
				cJSON_CreateNull());
}

static cJSON *document_story(const struct story *story)
{
	static const char *const masquerades[] = { "no", "rule", "hairpin" };
	const struct nf_svc_explanation *explanation = &story->explanation;
	const char *reason = NULL;
	cJSON *value = cJSON_CreateObject();
	char line[STORY_LINE];
	bool ok;

	if (explanation->drop_reason)
		reason = nf_svc_word_text(nf_svc_drop_reasons,
					  explanation->drop_reason);
	ok = value && add_item(value, "packet", document_packet(story)) &&
	     add_text(value, "verdict",
		      nf_svc_word_text(nf_svc_verdicts,
				       explanation->verdict)) &&
	     add_text(value, "class",
		      nf_svc_word_text(nf_svc_classes, explanation->class)) &&
	     add_service(value, explanation) &&
	     add_item(value, "rule",
		      explanation->has_rule ?
			      document_rule(
				      &explanation->rules[explanation->class]) :
			      cJSON_CreateNull()) &&
	     add_policy(value, explanation) &&
	     document_add_text(value, "reason", reason) &&
	     cJSON_AddNumberToObject(value, "candidates",
				     explanation->candidates) &&
	     add_backends(value, explanation) &&
	     add_text(value, "masquerade",
		      explanation->masquerade < 3 ?
			      masquerades[explanation->masquerade] :
			      "unknown") &&
	     add_text(value, "result", story_result(story, line));
	if (ok)
		return value;
	cJSON_Delete(value);
	return NULL;
}

/* Who the packet comes from, if no device was given: the routes know. */
static void find_device(struct story *story)
{
	struct nf_svc_packet *packet = &story->packet;

	if (*packet->device)
		return;
	switch (route_find(&packet->source, packet->device)) {
	case ROUTE_LOCAL:
		break;
	case ROUTE_DEVICE:
		story->device_from = DEVICE_ROUTE;
		break;
	case ROUTE_UNKNOWN:
	default:
		/* a device that every network namespace has */
		strcpy(packet->device, "lo");
		story->device_from = DEVICE_UNKNOWN;
		break;
	}
}

static enum exit_status run_explain(struct svcctl *ctl, struct words *words)
{
	struct story story = { 0 };
	struct nf_svc_error error;
	enum exit_status status;

	status = parse_packet(words, &story.packet);
	if (!status)
		status = svcctl_connect(ctl);
	if (status)
		return status;
	find_device(&story);
	if (nf_svc_settings_get(ctl->client, &story.settings, &error) ||
	    nf_svc_explain(ctl->client, &story.packet, &story.explanation,
			   &error))
		status = complain_error(&error);
	if (!status && ctl->output == OUTPUT_JSON)
		status = json_print(document_story(&story));
	else if (!status)
		print_story(ctl, &story);
	nf_svc_explanation_clean(&story.explanation);
	nf_svc_settings_clean(&story.settings);
	return status;
}

const struct command svcctl_explain = {
	.verb = "explain",
	.synopsis = "DST[:PORT][/PROTOCOL] from SRC[:PORT] [dev DEVICE]",
	.summary = "tell what would happen to a packet, and why",
	.help = "The kernel answers with the very lookup that a packet gets, and without a side\n"
		"effect. DST and SRC are addresses; an IPv6 address with a port stands in\n"
		"brackets. PROTOCOL is tcp (default), udp or sctp; any other one, icmp or a\n"
		"number, goes without a port. Without a port and a protocol it is about a ping.\n"
		"\n"
		"DEVICE is where the packet comes in. If it is not given, it is where the route\n"
		"to SRC leads, or none if SRC is an address of this node.\n"
		"\n"
		"  svcctl explain 10.96.33.7:80 from 10.244.1.5\n"
		"  svcctl explain [fd00:96::7]:53/udp from [fd00:244::5]:40000 dev cni0\n",
	.run = run_explain,
};

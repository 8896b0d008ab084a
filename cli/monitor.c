// SPDX-License-Identifier: GPL-2.0
/* svcctl monitor */
#include <stdio.h>

#include "client/address.h"
#include "client/words.h"
#include "command.h"
#include "event.h"
#include "print.h"

static void print_commit(const struct svcctl *ctl,
			 const struct nf_svc_commit *commit)
{
	char changed[COUNTS_TEXT];

	printf("%scommit %llu%s by %s (%s[%u]): %s%s%s\n",
	       paint_on(ctl, PAINT_KEY), (unsigned long long)commit->generation,
	       paint_off(ctl), commit->writer.owner, commit->writer.comm,
	       commit->writer.pid,
	       counts_write(&commit->counts, commit->settings_changed, changed),
	       commit->replaced ? "; all of its owner" : "",
	       commit->not_listed ? "; too many to list" : "");
}

static void print_changed(const struct nf_svc_changed *changed)
{
	char counts[COUNTS_TEXT];

	printf("%s %s/%s/%s (%s): %s\n",
	       nf_svc_word_text(nf_svc_change_kinds, changed->change),
	       changed->name,
	       nf_svc_word_text(nf_svc_protocols, changed->protocol),
	       nf_svc_word_text(nf_svc_families, changed->family),
	       changed->owner, counts_write(&changed->counts, false, counts));
}

static void print_dropped(const struct svcctl *ctl,
			  const struct nf_svc_dropped *dropped)
{
	const struct nf_svc_packet *packet = &dropped->packet;
	char from[NF_SVC_PLACE_TEXT], to[NF_SVC_PLACE_TEXT];

	printf("%s%s%s %s/%s from %s %s%s%s: %s%s%s", paint_on(ctl, PAINT_BAD),
	       dropped->verdict == NF_SVC_VERDICT_REFUSE ? "refused" :
							   "dropped",
	       paint_off(ctl),
	       nf_svc_addr_port_format(&packet->addr, packet->port, to),
	       nf_svc_word_text(nf_svc_protocols, packet->protocol),
	       nf_svc_word_text(nf_svc_classes, dropped->class),
	       nf_svc_addr_port_format(&packet->source, packet->source_port,
				       from),
	       *packet->device ? " in " : "", packet->device,
	       nf_svc_word_text(nf_svc_drop_reasons, dropped->reason),
	       *dropped->name ? ", service " : "", dropped->name);
	if (dropped->lost)
		printf("; %u before it were not told", dropped->lost);
	putchar('\n');
}

static void print_text(const struct svcctl *ctl,
		       const struct nf_svc_event *event)
{
	char when[TIME_TEXT];

	printf("%s ", time_write(event->kind == NF_SVC_EVENT_COMMIT ?
					 event->commit.time :
					 time_now(),
				 false, when));
	switch (event->kind) {
	case NF_SVC_EVENT_COMMIT:
		print_commit(ctl, &event->commit);
		break;
	case NF_SVC_EVENT_CHANGED:
		print_changed(&event->changed);
		break;
	case NF_SVC_EVENT_CLAIMED:
	case NF_SVC_EVENT_RELEASED:
		printf("owner %s %s by %s[%u]\n", event->writer.owner,
		       event->kind == NF_SVC_EVENT_CLAIMED ? "claimed" :
							     "released",
		       event->writer.comm, event->writer.pid);
		break;
	case NF_SVC_EVENT_DROPPED:
		print_dropped(ctl, &event->dropped);
		break;
	case NF_SVC_EVENT_MISSED:
	default:
		printf("%smissed some%s: too much happened at once; 'svcctl list' shows what is\n",
		       paint_on(ctl, PAINT_BAD), paint_off(ctl));
	}
}

static enum exit_status print_event(const struct svcctl *ctl,
				    const struct nf_svc_event *event)
{
	if (ctl->output == OUTPUT_JSON)
		return json_print(event_document(event));
	print_text(ctl, event);
	return DONE;
}

static enum exit_status run_monitor(struct svcctl *ctl, struct words *words)
{
	struct nf_svc_error error;
	struct nf_svc_event event;
	enum exit_status status;

	status = words_end(words);
	if (!status)
		status = svcctl_connect(ctl);
	if (status)
		return status;
	if (nf_svc_listen(ctl->client, NF_SVC_GROUP_EVENTS, &error) ||
	    (ctl->drops &&
	     nf_svc_listen(ctl->client, NF_SVC_GROUP_DROPS, &error)))
		return complain_error(&error);
	/* whoever reads a pipe wants each line when it happens */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (uint32_t n = 0; !status && (!ctl->count || n < ctl->count); n++) {
		if (nf_svc_event_next(ctl->client, &event, &error))
			return complain_error(&error);
		status = print_event(ctl, &event);
		if (ferror(stdout))
			break;
	}
	return status;
}

const struct command svcctl_monitor = {
	.verb = "monitor",
	.synopsis = "[--drops] [--count N]",
	.summary = "tell what happens: commits, and packets that are refused",
	.help = "Prints a line, with -j a JSON object, for each service that a commit changes,\n"
		"for each commit, and for each owner that a process claims (no other one may\n"
		"write for it) or releases, until it is interrupted. In lines of changes + are\n"
		"added, ~ changed and - deleted ones.\n"
		"\n"
		"With --drops also packets that are refused or dropped, at most 1000 a second.\n",
	.options = OPTION_DROPS | OPTION_COUNT,
	.run = run_monitor,
};

// SPDX-License-Identifier: GPL-2.0
/* Messages about commits, claims and packets, taken apart. */
#include <errno.h>
#include <string.h>

#include "events.h"
#include "wire.h"

static void read_counts(struct nlattr **attrs, struct nf_svc_counts *counts)
{
	const struct {
		int type;
		uint32_t *count;
	} all[] = {
		{ NF_SVC_A_SERVICES_ADDED, &counts->services_added },
		{ NF_SVC_A_SERVICES_CHANGED, &counts->services_changed },
		{ NF_SVC_A_SERVICES_DELETED, &counts->services_deleted },
		{ NF_SVC_A_FRONTENDS_ADDED, &counts->frontends_added },
		{ NF_SVC_A_FRONTENDS_DELETED, &counts->frontends_deleted },
		{ NF_SVC_A_BACKENDS_ADDED, &counts->backends_added },
		{ NF_SVC_A_BACKENDS_CHANGED, &counts->backends_changed },
		{ NF_SVC_A_BACKENDS_DELETED, &counts->backends_deleted },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		*all[i].count = nf_svc_attr_u32(attrs[all[i].type], 0);
}

static void read_writer(struct nlattr **attrs, struct nf_svc_writer *writer)
{
	nf_svc_attr_string(attrs[NF_SVC_A_OWNER], writer->owner,
			   sizeof(writer->owner));
	writer->pid = nf_svc_attr_u32(attrs[NF_SVC_A_PID], 0);
	nf_svc_attr_string(attrs[NF_SVC_A_COMM], writer->comm,
			   sizeof(writer->comm));
}

static void read_commit(struct nlattr **attrs, struct nf_svc_commit *commit)
{
	commit->generation = nf_svc_attr_u64(attrs[NF_SVC_A_GENERATION]);
	commit->time = nf_svc_attr_u64(attrs[NF_SVC_A_TIME]);
	read_writer(attrs, &commit->writer);
	commit->settings_changed = attrs[NF_SVC_A_SETTINGS_CHANGED];
	commit->replaced = attrs[NF_SVC_A_REPLACED];
	commit->not_listed = attrs[NF_SVC_A_NOT_LISTED];
	read_counts(attrs, &commit->counts);
}

static void read_changed(struct nlattr **attrs, struct nf_svc_changed *changed)
{
	changed->generation = nf_svc_attr_u64(attrs[NF_SVC_A_GENERATION]);
	nf_svc_attr_string(attrs[NF_SVC_A_OWNER], changed->owner,
			   sizeof(changed->owner));
	nf_svc_attr_string(attrs[NF_SVC_A_NAME], changed->name,
			   sizeof(changed->name));
	changed->protocol =
		(uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_PROTOCOL], 0);
	changed->family = (uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_FAMILY], 0);
	changed->change =
		nf_svc_attr_u32(attrs[NF_SVC_A_CHANGE], NF_SVC_CHANGE_CHANGED);
	read_counts(attrs, &changed->counts);
}

static int read_dropped(struct nlattr **attrs, struct nf_svc_dropped *dropped)
{
	struct nf_svc_packet *packet = &dropped->packet;
	int ret;

	dropped->reason = nf_svc_attr_u32(attrs[NF_SVC_A_DROP_REASON],
					  NF_SVC_DROP_UNSPEC);
	dropped->verdict =
		nf_svc_attr_u32(attrs[NF_SVC_A_VERDICT], NF_SVC_VERDICT_DROP);
	dropped->class =
		nf_svc_attr_u32(attrs[NF_SVC_A_CLASS], NF_SVC_CLASS_OUTSIDE);
	dropped->lost = nf_svc_attr_u32(attrs[NF_SVC_A_LOST], 0);
	nf_svc_attr_string(attrs[NF_SVC_A_NAME], dropped->name,
			   sizeof(dropped->name));
	packet->protocol =
		(uint8_t)nf_svc_attr_u32(attrs[NF_SVC_A_PROTOCOL], 0);
	packet->source_port =
		(uint16_t)nf_svc_attr_u32(attrs[NF_SVC_A_SOURCE_PORT], 0);
	packet->port = (uint16_t)nf_svc_attr_u32(attrs[NF_SVC_A_PORT], 0);
	nf_svc_attr_string(attrs[NF_SVC_A_DEVICE], packet->device,
			   sizeof(packet->device));
	ret = nf_svc_attr_addr(attrs[NF_SVC_A_SOURCE], &packet->source);
	if (ret)
		return ret;
	return nf_svc_attr_addr(attrs[NF_SVC_A_ADDRESS], &packet->addr);
}

int nf_svc_event_read(struct nlmsghdr *nlh, struct nf_svc_event *event)
{
	struct nlattr *attrs[NF_SVC_A_MAX + 1];
	int ret;

	memset(event, 0, sizeof(*event));
	ret = nf_svc_attrs_parse(nlh, attrs);
	if (ret)
		return ret;
	switch (genlmsg_hdr(nlh)->cmd) {
	case NF_SVC_CMD_COMMITTED:
		event->kind = NF_SVC_EVENT_COMMIT;
		read_commit(attrs, &event->commit);
		return 0;
	case NF_SVC_CMD_CHANGED:
		event->kind = NF_SVC_EVENT_CHANGED;
		read_changed(attrs, &event->changed);
		return 0;
	case NF_SVC_CMD_CLAIM:
		event->kind = NF_SVC_EVENT_CLAIMED;
		read_writer(attrs, &event->writer);
		return 0;
	case NF_SVC_CMD_RELEASE:
		event->kind = NF_SVC_EVENT_RELEASED;
		read_writer(attrs, &event->writer);
		return 0;
	case NF_SVC_CMD_DROPPED:
		event->kind = NF_SVC_EVENT_DROPPED;
		return read_dropped(attrs, &event->dropped);
	default:
		return -ENOMSG;
	}
}

// SPDX-License-Identifier: GPL-2.0
/* svcctl set settings */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "command.h"
#include "parse.h"
#include "select.h"
#include "transaction.h"

/**
 * struct wanted_settings - what was asked for
 * @has_pod_cidrs: pod-cidr was given
 * @has_pod_devices: pod-device was given
 * @has_service_cidrs: service-cidr was given
 * @has_node_port_cidrs: node-port-cidr was given
 * @has_mark: masquerade-mark was given
 * @settings: the new values
 */
struct wanted_settings {
	bool has_pod_cidrs;
	bool has_pod_devices;
	bool has_service_cidrs;
	bool has_node_port_cidrs;
	bool has_mark;
	struct nf_svc_settings settings;
};

static enum exit_status add_device(struct nf_svc_settings *settings,
				   const char *name)
{
	size_t len = strlen(name);
	char(*entry)[NF_SVC_DEVICE_MAX + 1];

	if (!len || len > NF_SVC_DEVICE_MAX || strpbrk(name, "/ \t") ||
	    (strchr(name, '*') && strchr(name, '*') != name + len - 1))
		return complain(
			WRONG_USAGE,
			"pod-device %s: not a device's name; 1 to %d bytes, with a "
			"* only at the end",
			name, NF_SVC_DEVICE_MAX);
	entry = nf_svc_array_add(&settings->pod_devices,
				 &settings->n_pod_devices, sizeof(*entry));
	if (!entry)
		return complain_memory();
	strcpy(*entry, name);
	return DONE;
}

static enum exit_status parse_devices(struct nf_svc_settings *settings,
				      const char *text)
{
	enum exit_status status = DONE;
	char *copy, *rest, *one;

	if (!strcmp(text, "none"))
		return DONE;
	copy = strdup(text);
	if (!copy)
		return complain_memory();
	rest = copy;
	while (!status && (one = strsep(&rest, ",")))
		status = add_device(settings, one);
	free(copy);
	return status;
}

static enum exit_status parse_mark(struct nf_svc_settings *settings,
				   const char *text)
{
	unsigned long value;
	char *end;

	if (!strcmp(text, "none"))
		return DONE;
	errno = 0;
	value = strtoul(text, &end, 0);
	/* only with 0x: 14 could be meant as the number of the bit */
	if (errno || *end || strncmp(text, "0x", 2) ||
	    !isxdigit((unsigned char)text[2]) || value > UINT32_MAX || !value ||
	    value & (value - 1))
		return complain(
			WRONG_USAGE,
			"masquerade-mark %s: not one bit of 32, as 0x...; "
			"0x4000, for example (kube-proxy's bit 14), or none",
			text);
	settings->masquerade_mark = (uint32_t)value;
	return DONE;
}

static enum exit_status parse_one(struct wanted_settings *wanted,
				  struct words *words)
{
	struct nf_svc_settings *settings = &wanted->settings;
	const char *key = words_take(words), *value = words_take(words);
	bool *has;

	if (!strcmp(key, "pod-cidr"))
		has = &wanted->has_pod_cidrs;
	else if (!strcmp(key, "pod-device"))
		has = &wanted->has_pod_devices;
	else if (!strcmp(key, "service-cidr"))
		has = &wanted->has_service_cidrs;
	else if (!strcmp(key, "node-port-cidr"))
		has = &wanted->has_node_port_cidrs;
	else if (!strcmp(key, "masquerade-mark"))
		has = &wanted->has_mark;
	else
		return complain(WRONG_USAGE,
				"%s: no such setting; pod-cidr, pod-device, "
				"service-cidr, node-port-cidr or "
				"masquerade-mark",
				key);
	if (!value)
		return complain(WRONG_USAGE, "%s: its value is missing; %s",
				key,
				has == &wanted->has_mark ?
					"0x4000, for example, or none" :
					"a list, or none");
	if (*has)
		return complain(WRONG_USAGE, "%s: given twice%s", key,
				has == &wanted->has_mark ?
					"" :
					"; write a list with commas");
	*has = true;
	if (has == &wanted->has_mark)
		return parse_mark(settings, value);
	if (has == &wanted->has_pod_cidrs)
		return parse_cidrs(value, key, &settings->pod_cidrs,
				   &settings->n_pod_cidrs);
	if (has == &wanted->has_service_cidrs)
		return parse_service_cidrs(value, key, &settings->service_cidrs,
					   &settings->n_service_cidrs);
	if (has == &wanted->has_node_port_cidrs)
		return parse_cidrs(value, key, &settings->node_port_cidrs,
				   &settings->n_node_port_cidrs);
	return parse_devices(settings, value);
}

static enum exit_status
plan_set(struct svcctl *ctl, const struct nf_svc_snapshot *snapshot, void *arg)
{
	const struct wanted_settings *wanted = arg;
	/* a mixture of both; what it points to stays theirs */
	struct nf_svc_settings settings = snapshot->settings;
	struct nf_svc_error error;

	if (select_check_settings(ctl, &snapshot->settings))
		return NOT_PERMITTED;
	if (wanted->has_pod_cidrs) {
		settings.pod_cidrs = wanted->settings.pod_cidrs;
		settings.n_pod_cidrs = wanted->settings.n_pod_cidrs;
	}
	if (wanted->has_pod_devices) {
		settings.pod_devices = wanted->settings.pod_devices;
		settings.n_pod_devices = wanted->settings.n_pod_devices;
	}
	if (wanted->has_service_cidrs) {
		settings.service_cidrs = wanted->settings.service_cidrs;
		settings.n_service_cidrs = wanted->settings.n_service_cidrs;
	}
	if (wanted->has_node_port_cidrs) {
		settings.node_port_cidrs = wanted->settings.node_port_cidrs;
		settings.n_node_port_cidrs = wanted->settings.n_node_port_cidrs;
	}
	if (wanted->has_mark)
		settings.masquerade_mark = wanted->settings.masquerade_mark;
	return transaction_check(
		nf_svc_tx_settings_set(ctl->client, &settings, &error), &error);
}

static enum exit_status run_set(struct svcctl *ctl, struct words *words)
{
	struct wanted_settings wanted = { 0 };
	enum exit_status status = DONE;

	if (!words_peek(words))
		status = complain(
			WRONG_USAGE,
			"set settings: what? pod-cidr, pod-device, "
			"service-cidr, node-port-cidr or masquerade-mark");
	while (!status && words_peek(words))
		status = parse_one(&wanted, words);
	if (!status)
		status = transaction_run(ctl, READ_SETTINGS, NULL, plan_set,
					 &wanted);
	nf_svc_settings_clean(&wanted.settings);
	return status;
}

const struct command svcctl_set_settings = {
	.verb = "set",
	.noun = "settings",
	.synopsis =
		"[pod-cidr CIDR,..|none] [pod-device DEVICE,..|none]\n"
		"         [service-cidr CIDR,..|none] [node-port-cidr CIDR,..|none]\n"
		"         [masquerade-mark 0xBIT|none]",
	.summary =
		"say what a pod is, and where services and node ports answer",
	.help = "What is given replaces what there is, none empties it; what is not given is kept.\n"
		"A list is written with commas. A CIDR is IP/PREFIX; an IP alone is just that\n"
		"address. 'svcctl status' shows the settings there are.\n"
		"\n"
		"pod-cidr and pod-device say what a pod is: a packet comes from a pod if its\n"
		"source is in a pod-cidr or it entered by a pod-device ('cali*' is every device\n"
		"whose name begins so).\n"
		"\n"
		"service-cidr: only services may have addresses in it; new flows to others there\n"
		"are dropped, but for those to the node itself.\n"
		"\n"
		"node-port-cidr: NodePorts (*:PORT) answer at the addresses of the node that are\n"
		"in it; without one of a family, at all of that family but loopback.\n"
		"\n"
		"masquerade-mark: the first packet of a flow that a rule masquerades has this bit\n"
		"in its mark (0x4000 is kube-proxy's) until it leaves the node or reaches a\n"
		"socket. There the bit is cleared in all packets, so it must be nobody else's. By\n"
		"default there is none: only routing rules and filters of others could need it.\n"
		"\n"
		"The settings have an owner, as services have, until all of them are none.\n"
		"\n"
		"Frontends that exist keep their rules; those made afterwards masquerade clients\n"
		"that are not pods.\n"
		"\n"
		"  svcctl set settings pod-cidr 10.244.0.0/16,fd00:244::/48 \\\n"
		"      service-cidr 10.96.0.0/12\n",
	.batch = true,
	.run = run_set,
};

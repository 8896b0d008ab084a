// SPDX-License-Identifier: GPL-2.0
/* What flags and file come to. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/array.h"
#include "config.h"

#define SYNC_PERIOD 30
#define STATE_DIR "/var/lib/nf_svc"

int config_fail(struct config_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -EINVAL;
}

static int parse_cidrs(struct config_cidrs *cidrs,
		       const struct config_texts *texts, const char *name,
		       struct config_error *error)
{
	for (size_t i = 0; i < texts->n; i++) {
		struct nf_svc_cidr *cidr;
		const char *why;
		int ret;

		cidr = nf_svc_array_add(&cidrs->list, &cidrs->n, sizeof(*cidr));
		if (!cidr)
			return -ENOMEM;
		ret = nf_svc_cidr_parse(texts->list[i], cidr, &why);
		if (ret && ret != -EDOM)
			return config_fail(
				error,
				"%s: '%.64s': %s; for example 10.0.0.0/8", name,
				texts->list[i], why);
	}
	return 0;
}

static int parse_place(struct config_place *place, const char *text,
		       const char *name, uint16_t port,
		       struct config_error *error)
{
	struct nf_svc_place parsed;
	const char *why;

	if (!*text)
		return 0;
	/* kube-proxy takes an address alone, and gives it its own port */
	if (nf_svc_place_parse(text, &parsed, &why))
		return config_fail(error,
				   "%s: '%.64s': %s; for example 0.0.0.0:%u",
				   name, text, why, port);
	place->on = true;
	place->addr = parsed.addr;
	place->port = parsed.port ? parsed.port : port;
	return 0;
}

/* primary, all, or ranges; unset it follows the mode, as with kube-proxy. */
static int choose_node_ports(struct config *config, struct config_error *error)
{
	const struct config_texts *texts = &config->node_port_texts;

	config->node_port_choice = NODE_PORT_PRIMARY;
	if (!texts->n) {
		if (config->file &&
		    (!config->mode || strcmp(config->mode, "nftables")))
			config->node_port_choice = NODE_PORT_ALL;
		return 0;
	}
	for (size_t i = 0; i < texts->n; i++) {
		const char *text = texts->list[i];
		bool word = !strcmp(text, "primary") || !strcmp(text, "all");

		if (!strcmp(text, "localhost"))
			return config_fail(
				error,
				"--nodeport-addresses localhost: not carried yet; leave it out");
		if (word && texts->n > 1)
			return config_fail(
				error,
				"--nodeport-addresses: '%s' stands alone",
				text);
		if (word) {
			if (!strcmp(text, "all"))
				config->node_port_choice = NODE_PORT_ALL;
			return 0;
		}
	}
	config->node_port_choice = NODE_PORT_CIDRS;
	return parse_cidrs(&config->node_ports, texts, "--nodeport-addresses",
			   error);
}

static int check_mode(const struct config *config, struct config_error *error)
{
	static const char *const modes[] = { "",	 "iptables", "ipvs",
					     "nftables", "nf_svc",   NULL };

	for (size_t i = 0; modes[i] && config->mode; i++) {
		if (!strcmp(modes[i], config->mode))
			return 0;
	}
	return config->mode ?
		       config_fail(
			       error,
			       "--proxy-mode: '%.32s' is not known; iptables, ipvs or nftables",
			       config->mode) :
		       0;
}

static int check_detect(const struct config *config, struct config_error *error)
{
	const char *mode = config->detect_local_mode;

	if (!mode || !*mode || !strcmp(mode, "ClusterCIDR") ||
	    !strcmp(mode, "NodeCIDR"))
		return 0;
	if (!strcmp(mode, "BridgeInterface")) {
		if (config->pod_bridge && *config->pod_bridge &&
		    strlen(config->pod_bridge) <= NF_SVC_DEVICE_MAX)
			return 0;
		return config_fail(
			error,
			"--detect-local-mode BridgeInterface needs --pod-bridge-interface, the name of a device");
	}
	if (!strcmp(mode, "InterfaceNamePrefix")) {
		if (config->pod_prefix && *config->pod_prefix &&
		    strlen(config->pod_prefix) <= NF_SVC_DEVICE_MAX)
			return 0;
		return config_fail(
			error,
			"--detect-local-mode InterfaceNamePrefix needs --pod-interface-name-prefix, such as cali");
	}
	return config_fail(
		error,
		"--detect-local-mode: '%.32s' is not known; ClusterCIDR, NodeCIDR, BridgeInterface or InterfaceNamePrefix",
		mode);
}

static int parse_range(struct config *config, struct config_error *error)
{
	const char *text = config->node_port_range_text;
	unsigned int first, last;
	int end = 0;

	config->first_node_port = 30000;
	config->last_node_port = 32767;
	if (!text)
		return 0;
	if (sscanf(text, "%5u-%5u%n", &first, &last, &end) != 2 || text[end] ||
	    !first || first > last || last > 65535)
		return config_fail(
			error,
			"--service-node-port-range: '%.32s' is no range of ports; for example 30000-32767",
			text);
	config->first_node_port = (uint16_t)first;
	config->last_node_port = (uint16_t)last;
	return 0;
}

static int find_name(struct config *config, struct config_error *error)
{
	char hostname[HOST_NAME_MAX + 1] = "";

	if (config->hostname_override && *config->hostname_override) {
		if (node_name_read(config->hostname_override,
				   config->node_name))
			return config_fail(
				error,
				"--hostname-override: '%.64s' is no node's name",
				config->hostname_override);
		return 0;
	}
	if (gethostname(hostname, sizeof(hostname) - 1) ||
	    node_name_read(hostname, config->node_name))
		return config_fail(error,
				   "no hostname: say --hostname-override NAME");
	return 0;
}

static int check_bind_address(const struct config *config,
			      struct config_error *error)
{
	struct nf_svc_addr addr;
	const char *why;

	if (config->bind_address && *config->bind_address &&
	    nf_svc_addr_parse(config->bind_address, &addr, &why))
		return config_fail(error, "--bind-address: '%.64s': %s",
				   config->bind_address, why);
	return 0;
}

static int check(struct config *config, struct config_error *error)
{
	int ret = find_name(config, error);

	/* 0 is kube-proxy's way to say the default */
	if (!config->sync_period)
		config->sync_period = SYNC_PERIOD;
	if (!ret)
		ret = check_mode(config, error);
	if (!ret)
		ret = check_detect(config, error);
	if (!ret)
		ret = check_bind_address(config, error);
	if (!ret)
		ret = parse_cidrs(&config->pods, &config->cluster_cidr,
				  "--cluster-cidr", error);
	if (!ret)
		ret = choose_node_ports(config, error);
	if (!ret)
		ret = parse_cidrs(&config->services,
				  &config->service_cidr_texts, "--service-cidr",
				  error);
	if (!ret)
		ret = parse_cidrs(&config->externals,
				  &config->external_cidr_texts,
				  "--external-ip-cidrs", error);
	if (!ret)
		ret = parse_range(config, error);
	if (!ret)
		ret = parse_place(&config->healthz,
				  config->healthz_text ? config->healthz_text :
							 "0.0.0.0:10256",
				  "--healthz-bind-address", 10256, error);
	if (!ret)
		ret = parse_place(&config->metrics,
				  config->metrics_text ? config->metrics_text :
							 "127.0.0.1:10249",
				  "--metrics-bind-address", 10249, error);
	return ret;
}

/* As kube-proxy's. */
static void set_defaults(struct config *config)
{
	memset(config, 0, sizeof(*config));
	config->sync_period = SYNC_PERIOD;
	config->conntrack_max_per_core = 32768;
	config->conntrack_min = 131072;
	config->tcp_established = 24 * 3600;
	config->tcp_close_wait = 3600;
	config->masquerade_bit = 14;
	config->oom_score_adj = -999;
}

/* The file first, then the few flags that count beside it. */
static int read_beside(struct config *config, int argc, char **argv,
		       struct config_error *error)
{
	char *path = config->file;
	enum config_wish wish;
	int ret;

	config->file = NULL;
	config_clean(config);
	set_defaults(config);
	ret = config_file(config, path, error);
	free(path);
	return ret ? ret :
		     config_flags(config, argc, argv, CONFIG_BESIDE, &wish,
				  error);
}

static int read_alone(struct config *config, int argc, char **argv,
		      struct config_error *error)
{
	enum config_wish wish;

	config_clean(config);
	set_defaults(config);
	return config_flags(config, argc, argv, CONFIG_ALONE, &wish, error);
}

int config_read(struct config *config, int argc, char **argv,
		enum config_wish *wish, struct config_error *error)
{
	int ret;

	set_defaults(config);
	memset(error, 0, sizeof(*error));
	ret = config_flags(config, argc, argv, CONFIG_LOOK, wish, error);
	if (ret || *wish != CONFIG_RUN)
		return ret;
	ret = config->file ? read_beside(config, argc, argv, error) :
			     read_alone(config, argc, argv, error);
	if (!ret && !config->state_dir) {
		config->state_dir = strdup(STATE_DIR);
		ret = config->state_dir ? 0 : -ENOMEM;
	}
	return ret ? ret : check(config, error);
}

static void clean_texts(struct config_texts *texts)
{
	for (size_t i = 0; i < texts->n; i++)
		free(texts->list[i]);
	free(texts->list);
}

void config_clean(struct config *config)
{
	char **const texts[] = {
		&config->file,	       &config->source,
		&config->state_dir,    &config->kubeconfig,
		&config->master,       &config->hostname_override,
		&config->bind_address, &config->detect_local_mode,
		&config->pod_bridge,   &config->pod_prefix,
		&config->mode,	       &config->node_port_range_text,
		&config->healthz_text, &config->metrics_text,
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		free(*texts[i]);
	clean_texts(&config->cluster_cidr);
	clean_texts(&config->node_port_texts);
	clean_texts(&config->service_cidr_texts);
	clean_texts(&config->external_cidr_texts);
	free(config->pods.list);
	free(config->node_ports.list);
	free(config->services.list);
	free(config->externals.list);
	memset(config, 0, sizeof(*config));
}

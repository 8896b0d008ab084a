/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the daemon is set up: flags and the KubeProxyConfiguration file, both under
 * kube-proxy's names.
 *
 *   config_table.c  every flag and field, and what becomes of it here
 *   config_value.c  texts into values
 *   config_flags.c  the command line
 *   config_file.c   the file
 *   config.c        what they come to, checked
 */
#ifndef NF_SVC_DAEMON_CONFIG_H
#define NF_SVC_DAEMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sync/node.h"

/**
 * struct config_texts - a list of texts
 * @list: owned, as is each of them
 * @n: how many
 */
struct config_texts {
	char **list;
	size_t n;
};

/**
 * struct config_cidrs - ranges
 * @list: owned
 * @n: how many
 */
struct config_cidrs {
	struct nf_svc_cidr *list;
	size_t n;
};

/**
 * struct config_place - where a server listens
 * @on: it does at all
 * @addr: where; family 0: everywhere
 * @port: port
 */
struct config_place {
	bool on;
	struct nf_svc_addr addr;
	uint16_t port;
};

/**
 * struct config - the set-up
 * @cleanup: take all of this daemon's out of the kernel, and end
 * @init_only: load the module, set the sysctls, and end
 * @file: of --config, owned; NULL: none
 * @source: directory of manifests, owned; NULL: an API server
 * @state_dir: where state is kept, owned; NULL: nowhere
 * @kubeconfig: owned; NULL: not said
 * @master: URL of the API server, owned; NULL: not said
 * @hostname_override: owned; NULL: not said
 * @node_name: what comes of it, or of the hostname
 * @bind_address: owned; NULL: not said
 * @cluster_cidr: owned texts: A,B
 * @detect_local_mode: owned; NULL: not said
 * @pod_bridge: owned; NULL: not said
 * @pod_prefix: owned; NULL: not said
 * @mode: proxy mode, owned; NULL: not said
 * @node_port_texts: nodePortAddresses as they were said
 * @service_cidr_texts: our --service-cidr
 * @external_cidr_texts: our --external-ip-cidrs
 * @node_port_range_text: our --service-node-port-range, owned; NULL: not said
 * @masquerade_all: of iptables
 * @masquerade_all_nft: of nftables
 * @masquerade_bit: 0 to 31, not used but checked
 * @internal_only: our --internal-cluster-ips
 * @healthz_text: healthzBindAddress, owned; NULL: not said
 * @metrics_text: metricsBindAddress, owned; NULL: not said
 * @bind_hard: bindAddressHardFail
 * @sync_period: seconds, of iptables; 2 of them make it unhealthy
 * @verbosity: of -v
 * @conntrack_max_per_core: 0: leave the limit
 * @conntrack_min: least limit
 * @tcp_established: seconds, 0: leave it
 * @tcp_close_wait: likewise
 * @udp_timeout: likewise
 * @udp_stream: likewise
 * @be_liberal: of conntrack
 * @oom_score_adj: -1000 to 1000
 * @pods: what is a pod, out of @cluster_cidr
 * @node_port_choice: where node ports answer
 * @node_ports: ranges for NODE_PORT_CIDRS
 * @services: out of @service_cidr_texts
 * @externals: out of @external_cidr_texts
 * @first_node_port: of those that are allocated
 * @last_node_port: likewise
 * @healthz: out of @healthz_text
 * @metrics: out of @metrics_text
 */
struct config {
	bool cleanup;
	bool init_only;
	char *file;
	char *source;
	char *state_dir;
	char *kubeconfig;
	char *master;
	char *hostname_override;
	char node_name[NODE_NAME_MAX + 1];
	char *bind_address;
	struct config_texts cluster_cidr;
	char *detect_local_mode;
	char *pod_bridge;
	char *pod_prefix;
	char *mode;
	struct config_texts node_port_texts;
	struct config_texts service_cidr_texts;
	struct config_texts external_cidr_texts;
	char *node_port_range_text;
	bool masquerade_all;
	bool masquerade_all_nft;
	int64_t masquerade_bit;
	bool internal_only;
	char *healthz_text;
	char *metrics_text;
	bool bind_hard;
	int64_t sync_period;
	int64_t verbosity;
	int64_t conntrack_max_per_core;
	int64_t conntrack_min;
	int64_t tcp_established;
	int64_t tcp_close_wait;
	int64_t udp_timeout;
	int64_t udp_stream;
	bool be_liberal;
	int64_t oom_score_adj;
	struct config_cidrs pods;
	enum node_port_choice node_port_choice;
	struct config_cidrs node_ports;
	struct config_cidrs services;
	struct config_cidrs externals;
	uint16_t first_node_port;
	uint16_t last_node_port;
	struct config_place healthz;
	struct config_place metrics;
};

/**
 * enum config_type - what a value is
 * @CONFIG_BOOL: bool
 * @CONFIG_NUMBER: int64_t
 * @CONFIG_SECONDS: int64_t, from a duration such as 1m30s
 * @CONFIG_TEXT: char *, owned
 * @CONFIG_LIST: struct config_texts; as a flag with commas, or several times
 * @CONFIG_COMMAS: the same, in a file a text with commas too
 * @CONFIG_ANY: nothing of it is kept
 */
enum config_type {
	CONFIG_BOOL,
	CONFIG_NUMBER,
	CONFIG_SECONDS,
	CONFIG_TEXT,
	CONFIG_LIST,
	CONFIG_COMMAS,
	CONFIG_ANY,
};

/**
 * struct config_entry - a flag, a field, or both
 * @flag: name without dashes, NULL: there is no flag
 * @field: "iptables.masqueradeAll", NULL: there is no field
 * @type: what the value is
 * @offset: where it goes in struct config
 * @min: least number
 * @max: largest number
 * @usual: a text that needs no warning when it is ignored, as kube-proxy's default
 *	is; NULL: none
 * @why: it is not obeyed, and this is why; NULL: it is
 * @beside: it counts beside --config, too
 * @help: for --help; NULL: it is not shown there
 */
struct config_entry {
	const char *flag;
	const char *field;
	enum config_type type;
	size_t offset;
	int64_t min;
	int64_t max;
	const char *usual;
	const char *why;
	bool beside;
	const char *help;
};

/* All entries; the last one has neither flag nor field. */
extern const struct config_entry config_table[];

/**
 * struct config_error - what is wrong with the set-up
 * @text: what, where, and what would be right
 */
struct config_error {
	char text[768];
};

/**
 * enum config_wish - what a command line asks for
 * @CONFIG_RUN: to run
 * @CONFIG_HELP: help
 * @CONFIG_VERSION: the version
 */
enum config_wish {
	CONFIG_RUN,
	CONFIG_HELP,
	CONFIG_VERSION,
};

/**
 * config_read - read the command line, and the file that it names
 * @config: filled; config_clean() it, also after failure
 * @argc: as of main()
 * @argv: as of main()
 * @wish: what is asked for; for help and version nothing else is read
 * @error: filled on failure
 *
 * What is taken and not obeyed is told once, as a warning.
 *
 * Return: 0, -EINVAL or -ENOMEM, or what reading the file failed with.
 */
int config_read(struct config *config, int argc, char **argv,
		enum config_wish *wish, struct config_error *error);

/**
 * config_clean - release what a set-up owns, and zero it
 * @config: the set-up
 */
void config_clean(struct config *config);

/**
 * config_fail - tell what is wrong
 * @error: filled
 * @format: printf format
 *
 * Return: -EINVAL.
 */
int config_fail(struct config_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The parts, one file each. */

/**
 * config_set - give an entry its value
 * @config: gets it
 * @entry: the entry
 * @text: the value as text
 * @name: what it is called in errors: "--cluster-cidr"
 * @error: filled on failure
 *
 * Return: 0, -EINVAL or -ENOMEM. So do the next ones.
 */
int config_set(struct config *config, const struct config_entry *entry,
	       const char *text, const char *name, struct config_error *error);

/**
 * config_split - add the parts of a text between commas
 * @texts: gets them
 * @text: the text; white space around parts does not count
 */
int config_split(struct config_texts *texts, const char *text);

/**
 * enum config_pass - why the command line is read
 * @CONFIG_LOOK: to see what is wrong and whether there is a file; says nothing
 * @CONFIG_ALONE: there is no file
 * @CONFIG_BESIDE: there is a file, and most flags do not count
 */
enum config_pass {
	CONFIG_LOOK,
	CONFIG_ALONE,
	CONFIG_BESIDE,
};

/**
 * config_flags - read the command line
 * @config: filled
 * @argc: as of main()
 * @argv: as of main()
 * @pass: why
 * @wish: what is asked for
 * @error: filled on failure
 */
int config_flags(struct config *config, int argc, char **argv,
		 enum config_pass pass, enum config_wish *wish,
		 struct config_error *error);

/**
 * config_file - read a KubeProxyConfiguration file
 * @config: gets what it says
 * @path: its name
 * @error: filled on failure
 */
int config_file(struct config *config, const char *path,
		struct config_error *error);

/**
 * config_help - print what --help shows
 */
void config_help(void);

#endif

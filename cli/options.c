// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#define OWNER_DEFAULT "admin"
#define WAIT_DEFAULT_MS 1000
#define WAIT_MAX 3600
#define OPTIONS_MAX 32
#define KUBERNETES_NAME_MAX 253

/* What getopt_long() returns for an option without a letter. */
enum long_only {
	LONG_OWNER = 256,
	LONG_COLOR,
	LONG_NODE,
	LONG_ZONE,
	LONG_NODE_PORTS,
	LONG_SERVICE_CIDR,
	LONG_POD_CIDR,
	LONG_EXTERNAL_IP_CIDRS,
	LONG_MASQUERADE_ALL,
	LONG_INTERNAL,
	LONG_DRY_RUN,
	LONG_PRUNE,
	LONG_RATE,
	LONG_DROPS,
	LONG_COUNT,
};

const struct option_line svcctl_options[] = {
	{ 'j', "json", NULL, 0, "print JSON, the same as -o json" },
	{ 'o', "output", "FORMAT", 0,
	  "table (default), wide, name (names alone) or json" },
	{ 'H', "no-header", NULL, 0, "print tables without their header" },
	{ 0, "owner", "NAME", 0,
	  "whose services are changed, saved or flushed (default: admin)" },
	{ 'n', "netns", "NAME", 0,
	  "work in this network namespace ('ip netns', not Kubernetes)" },
	{ 'w', "wait", "SECONDS", 0,
	  "how long to wait for another writer (default: 1; 0: do not), or with drain for flows" },
	{ 0, "color", "WHEN", 0,
	  "auto (default), always or never; auto obeys NO_COLOR" },
	{ 'q', "quiet", NULL, 0,
	  "print nothing but data, warnings and errors" },
	{ 'h', "help", NULL, 0,
	  "print help; behind a command, help on that command" },
	{ 'V', "version", NULL, 0, "print the version of svcctl" },
	{ 'f', "file", "FILE", OPTION_FILE,
	  "the file to read; - is the standard input" },
	{ 0, "node", "NAME", OPTION_NODE,
	  "name of this node (default: its hostname in lower case)" },
	{ 0, "zone", "ZONE", OPTION_ZONE,
	  "zone of this node (default: that of its Node in the file)" },
	{ 0, "nodeport-addresses", "WHICH", OPTION_NODE_PORTS,
	  "where node ports answer: primary (default), all, or CIDR,.." },
	{ 0, "service-cidr", "CIDR,..", OPTION_SERVICE_CIDR,
	  "where ClusterIPs are (apply: those without one get one there)" },
	{ 0, "pod-cidr", "CIDR,..", OPTION_POD_CIDR,
	  "sources that are pods (default: apply: the podCIDRs of the Node)" },
	{ 0, "external-ip-cidrs", "CIDR,..", OPTION_EXTERNAL_IP_CIDRS,
	  "external IPs in these need no warning" },
	{ 0, "masquerade-all", NULL, OPTION_MASQUERADE_ALL,
	  "masquerade all that ask a ClusterIP, pods too" },
	{ 0, "internal-cluster-ips", NULL, OPTION_INTERNAL,
	  "only pods and this node may ask a ClusterIP" },
	{ 0, "dry-run", NULL, OPTION_DRY_RUN,
	  "say what would be done, and do nothing" },
	{ 'y', "yes", NULL, OPTION_YES, "do not ask" },
	{ 'a', "all", NULL, OPTION_ALL, "objects of all owners" },
	{ 0, "prune", NULL, OPTION_PRUNE,
	  "delete what the file does not name" },
	{ 0, "rate", "SECONDS", OPTION_RATE,
	  "go on, and show the rates, each time after so many seconds" },
	{ 0, "drops", NULL, OPTION_DROPS,
	  "also packets that are refused or dropped" },
	{ 0, "count", "N", OPTION_COUNT,
	  "end after this many rounds (stats) or events (monitor)" },
	{ 0 },
};

static int long_code(const char *name)
{
	static const struct {
		const char *name;
		int code;
	} codes[] = {
		{ "owner", LONG_OWNER },
		{ "color", LONG_COLOR },
		{ "node", LONG_NODE },
		{ "zone", LONG_ZONE },
		{ "nodeport-addresses", LONG_NODE_PORTS },
		{ "service-cidr", LONG_SERVICE_CIDR },
		{ "pod-cidr", LONG_POD_CIDR },
		{ "external-ip-cidrs", LONG_EXTERNAL_IP_CIDRS },
		{ "masquerade-all", LONG_MASQUERADE_ALL },
		{ "internal-cluster-ips", LONG_INTERNAL },
		{ "dry-run", LONG_DRY_RUN },
		{ "prune", LONG_PRUNE },
		{ "rate", LONG_RATE },
		{ "drops", LONG_DROPS },
		{ "count", LONG_COUNT },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		if (!strcmp(codes[i].name, name))
			return codes[i].code;
	}
	return 0;
}

/* getopt_long()'s two tables out of ours. */
static void tables_for_getopt(struct option *longs, char *letters)
{
	size_t n = 0;

	*letters++ = ':';
	for (const struct option_line *line = svcctl_options; line->name;
	     line++) {
		longs[n].name = line->name;
		longs[n].has_arg = line->arg ? required_argument : no_argument;
		longs[n].flag = NULL;
		longs[n++].val = line->letter ? line->letter :
						long_code(line->name);
		if (line->letter) {
			*letters++ = line->letter;
			if (line->arg)
				*letters++ = ':';
		}
	}
	memset(&longs[n], 0, sizeof(longs[n]));
	*letters = '\0';
}

static enum exit_status read_output(struct svcctl *ctl, const char *format)
{
	static const char *const formats[] = {
		[OUTPUT_TABLE] = "table",
		[OUTPUT_WIDE] = "wide",
		[OUTPUT_NAME] = "name",
		[OUTPUT_JSON] = "json",
	};

	for (unsigned int i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (!strcmp(formats[i], format)) {
			ctl->output = i;
			return DONE;
		}
	}
	return complain(
		WRONG_USAGE,
		"--output %s: no such format; table, wide, name or json",
		format);
}

static enum exit_status read_color(struct svcctl *ctl, const char *when)
{
	if (!strcmp(when, "always"))
		ctl->color = true;
	else if (!strcmp(when, "never"))
		ctl->color = false;
	else if (strcmp(when, "auto"))
		return complain(WRONG_USAGE,
				"--color %s: not known; auto, always or never",
				when);
	return DONE;
}

static enum exit_status read_wait(struct svcctl *ctl, const char *text)
{
	uint32_t seconds;

	if (nf_svc_number_parse(text, 0, WAIT_MAX, &seconds))
		return complain(WRONG_USAGE,
				"--wait %s: not a number of seconds; 0 to %d",
				text, WAIT_MAX);
	ctl->wait_ms = seconds * 1000;
	ctl->drain_ms = ctl->wait_ms;
	return DONE;
}

static enum exit_status read_rate(struct svcctl *ctl, const char *text)
{
	if (!nf_svc_number_parse(text, 1, WAIT_MAX, &ctl->rate))
		return DONE;
	return complain(WRONG_USAGE,
			"--rate %s: not a number of seconds; 1 to %d", text,
			WAIT_MAX);
}

static enum exit_status read_count(struct svcctl *ctl, const char *text)
{
	if (!nf_svc_number_parse(text, 1, UINT32_MAX, &ctl->count))
		return DONE;
	return complain(WRONG_USAGE, "--count %s: not a number from 1 on",
			text);
}

static enum exit_status read_owner(struct svcctl *ctl, const char *owner)
{
	size_t len = strlen(owner);

	if (!len)
		return complain(
			WRONG_USAGE,
			"--owner: its value is empty; 1 to %d of A-Z a-z 0-9 . _ -",
			NF_SVC_OWNER_MAX);
	if (len > NF_SVC_OWNER_MAX ||
	    owner[strspn(owner,
			 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789._-")])
		return complain(
			WRONG_USAGE,
			"--owner %s: not a name of an owner; 1 to %d of A-Z a-z 0-9 . _ -",
			owner, NF_SVC_OWNER_MAX);
	ctl->owner = owner;
	ctl->owner_given = true;
	return DONE;
}

/* A name of a node or a zone: characters of a DNS name or a label's value. */
static enum exit_status read_name(const char *option, const char *name,
				  const char **to)
{
	size_t len = strlen(name);

	if (!len || len > KUBERNETES_NAME_MAX ||
	    name[strspn(name,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789._-")])
		return complain(
			WRONG_USAGE,
			"--%s %s: not a name; 1 to %d of A-Z a-z 0-9 . _ -",
			option, name, KUBERNETES_NAME_MAX);
	*to = name;
	return DONE;
}

static enum exit_status read_option(struct svcctl *ctl,
				    struct options_seen *seen, int code)
{
	switch (code) {
	case 'j':
		ctl->output = OUTPUT_JSON;
		return DONE;
	case 'o':
		return read_output(ctl, optarg);
	case 'H':
		ctl->no_header = true;
		return DONE;
	case 'n':
		ctl->netns = optarg;
		return DONE;
	case 'w':
		return read_wait(ctl, optarg);
	case 'q':
		ctl->quiet = true;
		return DONE;
	case 'h':
		seen->help = true;
		return DONE;
	case 'V':
		seen->version = true;
		return DONE;
	case 'f':
		ctl->file = optarg;
		return DONE;
	case 'y':
		ctl->yes = true;
		return DONE;
	case 'a':
		ctl->all = true;
		return DONE;
	case LONG_OWNER:
		return read_owner(ctl, optarg);
	case LONG_COLOR:
		return read_color(ctl, optarg);
	case LONG_NODE:
		return read_name("node", optarg, &ctl->node);
	case LONG_ZONE:
		return read_name("zone", optarg, &ctl->zone);
	case LONG_NODE_PORTS:
		ctl->node_port_addresses = optarg;
		return DONE;
	case LONG_SERVICE_CIDR:
		ctl->service_cidrs = optarg;
		return DONE;
	case LONG_POD_CIDR:
		ctl->pod_cidrs = optarg;
		return DONE;
	case LONG_EXTERNAL_IP_CIDRS:
		ctl->external_ip_cidrs = optarg;
		return DONE;
	case LONG_MASQUERADE_ALL:
		ctl->masquerade_all = true;
		return DONE;
	case LONG_INTERNAL:
		ctl->internal_cluster_ips = true;
		return DONE;
	case LONG_DRY_RUN:
		ctl->dry_run = true;
		return DONE;
	case LONG_PRUNE:
		ctl->prune = true;
		return DONE;
	case LONG_RATE:
		return read_rate(ctl, optarg);
	case LONG_DROPS:
		ctl->drops = true;
		return DONE;
	case LONG_COUNT:
		return read_count(ctl, optarg);
	default:
		return WRONG_USAGE;
	}
}

/* NULL: no option has this code. */
static const struct option_line *line_of(int code)
{
	for (const struct option_line *line = svcctl_options; line->name;
	     line++) {
		if ((line->letter ? line->letter : long_code(line->name)) ==
		    code)
			return line;
	}
	return NULL;
}

/* An abbreviation that fits several options: the first two of them. */
static bool ambiguous(const char *word, const char *fits[2])
{
	size_t len = strcspn(word + 2, "="), n = 0;

	for (const struct option_line *line = svcctl_options;
	     line->name && n < 2; line++) {
		if (!strncmp(line->name, word + 2, len))
			fits[n++] = line->name;
	}
	return n == 2;
}

/*
 * What getopt_long() did not take. The word it is at is the option only if that
 * was a long one: of letters that stand together it is one of them.
 */
static enum exit_status complain_option(const char *word)
{
	const struct option_line *line = optopt ? line_of(optopt) : NULL;
	const char *fits[2];

	if (line)
		return complain(WRONG_USAGE,
				"--%s: takes no value; write it without '='",
				line->name);
	if (isdigit(optopt))
		return complain(WRONG_USAGE, "%s: no number here is negative",
				word);
	if (optopt)
		return complain(WRONG_USAGE,
				"-%c: no such option; see 'svcctl --help'",
				optopt);
	if (ambiguous(word, fits))
		return complain(WRONG_USAGE,
				"%s: could be --%s or --%s; write more of it",
				word, fits[0], fits[1]);
	return complain(WRONG_USAGE, "%s: no such option; see 'svcctl --help'",
			word);
}

/* The latter of two would hold, and nobody would hear of the former. */
static enum exit_status note_given(struct options_seen *seen, int code)
{
	const struct option_line *line = line_of(code);

	if (line && line->arg && line->bit & seen->given)
		return complain(WRONG_USAGE, "--%s: given twice; %s",
				line->name,
				strstr(line->arg, ",..") ?
					"write one list with commas" :
					"only one is taken");
	if (line)
		seen->given |= line->bit;
	return DONE;
}

static bool color_by_default(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	if (no_color && *no_color)
		return false;
	return isatty(STDOUT_FILENO) && (!terminal || strcmp(terminal, "dumb"));
}

enum exit_status options_read(struct svcctl *ctl, struct options_seen *seen,
			      int argc, char **argv, struct words *words)
{
	char letters[2 * OPTIONS_MAX + 2];
	struct option longs[OPTIONS_MAX];
	enum exit_status status = DONE;
	int code;

	memset(ctl, 0, sizeof(*ctl));
	memset(seen, 0, sizeof(*seen));
	ctl->owner = OWNER_DEFAULT;
	ctl->wait_ms = WAIT_DEFAULT_MS;
	ctl->color = color_by_default();
	tables_for_getopt(longs, letters);
	opterr = 0;
	optind = 0;
	while (!status &&
	       (code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (code == '?')
			return complain_option(argv[optind - 1]);
		if (code == ':')
			return complain(
				WRONG_USAGE,
				"%s: its value is missing; see 'svcctl --help'",
				argv[optind - 1]);
		status = note_given(seen, code);
		if (!status)
			status = read_option(ctl, seen, code);
	}
	words->verb = NULL;
	words->word = argv + optind;
	words->n = argc - optind;
	words->next = 0;
	return status;
}

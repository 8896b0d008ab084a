// SPDX-License-Identifier: GPL-2.0
/* svcctl check */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "client/array.h"
#include "command.h"
#include "parse.h"
#include "print.h"

static void add_text(struct checkup *checkup, struct texts *texts,
		     const char *format, va_list arguments)
{
	char **text = nf_svc_array_add(&texts->list, &texts->n, sizeof(*text));

	if (!text) {
		checkup->no_memory = true;
	} else if (vasprintf(text, format, arguments) < 0) {
		texts->n--;
		checkup->no_memory = true;
	}
}

void check_found(struct checkup *checkup, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_text(checkup, &checkup->now->found, format, arguments);
	va_end(arguments);
}

void check_unchecked(struct checkup *checkup, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_text(checkup, &checkup->now->unchecked, format, arguments);
	va_end(arguments);
}

static bool any_of(const struct nf_svc_cidr *cidrs, size_t n, uint8_t family)
{
	for (size_t i = 0; i < n; i++)
		if (cidrs[i].addr.family == family)
			return true;
	return false;
}

bool checkup_has_family(const struct checkup *checkup, uint8_t family)
{
	if (any_of(checkup->service_cidrs, checkup->n_service_cidrs, family) ||
	    any_of(checkup->pod_cidrs, checkup->n_pod_cidrs, family))
		return true;
	for (size_t i = 0; i < checkup->snapshot.n_services; i++)
		if (checkup->snapshot.services[i].family == family)
			return true;
	return family == NFPROTO_IPV4 && !checkup->n_service_cidrs &&
	       !checkup->n_pod_cidrs && !checkup->snapshot.n_services;
}

static void texts_clean(struct texts *texts)
{
	for (size_t i = 0; i < texts->n; i++)
		free(texts->list[i]);
	free(texts->list);
}

static const char *severity_text(enum severity severity)
{
	return severity == SEVERITY_ERROR ? "error" : "warning";
}

static const char *result_text(const struct checked *checked)
{
	if (checked->found.n)
		return "found";
	return checked->unchecked.n ? "unchecked" : "fine";
}

static const struct column columns[] = {
	{ "CHECK", 0 },
	{ "RESULT", 0 },
	{ "WHAT", 0 },
	{ 0 },
};

static bool add_rows(struct table *table, const struct checked *checked,
		     const struct texts *texts, const char *result,
		     enum paint paint)
{
	for (size_t i = 0; i < texts->n; i++)
		if (!table_row(table) ||
		    !table_cell(table, PAINT_KEY, "%s", checked->check->id) ||
		    !table_cell(table, paint, "%s", result) ||
		    !table_cell(table, PAINT_NONE, "%s", texts->list[i]))
			return false;
	return true;
}

static bool add_fine(struct table *table, const struct checked *checked)
{
	return table_row(table) &&
	       table_cell(table, PAINT_KEY, "%s", checked->check->id) &&
	       table_cell(table, PAINT_GOOD, "fine") &&
	       table_cell(table, PAINT_NONE, "looked for: %s",
			  checked->check->looks_for);
}

static bool add_checked(const struct svcctl *ctl, struct table *table,
			const struct checked *checked)
{
	enum severity severity = checked->check->severity;

	if (!add_rows(table, checked, &checked->found, severity_text(severity),
		      severity == SEVERITY_ERROR ? PAINT_BAD : PAINT_ODD) ||
	    !add_rows(table, checked, &checked->unchecked, "unchecked",
		      PAINT_ODD))
		return false;
	if (checked->found.n || checked->unchecked.n ||
	    ctl->output != OUTPUT_WIDE)
		return true;
	return add_fine(table, checked);
}

/**
 * struct sums - how many checks ended how
 * @fine: nothing was found
 * @found: something was
 * @unchecked: nothing was, but not all could be looked at
 */
struct sums {
	size_t fine;
	size_t found;
	size_t unchecked;
};

static struct sums sum_up(const struct checked *list, size_t n)
{
	struct sums sums = { 0 };

	for (size_t i = 0; i < n; i++) {
		sums.found += list[i].found.n != 0;
		sums.unchecked += !list[i].found.n && list[i].unchecked.n;
	}
	sums.fine = n - sums.found - sums.unchecked;
	return sums;
}

static enum exit_status print_text(const struct svcctl *ctl,
				   const struct checked *list, size_t n)
{
	struct sums sums = sum_up(list, n);
	enum exit_status status = DONE;
	struct table *table;
	bool ok = true;

	if (sums.fine < n || ctl->output == OUTPUT_WIDE) {
		table = table_new(ctl, columns);
		for (size_t i = 0; table && ok && i < n; i++)
			ok = add_checked(ctl, table, &list[i]);
		status = table_print(table, ok);
	}
	if (status)
		return status;
	if (sums.found)
		puts("\nWhat to do:");
	for (size_t i = 0; i < n; i++)
		if (list[i].found.n)
			printf("  %s%s%s: %s\n", paint_on(ctl, PAINT_KEY),
			       list[i].check->id, paint_off(ctl),
			       list[i].check->remedy);
	if (!ctl->quiet)
		printf("%s%zu checks: %zu fine, %zu found something, %zu could not be made to their end\n",
		       sums.fine < n ? "\n" : "", n, sums.fine, sums.found,
		       sums.unchecked);
	return DONE;
}

static void print_names(const struct checked *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].found.n)
			puts(list[i].check->id);
}

static bool add_texts(cJSON *to, const char *key, const struct texts *texts)
{
	cJSON *array = cJSON_AddArrayToObject(to, key);

	for (size_t i = 0; array && i < texts->n; i++) {
		cJSON *text = cJSON_CreateString(texts->list[i]);

		if (!text || !cJSON_AddItemToArray(array, text)) {
			cJSON_Delete(text);
			return false;
		}
	}
	return array;
}

static cJSON *document_checked(const struct checked *checked)
{
	const struct check *check = checked->check;
	cJSON *value = cJSON_CreateObject();

	if (value && cJSON_AddStringToObject(value, "check", check->id) &&
	    cJSON_AddStringToObject(value, "severity",
				    severity_text(check->severity)) &&
	    cJSON_AddStringToObject(value, "result", result_text(checked)) &&
	    add_texts(value, "found", &checked->found) &&
	    add_texts(value, "unchecked", &checked->unchecked) &&
	    cJSON_AddStringToObject(value, "looksFor", check->looks_for) &&
	    cJSON_AddStringToObject(value, "remedy", check->remedy))
		return value;
	cJSON_Delete(value);
	return NULL;
}

static enum exit_status print_json(const struct checked *list, size_t n)
{
	struct array_printer printer;
	bool ok = true;

	array_begin(&printer);
	for (size_t i = 0; i < n && ok; i++)
		ok = array_add(&printer, document_checked(&list[i]));
	array_end(&printer);
	putchar('\n');
	return ok ? DONE : complain_memory();
}

static enum exit_status print_checked(const struct svcctl *ctl,
				      const struct checked *list, size_t n)
{
	struct sums sums = sum_up(list, n);
	enum exit_status status = DONE;

	if (ctl->output == OUTPUT_JSON)
		status = print_json(list, n);
	else if (ctl->output == OUTPUT_NAME)
		print_names(list, n);
	else
		status = print_text(ctl, list, n);
	if (status)
		return status;
	if (sums.found)
		return DIFFERENT;
	return sums.unchecked ? REFUSED : DONE;
}

static const struct check *find_check(const char *id)
{
	for (const struct check *check = svcctl_checks; check->id; check++)
		if (!strcmp(check->id, id))
			return check;
	return NULL;
}

static enum exit_status complain_check(const char *id)
{
	char ids[1024] = "";

	for (const struct check *check = svcctl_checks; check->id; check++) {
		size_t length = strlen(ids);

		snprintf(ids + length, sizeof(ids) - length, "%s%s",
			 length ? ", " : "", check->id);
	}
	return complain(WRONG_USAGE, "%s: no check; there are %s", id, ids);
}

static bool is_wanted(const struct words *words, const char *id)
{
	for (int i = words->next; i < words->n; i++)
		if (!strcmp(words->word[i], id))
			return true;
	return words->next == words->n;
}

/* What the module has; that it is not there is something that is found. */
static enum exit_status read_module(struct svcctl *ctl, struct checkup *checkup)
{
	struct nf_svc_error error;

	if (nf_svc_client_open(&ctl->client, &error)) {
		if (error.kind != NF_SVC_ERROR_NO_MODULE)
			return complain_error(&error);
		snprintf(checkup->no_module, sizeof(checkup->no_module), "%s",
			 error.message);
		return DONE;
	}
	if (nf_svc_info_get(ctl->client, &checkup->info, &error) ||
	    nf_svc_snapshot_read(ctl->client, &checkup->snapshot, &error))
		snprintf(checkup->no_module, sizeof(checkup->no_module),
			 "the module cannot be read: %s",
			 *error.message ? error.message :
					  strerror(error.number));
	else
		checkup->has_module = true;
	return DONE;
}

/**
 * struct given - CIDRs of the command line
 * @services: of --service-cidr
 * @n_services: how many
 * @pods: of --pod-cidr
 * @n_pods: how many
 */
struct given {
	struct nf_svc_cidr *services;
	size_t n_services;
	struct nf_svc_cidr *pods;
	size_t n_pods;
};

static enum exit_status read_given(const struct svcctl *ctl,
				   struct given *given)
{
	enum exit_status status = DONE;

	if (ctl->service_cidrs)
		status = parse_service_cidrs(ctl->service_cidrs,
					     "--service-cidr", &given->services,
					     &given->n_services);
	if (!status && ctl->pod_cidrs)
		status = parse_cidrs(ctl->pod_cidrs, "--pod-cidr", &given->pods,
				     &given->n_pods);
	return status;
}

static void choose_cidrs(struct checkup *checkup, const struct given *given)
{
	const struct nf_svc_settings *settings = &checkup->snapshot.settings;

	checkup->service_cidrs = settings->service_cidrs;
	checkup->n_service_cidrs = settings->n_service_cidrs;
	checkup->pod_cidrs = settings->pod_cidrs;
	checkup->n_pod_cidrs = settings->n_pod_cidrs;
	if (given->n_services) {
		checkup->service_cidrs = given->services;
		checkup->n_service_cidrs = given->n_services;
	}
	if (given->n_pods) {
		checkup->pod_cidrs = given->pods;
		checkup->n_pod_cidrs = given->n_pods;
	}
}

static enum exit_status make_checks(struct checkup *checkup,
				    const struct words *words)
{
	struct checked *list = NULL, *checked;
	enum exit_status status;
	size_t n = 0;

	for (const struct check *check = svcctl_checks; check->id; check++) {
		if (!is_wanted(words, check->id))
			continue;
		checked = nf_svc_array_add(&list, &n, sizeof(*list));
		if (!checked) {
			checkup->no_memory = true;
			break;
		}
		checked->check = check;
		checkup->now = checked;
		check->make(checkup);
	}
	status = checkup->no_memory ? complain_memory() :
				      print_checked(checkup->ctl, list, n);
	for (size_t i = 0; i < n; i++) {
		texts_clean(&list[i].found);
		texts_clean(&list[i].unchecked);
	}
	free(list);
	return status;
}

static enum exit_status run_check(struct svcctl *ctl, struct words *words)
{
	struct checkup checkup = { .ctl = ctl };
	struct given given = { 0 };
	enum exit_status status = DONE;

	for (int i = words->next; i < words->n; i++)
		if (!find_check(words->word[i]))
			return complain_check(words->word[i]);
	status = read_given(ctl, &given);
	if (!status)
		status = svcctl_enter(ctl);
	if (!status)
		status = read_module(ctl, &checkup);
	if (!status) {
		choose_cidrs(&checkup, &given);
		status = make_checks(&checkup, words);
	}
	network_free(&checkup);
	cJSON_Delete(checkup.chains);
	nf_svc_snapshot_clean(&checkup.snapshot);
	free(given.services);
	free(given.pods);
	return status;
}

const struct command svcctl_check = {
	.verb = "check",
	.synopsis = "[CHECK]... [--service-cidr CIDR,..] [--pod-cidr CIDR,..]",
	.summary = "look for what keeps services from working on this node",
	.help = "Looks at this node and changes nothing: ranges that overlap, addresses that are\n"
		"left, names, sysctls, rules of others, kube-proxy and IPVS left behind, conntrack,\n"
		"and ways past netfilter. Says what was found, then what to do about it. With the\n"
		"names of checks only these are made; -o wide shows all of them.\n"
		"\n"
		"An error keeps services from working, or two programs do the same work; a warning\n"
		"may be as it should be. What could not be looked at is unchecked, not fine. The\n"
		"CIDRs are those of the settings, unless they are given. Needs root for all of it.\n"
		"\n"
		"Exits with 6 if something was found, else with 2 if something is unchecked.\n"
		"\n"
		"CHECK is one of module, service-cidr-pods, service-cidr-node, service-cidr-route,\n"
		"service-unreachable, service-cidr-full, names, forwarding, rp-filter,\n"
		"bridge-nf-call, route-localnet, forward-drop (chains at hook forward only),\n"
		"nat-before (chains of nft only), kube-proxy-running, kube-proxy-rules, ipvs,\n"
		"conntrack-full, bypass-flowtable, bypass-bpf (not tc's matchall), bypass-datapath.\n"
		"\n"
		"  svcctl check\n"
		"  svcctl check --service-cidr 10.96.0.0/12 --pod-cidr 10.244.0.0/16\n",
	.options = OPTION_SERVICE_CIDR | OPTION_POD_CIDR,
	.run = run_check,
};

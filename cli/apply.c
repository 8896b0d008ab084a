// SPDX-License-Identifier: GPL-2.0
/* svcctl apply */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "application.h"
#include "command.h"
#include "document.h"
#include "print.h"

static const char *const outcome_words[] = {
	[OUTCOME_UNCHANGED] = "unchanged",
	[OUTCOME_CREATED] = "created",
	[OUTCOME_CONFIGURED] = "configured",
	[OUTCOME_NOT_SERVED] = "not-served",
};

static int compare_places(const void *a, const void *b, void *arg)
{
	const struct model *model = arg;
	const struct model_place *one =
		&model->services[*(const size_t *)a].place;
	const struct model_place *other =
		&model->services[*(const size_t *)b].place;

	if (one->line != other->line)
		return one->line < other->line ? -1 : 1;
	return (one->column > other->column) - (one->column < other->column);
}

/* Positions of the Services in the file, so that they are told in its order. */
static size_t *file_order(struct model *model)
{
	size_t *order = calloc(model->n_services, sizeof(*order));

	for (size_t i = 0; order && i < model->n_services; i++)
		order[i] = i;
	if (order)
		qsort_r(order, model->n_services, sizeof(*order),
			compare_places, model);
	return order;
}

static cJSON *document_outcome(const struct svcctl *ctl, const char *namespace,
			       const char *name, const char *result)
{
	cJSON *value = cJSON_CreateObject();

	if (value && document_add_text(value, "namespace", namespace) &&
	    cJSON_AddStringToObject(value, "name", name) &&
	    cJSON_AddStringToObject(value, "result", result) &&
	    cJSON_AddBoolToObject(value, "dryRun", ctl->dry_run))
		return value;
	cJSON_Delete(value);
	return NULL;
}

/* False: no memory. */
static bool print_outcome(const struct svcctl *ctl,
			  struct array_printer *printer, const char *namespace,
			  const char *name, const char *result)
{
	bool named = strcmp(namespace, "default");

	if (ctl->output == OUTPUT_JSON)
		return array_add(printer, document_outcome(ctl, namespace, name,
							   result));
	printf("service/%s%s%s", named ? namespace : "", named ? "/" : "",
	       name);
	if (ctl->output == OUTPUT_NAME)
		putchar('\n');
	else
		printf(" %s%s\n", result, ctl->dry_run ? " (dry run)" : "");
	return true;
}

static bool print_pruned(const struct svcctl *ctl,
			 struct array_printer *printer, char *name)
{
	char *slash = strchr(name, '/');
	bool ok;

	/* not made from a manifest, but by hand: no namespace */
	if (!slash)
		return print_outcome(ctl, printer, "", name, "deleted");
	*slash = '\0';
	ok = print_outcome(ctl, printer, name, slash + 1, "deleted");
	*slash = '/';
	return ok;
}

static enum exit_status print_outcomes(const struct svcctl *ctl,
				       struct application *apply)
{
	struct model *model = &apply->model;
	size_t *order = file_order(model);
	struct array_printer printer;
	bool json = ctl->output == OUTPUT_JSON, ok = order;

	if (json)
		array_begin(&printer);
	for (size_t i = 0; i < model->n_services && ok; i++) {
		const struct model_service *service =
			&model->services[order[i]];
		enum outcome outcome = apply->plan.outcomes[order[i]];

		if (outcome != OUTCOME_LEFT_ALONE)
			ok = print_outcome(ctl, &printer, service->namespace,
					   service->name,
					   outcome_words[outcome]);
	}
	for (size_t i = 0; i < apply->plan.n_pruned && ok; i++)
		ok = print_pruned(ctl, &printer, apply->plan.pruned[i]);
	if (json) {
		array_end(&printer);
		putchar('\n');
	}
	free(order);
	return ok ? DONE : complain_memory();
}

static enum exit_status run_apply(struct svcctl *ctl, struct words *words)
{
	struct application apply = { .path = ctl->file };
	enum exit_status status;

	status = words_end(words);
	if (!status && !ctl->file)
		status = complain(
			WRONG_USAGE,
			"apply: which file? -f FILE, or -f - for the standard "
			"input");
	if (!status)
		status = application_read(ctl, &apply);
	if (!status)
		status = transaction_run(ctl, READ_ALL, application_prepare,
					 application_send, &apply);
	if (!status && (!ctl->quiet || ctl->output == OUTPUT_JSON))
		status = print_outcomes(ctl, &apply);
	application_clean(&apply);
	return status;
}

const struct command svcctl_apply = {
	.verb = "apply",
	.synopsis = "-f FILE|- [OPTION...]",
	.summary = "make the kernel serve the Services of Kubernetes manifests",
	.help = "Makes the kernel serve the Services of a file. It reads Services and Nodes (v1)\n"
		"and EndpointSlices (discovery.k8s.io/v1), YAML or JSON, several documents and\n"
		"Lists too:\n"
		"\n"
		"  kubectl get services,endpointslices,nodes -A -o json | svcctl apply -f -\n"
		"\n"
		"The endpoints of a Service are those of its EndpointSlices in the file, and no\n"
		"others. Services that the file does not name are not touched. With --prune they\n"
		"are deleted if they belong to the same owner (--owner). All of this is one\n"
		"transaction, and has taken effect when svcctl ends.\n"
		"\n"
		"A Service answers at its ClusterIPs, node ports, load-balancer addresses (ipMode\n"
		"VIP) and external IPs, as its traffic policies, source ranges and endpoints'\n"
		"hints say. What a Service may not have or the module cannot do is left out, with\n"
		"a warning that says what and why; external IPs that are not in\n"
		"--external-ip-cidrs are served with a warning. Of several Services that want one\n"
		"frontend the oldest gets it (creationTimestamp, then uid, then name).\n"
		"\n"
		"A Service without a clusterIP gets one from --service-cidr, the same one each\n"
		"time. What is sent to addresses there that no service has is dropped from then\n"
		"on (setting service-cidr).\n"
		"\n"
		"Clients that are not pods are masqueraded if it is known what a pod is: from\n"
		"--pod-cidr, else from the podCIDRs of this node's Node, else from the settings\n"
		"there are ('svcctl help set settings'). With --masquerade-all pods that ask a\n"
		"ClusterIP are masqueraded, too. From outside the cluster a ClusterIP can be\n"
		"asked, unless --internal-cluster-ips is given (then it has to be known what a\n"
		"pod is).\n"
		"\n"
		"An endpoint is local if its nodeName is the name of this node. If the file has\n"
		"the Node of that name, its zone label and its addresses count: of each family\n"
		"the first InternalIP, else the first ExternalIP, is the primary address. Without\n"
		"it the primary address is the source address of the default route.\n"
		"\n"
		"--nodeport-addresses says where node ports answer: at the primary addresses, at\n"
		"all addresses of the node, or at those that are in the CIDRs given; a family of\n"
		"which no CIDR is given then answers at all of its addresses. Addresses that come\n"
		"later count, too. It holds for all node ports of this node (setting\n"
		"node-port-cidr), so it must be given each time.\n"
		"\n"
		"A CIDR is IP/PREFIX; an IP alone is just that address.\n"
		"\n"
		"For each Service a line says what was done:\n"
		"  service/web created|configured|unchanged|deleted|not-served\n"
		"  service/shop/web ...     in another namespace than default\n"
		"\n"
		"Not served are headless Services and those of type ExternalName: DNS does it.\n"
		"\n"
		"Anchors, aliases, tags and merge keys of YAML are not read.\n"
		"\n"
		"  svcctl apply -f shop.yaml --pod-cidr 10.244.0.0/16 --service-cidr 10.96.0.0/12\n",
	.options = OPTION_FILE | OPTION_NODE | OPTION_ZONE | OPTION_NODE_PORTS |
		   OPTION_SERVICE_CIDR | OPTION_POD_CIDR |
		   OPTION_EXTERNAL_IP_CIDRS | OPTION_MASQUERADE_ALL |
		   OPTION_INTERNAL | OPTION_DRY_RUN | OPTION_PRUNE,
	.run = run_apply,
};

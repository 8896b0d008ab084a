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
			"apply: which file?; -f FILE, or -f - for the standard "
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
	.synopsis = "-f FILE|-",
	.summary = "carry the Services of Kubernetes manifests",
	.help = "Reads Services and Nodes (v1) and EndpointSlices (discovery.k8s.io/v1), YAML or JSON,\n"
		"several documents and Lists too, and makes the kernel carry them. For the Services that\n"
		"the file names it is the whole truth: their slices in it are all there are. Other\n"
		"services are not touched. It is one transaction, and has taken effect when svcctl\n"
		"ends.\n"
		"\n"
		"A Service answers at its ClusterIPs, node ports, load-balancer addresses (ipMode VIP) and\n"
		"external IPs, as its traffic policies, source ranges and endpoints' hints say. What a\n"
		"Service may not have or the module cannot do is left out, with a warning that says what\n"
		"and why; external IPs that are not in --external-ip-cidrs are served with a warning. Of\n"
		"several Services that want one frontend the oldest (creationTimestamp, uid, name) gets it.\n"
		"\n"
		"A Service without a clusterIP gets one from --service-cidr, the same one each time; what\n"
		"is sent to addresses there that no service has is dropped from then on (service-cidr of\n"
		"the settings).\n"
		"Clients that are not pods are masqueraded if it is known what a pod is: from --pod-cidr,\n"
		"from the podCIDRs of this node's Node, or from the settings there are.\n"
		"With --masquerade-all pods that ask a ClusterIP are masqueraded, too. From outside the\n"
		"cluster a ClusterIP can be asked, unless --internal-cluster-ips is given (then it has to\n"
		"be known what a pod is).\n"
		"\n"
		"An endpoint is local if its nodeName is the name of this node. If the file has the Node of\n"
		"that name, its zone label and its addresses count: the first InternalIP, else ExternalIP,\n"
		"of each family is the primary one. Without it the primary address is the source address\n"
		"of the default route. Node ports answer at the primary addresses, at all addresses of the\n"
		"node (all), or at those in the CIDRs given, addresses that come later too; a family of\n"
		"which no CIDR is given answers at all. That holds for all node ports of this node\n"
		"(node-port-cidr of the settings): say it each time.\n"
		"\n"
		"For each Service a line says what was done:\n"
		"  service/web created|configured|unchanged|deleted\n"
		"  service/shop/web …     in namespace shop\n"
		"\n"
		"With --prune the file is the whole truth of its owner (--owner): what else that one\n"
		"has is deleted.\n"
		"\n"
		"Anchors, aliases, tags and merge keys of YAML are not read.\n"
		"\n"
		"  svcctl apply -f shop.yaml --pod-cidr 10.244.0.0/16 --service-cidr 10.96.0.0/12\n"
		"  kubectl get services,endpointslices -A -o yaml | svcctl apply -f - --prune\n",
	.options = OPTION_FILE | OPTION_NODE | OPTION_ZONE | OPTION_NODE_PORTS |
		   OPTION_SERVICE_CIDR | OPTION_POD_CIDR |
		   OPTION_EXTERNAL_IP_CIDRS | OPTION_MASQUERADE_ALL |
		   OPTION_INTERNAL | OPTION_DRY_RUN | OPTION_PRUNE,
	.run = run_apply,
};

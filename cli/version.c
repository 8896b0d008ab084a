// SPDX-License-Identifier: GPL-2.0
/* svcctl version */
#include <stdio.h>
#include <string.h>

#include "client/words.h"
#include "command.h"
#include "print.h"

static void print_capabilities(uint64_t capabilities)
{
	const char *glue = "";

	printf("capabilities: ");
	for (const struct nf_svc_word *word = nf_svc_capability_words;
	     word->text; word++) {
		if (!(capabilities & word->value))
			continue;
		printf("%s%s", glue, word->text);
		glue = ", ";
		capabilities &= ~word->value;
	}
	if (capabilities)
		printf("%sunknown 0x%llx", glue,
		       (unsigned long long)capabilities);
	else if (!*glue)
		printf("none");
	putchar('\n');
}

static void print_schedulers(const struct nf_svc_schedulers *schedulers)
{
	printf("schedulers: %s", schedulers->n ? "" : "random");
	for (size_t i = 0; i < schedulers->n; i++)
		printf("%s%s", i ? ", " : "", schedulers->names[i]);
	putchar('\n');
}

static void print_text(const struct nf_svc_info *module)
{
	printf("svcctl: " SVCCTL_VERSION ", ABI revision %d\n",
	       NF_SVC_ABI_REVISION);
	if (!module) {
		puts("module: not loaded");
		return;
	}
	printf("module: %s, ABI revision %u\n", module->module_version,
	       module->abi_revision);
	print_capabilities(module->capabilities);
	print_schedulers(&module->schedulers);
	printf("services: %u of %u\n", module->count_services,
	       module->limit_services);
	printf("frontends: %u of %u\n", module->count_frontends,
	       module->limit_frontends);
	printf("backends: at most %u a service\n", module->limit_backends);
	printf("generation: %llu\n", (unsigned long long)module->generation);
}

static bool add_capabilities(cJSON *to, uint64_t capabilities)
{
	cJSON *array = cJSON_AddArrayToObject(to, "capabilities");

	if (!array)
		return false;
	for (const struct nf_svc_word *word = nf_svc_capability_words;
	     word->text; word++) {
		cJSON *item = NULL;

		if (!(capabilities & word->value))
			continue;
		item = cJSON_CreateString(word->text);
		if (!item || !cJSON_AddItemToArray(array, item)) {
			cJSON_Delete(item);
			return false;
		}
	}
	return true;
}

static bool add_schedulers(cJSON *to,
			   const struct nf_svc_schedulers *schedulers)
{
	cJSON *array = cJSON_AddArrayToObject(to, "schedulers");
	bool ok = array;

	for (size_t i = 0; i < schedulers->n && ok; i++) {
		cJSON *item = cJSON_CreateString(schedulers->names[i]);

		ok = item && cJSON_AddItemToArray(array, item);
		if (!ok)
			cJSON_Delete(item);
	}
	return ok;
}

static bool add_module(cJSON *to, const struct nf_svc_info *module)
{
	cJSON *value;

	if (!module)
		return cJSON_AddNullToObject(to, "module");
	value = cJSON_AddObjectToObject(to, "module");
	return value &&
	       cJSON_AddStringToObject(value, "version",
				       module->module_version) &&
	       cJSON_AddNumberToObject(value, "abiRevision",
				       module->abi_revision) &&
	       add_capabilities(value, module->capabilities) &&
	       add_schedulers(value, &module->schedulers) &&
	       cJSON_AddNumberToObject(value, "generation",
				       (double)module->generation) &&
	       cJSON_AddNumberToObject(value, "services",
				       module->count_services) &&
	       cJSON_AddNumberToObject(value, "frontends",
				       module->count_frontends) &&
	       cJSON_AddNumberToObject(value, "limitServices",
				       module->limit_services) &&
	       cJSON_AddNumberToObject(value, "limitFrontends",
				       module->limit_frontends) &&
	       cJSON_AddNumberToObject(value, "limitBackends",
				       module->limit_backends) &&
	       cJSON_AddNumberToObject(value, "limitCIDRs",
				       module->limit_cidrs);
}

static enum exit_status print_json(const struct nf_svc_info *module)
{
	cJSON *value = cJSON_CreateObject();

	if (value &&
	    cJSON_AddStringToObject(value, "version", SVCCTL_VERSION) &&
	    cJSON_AddNumberToObject(value, "abiRevision",
				    NF_SVC_ABI_REVISION) &&
	    add_module(value, module))
		return json_print(value);
	cJSON_Delete(value);
	return complain_memory();
}

static enum exit_status run_version(struct svcctl *ctl, struct words *words)
{
	struct nf_svc_info info, *module = NULL;
	struct nf_svc_error error;
	enum exit_status status;
	int ret;

	status = words_end(words);
	if (!status)
		status = svcctl_enter(ctl);
	if (status)
		return status;
	/* svcctl has a version without the module too */
	ret = nf_svc_client_open(&ctl->client, &error);
	if (!ret) {
		ret = nf_svc_info_get(ctl->client, &info, &error);
		module = &info;
	}
	if (ret && error.kind != NF_SVC_ERROR_NO_MODULE)
		return complain_error(&error);
	if (ctl->output == OUTPUT_JSON)
		return print_json(module);
	print_text(module);
	return DONE;
}

const struct command svcctl_version = {
	.verb = "version",
	.synopsis = "",
	.summary = "show the versions of svcctl and the module",
	.help = "Shows what svcctl is, what the module is and can do, and how full its tables are.\n"
		"Works without the module too. Programs go by the capabilities, not by versions.\n",
	.run = run_version,
};

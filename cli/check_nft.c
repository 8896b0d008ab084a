// SPDX-License-Identifier: GPL-2.0
/* svcctl check: what nftables has, by libnftables. */
#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

/* The first line of what libnftables complained of. */
static void cannot_list(struct checkup *checkup, const char *command,
			const char *error)
{
	check_unchecked(checkup, "nftables, %s: %.*s", command,
			(int)strcspn(error, "\n"),
			*error ? error : "no answer");
}

static cJSON *run(struct checkup *checkup, struct nft_ctx *nft,
		  const char *command)
{
	cJSON *root, *list;

	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_JSON);
	if (nft_ctx_buffer_output(nft) || nft_ctx_buffer_error(nft)) {
		checkup->no_memory = true;
		return NULL;
	}
	if (nft_run_cmd_from_buffer(nft, command)) {
		cannot_list(checkup, command, nft_ctx_get_error_buffer(nft));
		return NULL;
	}
	root = cJSON_Parse(nft_ctx_get_output_buffer(nft));
	list = cJSON_DetachItemFromObjectCaseSensitive(root, "nftables");
	cJSON_Delete(root);
	if (cJSON_IsArray(list))
		return list;
	cJSON_Delete(list);
	cannot_list(checkup, command, "what it printed is no JSON of nftables");
	return NULL;
}

cJSON *nft_list(struct checkup *checkup, const char *command)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	cJSON *list;

	if (!nft) {
		checkup->no_memory = true;
		return NULL;
	}
	list = run(checkup, nft, command);
	nft_ctx_free(nft);
	return list;
}

const cJSON *nft_chains(struct checkup *checkup)
{
	if (!checkup->chains)
		checkup->chains = nft_list(checkup, "list chains");
	return checkup->chains;
}

const char *nft_text(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "";
}

// SPDX-License-Identifier: GPL-2.0
/* svcctl check: who is asked for a flow's destination or source before the module. */
#include <string.h>

#include "check.h"

/* Where the module's own entries are, see kmod/hook.c: just before NF_IP_PRI_NAT_DST
 * and NF_IP_PRI_NAT_SRC (linux/netfilter_ipv4.h, which brings net/if.h's twin).
 */
#define BEFORE_DESTINATION (-101)
#define BEFORE_SOURCE 99

/* nf_nat asks its users in the order of their priorities, the first one binds. */
void check_nat_before(struct checkup *checkup)
{
	const cJSON *list = nft_chains(checkup), *item;

	cJSON_ArrayForEach(item, list) {
		const cJSON *chain =
			cJSON_GetObjectItemCaseSensitive(item, "chain");
		const cJSON *priority =
			cJSON_GetObjectItemCaseSensitive(chain, "prio");
		const char *hook = nft_text(chain, "hook");
		bool source = !strcmp(hook, "postrouting") ||
			      !strcmp(hook, "input");

		if (strcmp(nft_text(chain, "type"), "nat") ||
		    !cJSON_IsNumber(priority) ||
		    priority->valueint >
			    (source ? BEFORE_SOURCE : BEFORE_DESTINATION))
			continue;
		check_found(
			checkup,
			"nft chain %s %s %s, type nat, hook %s, priority %d: its rules are asked before services",
			nft_text(chain, "family"), nft_text(chain, "table"),
			nft_text(chain, "name"), hook, priority->valueint);
	}
}

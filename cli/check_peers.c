// SPDX-License-Identifier: GPL-2.0
/* svcctl check: others who do the same work, or did. */
#include <dirent.h>
#include <errno.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

/* kube-proxy's chains; the kubelet's own (KUBE-FIREWALL, KUBE-IPTABLES-HINT,
 * KUBE-KUBELET-CANARY; until Kubernetes 1.27 more) are there without it.
 */
static bool is_kube_proxys(const char *chain)
{
	static const char *const starts[] = {
		"KUBE-SVC-",
		"KUBE-SEP-",
		"KUBE-SVL-",
		"KUBE-EXT-",
		"KUBE-FW-",
		"KUBE-SERVICES",
		"KUBE-NODEPORTS",
		"KUBE-NODE-PORT",
		"KUBE-EXTERNAL-SERVICES",
		"KUBE-PROXY-",
		"KUBE-LOAD-BALANCER",
		"KUBE-FORWARD",
		"KUBE-POSTROUTING",
		"KUBE-MARK-MASQ",
		"KUBE-IPVS-",
		"KUBE-SOURCE-RANGES-FIREWALL",
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (!strncmp(chain, starts[i], strlen(starts[i])))
			return true;
	return false;
}

/* Said once a table: there may be tens of thousands of chains. */
static void say_table(struct checkup *checkup, const char *kind,
		      const char *family, const char *table, const char *chain)
{
	char text[512];

	if (snprintf(text, sizeof(text), "%s table %s %s has ", kind, family,
		     table) >= (int)sizeof(text))
		return;
	for (size_t i = 0; i < checkup->now->found.n; i++)
		if (!strncmp(checkup->now->found.list[i], text, strlen(text)))
			return;
	check_found(checkup, "%schain %s of kube-proxy", text, chain);
}

static void say_legacy(struct checkup *checkup, uint8_t family,
		       const char *table, const char *chain)
{
	if (is_kube_proxys(chain))
		say_table(checkup, "legacy iptables",
			  family == NFPROTO_IPV4 ? "ip" : "ip6", table, chain);
}

void check_kube_proxy_rules(struct checkup *checkup)
{
	const cJSON *list = nft_chains(checkup), *item;

	cJSON_ArrayForEach(item, list) {
		const cJSON *chain =
			cJSON_GetObjectItemCaseSensitive(item, "chain");
		const char *table = nft_text(chain, "table");
		const char *name = nft_text(chain, "name");

		if (!strcmp(table, "kube-proxy") || is_kube_proxys(name))
			say_table(checkup, "nft", nft_text(chain, "family"),
				  table, name);
	}
	iptables_names(checkup, NFPROTO_IPV4, say_legacy);
	iptables_names(checkup, NFPROTO_IPV6, say_legacy);
}

static bool same_netns(struct checkup *checkup, const char *pid)
{
	char path[300], theirs[64] = "", ours[64] = "";
	ssize_t a, b;

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	a = readlink(path, theirs, sizeof(theirs) - 1);
	/* gone meanwhile, or not ours to know */
	if (a < 0 && errno != ENOENT && errno != ESRCH)
		check_unchecked(
			checkup,
			"kube-proxy runs, process %s, but in which network namespace: %s: %s",
			pid, path, strerror(errno));
	b = readlink("/proc/self/ns/net", ours, sizeof(ours) - 1);
	return a > 0 && a == b && !strcmp(theirs, ours);
}

static int is_number(const struct dirent *entry)
{
	return entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
}

static void look_at_process(struct checkup *checkup, const char *pid)
{
	char path[300], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	if (!strcmp(name, "kube-proxy\n") && same_netns(checkup, pid))
		check_found(checkup, "kube-proxy runs: process %s", pid);
}

void check_kube_proxy_running(struct checkup *checkup)
{
	struct dirent **entries;
	int n = scandir("/proc", &entries, is_number, versionsort);

	if (n < 0) {
		check_unchecked(checkup, "/proc: %s", strerror(errno));
		return;
	}

	for (int i = 0; i < n; i++) {
		look_at_process(checkup, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

static void count_addresses(struct checkup *checkup)
{
	int index = rtnl_link_name2i(checkup->links, "kube-ipvs0");
	size_t n = 0;

	if (!index)
		return;
	for (struct nl_object *at = nl_cache_get_first(checkup->addresses); at;
	     at = nl_cache_get_next(at))
		if (rtnl_addr_get_ifindex((struct rtnl_addr *)at) == index)
			n++;
	check_found(
		checkup,
		"device kube-ipvs0 is there, with %zu addresses that this node takes for its own",
		n);
}

/* /proc/net/ip_vs: three lines of header, then "TCP  0A600001:0050 rr". */
static void count_services(struct checkup *checkup)
{
	FILE *file = fopen("/proc/net/ip_vs", "re");
	char line[256];
	size_t n = 0;

	if (!file) {
		if (errno != ENOENT)
			check_unchecked(checkup, "/proc/net/ip_vs: %s",
					strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), file))
		n += !strncmp(line, "TCP ", 4) || !strncmp(line, "UDP ", 4) ||
		     !strncmp(line, "SCTP", 4);
	fclose(file);
	if (n)
		check_found(checkup, "IPVS has %zu virtual services", n);
}

void check_ipvs(struct checkup *checkup)
{
	if (network_read(checkup))
		count_addresses(checkup);
	count_services(checkup);
}

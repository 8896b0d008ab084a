// SPDX-License-Identifier: GPL-2.0
/* A kubeconfig, whatever it says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sync/watch/cluster.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char error[CLUSTER_ERROR] = "";
	struct cluster cluster;

	if (kubeconfig_read(&cluster, "/etc/config", (const char *)bytes, len,
			    NULL, error)) {
		if (!*error || cluster.server || cluster.token.text)
			abort();
		return 0;
	}
	/* What the rest relies on. */
	if (!strstr(cluster.server, "://") ||
	    (cluster.token.text && strpbrk(cluster.token.text, "\r\n")) ||
	    (cluster.insecure && (cluster.ca.text || cluster.ca.file)))
		abort();
	cluster_clean(&cluster);
	return 0;
}

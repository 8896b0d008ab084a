// SPDX-License-Identifier: GPL-2.0
/* What the kernel has, and what this node is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "log.h"
#include "settle.h"

/* Take a service out of a snapshot into the entry that it belongs to. */
static int adopt(struct mirrors *mirrors, struct nf_svc_service *service)
{
	struct nf_svc_service *place;
	struct mirror *mirror = mirrors_find_service(mirrors, service->name);
	char *slash, *colon;

	if (!mirror) {
		/* names of ours have both parts, as resolve.c makes them */
		char *copy = strdup(service->name);

		slash = copy ? strchr(copy, '/') : NULL;
		if (slash) {
			*slash = '\0';
			colon = strchr(slash + 1, ':');
			if (colon)
				*colon = '\0';
			mirror = mirrors_take(mirrors, copy, slash + 1);
		} else if (copy) {
			mirror = mirrors_take(mirrors, "", copy);
		}
		free(copy);
	}
	place = mirror ? nf_svc_array_add(&mirror->held.services,
					  &mirror->held.n, sizeof(*place)) :
			 NULL;
	if (!place)
		return -ENOMEM;
	*place = *service;
	memset(service, 0, sizeof(*service));
	return 0;
}

int settle_read(struct settle *settle, struct nf_svc_error *error)
{
	struct mirrors *mirrors = &settle->store->mirrors;
	struct nf_svc_snapshot snapshot;
	int ret;

	ret = nf_svc_snapshot_read(settle->kernel.client, &snapshot, error);
	if (ret)
		return ret;
	for (struct mirror *mirror = mirrors->first; mirror;
	     mirror = mirror->next)
		desired_clean(&mirror->held);
	for (size_t i = 0; i < snapshot.n_services && !ret; i++) {
		if (!strcmp(snapshot.services[i].owner, KERNEL_OWNER))
			ret = adopt(mirrors, &snapshot.services[i]);
	}
	nf_svc_settings_clean(&settle->have);
	settle->have = snapshot.settings;
	memset(&snapshot.settings, 0, sizeof(snapshot.settings));
	settle->kernel.seen = snapshot.generation;
	nf_svc_snapshot_clean(&snapshot);
	for (struct mirror *mirror = mirrors->first; mirror;
	     mirror = mirror->next) {
		/* a refusal made us read: it is not tried at once again */
		if (!mirror->refused || settle->drift || !settle->adopted)
			mirrors_queue(mirrors, mirror, !settle->adopted,
				      store_now());
	}
	settle->settings_refused = false;
	/* its lists were those of the settings that held before */
	settle->stale = true;
	if (!ret)
		settle->adopted = true;
	return ret;
}

int settle_view(struct settle *settle)
{
	struct view *view = calloc(1, sizeof(*view)), *old = settle->view;
	struct mirrors *mirrors = &settle->store->mirrors;
	struct problems problems = { 0 };
	bool same;
	int ret;

	if (!view)
		return -ENOMEM;
	ret = view_make(view, settle->config, settle->store,
			&settle->kernel.info, &settle->have, &problems);
	if (ret) {
		problems_clean(&problems);
		view_clean(view);
		free(view);
		return ret;
	}
	same = old && view_same(view, old);
	if (!same)
		report_problems(settle->report, NULL, &problems);
	problems_clean(&problems);
	settle->view = view;
	if (old)
		view_clean(old);
	free(old);
	settle->stale = false;
	settle->store->node_changed = false;
	if (!same)
		settle->settings_refused = false;
	for (struct mirror *mirror = mirrors->first; mirror && !same;
	     mirror = mirror->next)
		mirrors_queue(mirrors, mirror, true, store_now());
	return 0;
}

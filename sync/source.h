/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a source of objects (the watch of an API server, a directory of
 * manifests) tells the one who keeps them.
 *
 *   source: list (begin, upsert…, end), then changes (upsert, remove)
 *   sink:   keeps the objects, and settles with the kernel once every kind is
 *           synced; what a list did not name is gone with its end
 *
 * One thread, on one sd-event loop: a source calls its sink from its own
 * handlers, never from within a call of the sink.
 */
#ifndef NF_SVC_SYNC_SOURCE_H
#define NF_SVC_SYNC_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "sync/tree.h"

/**
 * enum source_kind - the kinds that are followed
 * @SOURCE_SERVICE: Services
 * @SOURCE_SLICE: EndpointSlices
 * @SOURCE_NODE: this node's Node, alone
 * @SOURCE_SERVICE_CIDR: ServiceCIDRs; a server may not have them
 * @SOURCE_KINDS: how many
 */
enum source_kind {
	SOURCE_SERVICE,
	SOURCE_SLICE,
	SOURCE_NODE,
	SOURCE_SERVICE_CIDR,
	SOURCE_KINDS,
};

/**
 * struct source_sink - who is told
 * @context: handed to each call
 * @list: a list of all objects of a kind begins; until its end nothing that was
 *	known is gone. A list that begins anew forgets the unfinished one
 * @listed: the list is whole: what it did not name is gone, the kind is synced
 * @missing: the server has none of this kind, or does not let us see them: it
 *	counts as synced and empty (SYN-01)
 * @upsert: an object as it is now. @object lives for the call only. An object that
 *	cannot be read is the sink's to report: it keeps the others (SYN-03)
 * @remove: an object is gone; @namespace is "" for those without
 * @trouble: the source has lost its server, with a text that says what and where;
 *	NULL: it is well again. Told once for each change, not at each try
 *
 * Return of @list, @listed, @missing, @upsert, @remove: 0 or -ENOMEM, which makes
 * the source list that kind anew, later.
 */
struct source_sink {
	void *context;
	int (*list)(void *context, enum source_kind kind);
	int (*listed)(void *context, enum source_kind kind);
	int (*missing)(void *context, enum source_kind kind);
	int (*upsert)(void *context, enum source_kind kind,
		      const struct tree *object);
	int (*remove)(void *context, enum source_kind kind,
		      const char *namespace, const char *name);
	void (*trouble)(void *context, const char *text);
};

#endif

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "kernel.h"
#include "log.h"

static bool is_own(const struct kernel *kernel, uint64_t generation)
{
	size_t n = kernel->n_own < KERNEL_OWN ? kernel->n_own : KERNEL_OWN;

	for (size_t i = 0; i < n; i++) {
		if (kernel->own[i] == generation)
			return true;
	}
	return generation <= kernel->seen;
}

void kernel_committed(struct kernel *kernel, uint64_t generation)
{
	kernel->own[kernel->n_own++ % KERNEL_OWN] = generation;
}

/* Is a commit of others one that touches what is ours? */
static bool touches_us(const struct nf_svc_event *event)
{
	const struct nf_svc_commit *commit = &event->commit;

	return commit->settings_changed ||
	       !strcmp(commit->writer.owner, KERNEL_OWNER);
}

static int hear(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct kernel *kernel = arg;
	struct nf_svc_event event;
	struct nf_svc_error error;
	int ret;

	(void)source;
	(void)fd;
	(void)revents;
	while (!(ret = nf_svc_event_take(kernel->listener, &event, &error))) {
		if (event.kind == NF_SVC_EVENT_MISSED) {
			kernel->hear(kernel->context, KERNEL_DRIFTED);
		} else if (event.kind == NF_SVC_EVENT_COMMIT &&
			   !is_own(kernel, event.commit.generation)) {
			kernel->hear(kernel->context, touches_us(&event) ?
							      KERNEL_DRIFTED :
							      KERNEL_OTHERS);
		}
	}
	if (ret != -EAGAIN)
		kernel->hear(kernel->context, KERNEL_GONE);
	return 0;
}

/* Whichever family it is: whether ours is there is asked then. */
static int hear_families(sd_event_source *source, int fd, uint32_t revents,
			 void *arg)
{
	struct kernel *kernel = arg;
	char bytes[8192];
	ssize_t n;

	(void)source;
	(void)revents;
	do {
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	} while (n > 0 || (n < 0 && errno == EINTR));
	kernel->hear(kernel->context, KERNEL_GONE);
	return 0;
}

static void watch_families(struct kernel *kernel, sd_event *event)
{
	int group;

	if (kernel->families)
		return;
	kernel->families = nl_socket_alloc();
	if (!kernel->families || genl_connect(kernel->families))
		return;
	group = genl_ctrl_resolve_grp(kernel->families, "nlctrl", "notify");
	if (group < 0 || nl_socket_add_membership(kernel->families, group) ||
	    sd_event_add_io(event, &kernel->coming,
			    nl_socket_get_fd(kernel->families), EPOLLIN,
			    hear_families, kernel) < 0)
		log_line(LOG_WARNING,
			 "cannot hear of the module coming and going");
}

int kernel_open(struct kernel *kernel, sd_event *event,
		struct nf_svc_error *error)
{
	int ret;

	watch_families(kernel, event);
	kernel_close(kernel);
	ret = nf_svc_client_open(&kernel->client, error);
	if (!ret)
		ret = nf_svc_claim(kernel->client, KERNEL_OWNER, error);
	if (!ret)
		ret = nf_svc_info_get(kernel->client, &kernel->info, error);
	if (!ret)
		ret = nf_svc_client_open(&kernel->listener, error);
	if (!ret)
		ret = nf_svc_listen(kernel->listener, NF_SVC_GROUP_EVENTS,
				    error);
	if (!ret && sd_event_add_io(event, &kernel->listening,
				    nf_svc_client_fd(kernel->listener), EPOLLIN,
				    hear, kernel) < 0)
		ret = nf_svc_error_set(error, NF_SVC_ERROR_SYSTEM, ENOMEM,
				       "out of memory");
	if (ret)
		kernel_close(kernel);
	kernel->seen = 0;
	kernel->n_own = 0;
	return ret;
}

void kernel_close(struct kernel *kernel)
{
	kernel->listening = sd_event_source_disable_unref(kernel->listening);
	nf_svc_client_close(kernel->client);
	nf_svc_client_close(kernel->listener);
	kernel->client = NULL;
	kernel->listener = NULL;
}

void kernel_clean(struct kernel *kernel)
{
	kernel_close(kernel);
	kernel->coming = sd_event_source_disable_unref(kernel->coming);
	if (kernel->families)
		nl_socket_free(kernel->families);
	memset(kernel, 0, sizeof(*kernel));
}

bool kernel_lost(const struct nf_svc_error *error)
{
	return error->kind == NF_SVC_ERROR_NO_MODULE ||
	       error->kind == NF_SVC_ERROR_ANSWER ||
	       error->kind == NF_SVC_ERROR_SYSTEM ||
	       (error->kind == NF_SVC_ERROR_REFUSED && !error->step &&
		error->number != EBUSY && error->number != EAGAIN);
}

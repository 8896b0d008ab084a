// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "machine.h"

/* A pod that comes changes devices and addresses many times. */
#define CALM_USEC 100000
#define MASK (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR)

static int calm(sd_event_source *source, uint64_t when, void *arg)
{
	struct machine *machine = arg;

	(void)source;
	(void)when;
	machine->moved(machine->context);
	return 0;
}

static int hear(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct machine *machine = arg;
	int enabled = SD_EVENT_OFF;
	char bytes[16384];
	ssize_t n;

	(void)source;
	(void)revents;
	/* what it says does not matter: all is asked again */
	do {
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	} while (n > 0 || (n < 0 && (errno == EINTR || errno == ENOBUFS)));
	sd_event_source_get_enabled(machine->timer, &enabled);
	if (enabled == SD_EVENT_OFF &&
	    sd_event_source_set_time_relative(machine->timer, CALM_USEC) >= 0)
		sd_event_source_set_enabled(machine->timer, SD_EVENT_ONESHOT);
	return 0;
}

static int open_addresses(struct machine *machine)
{
	struct sockaddr_nl own = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_LINK,
	};
	int ret;

	machine->fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (machine->fd < 0 ||
	    bind(machine->fd, (struct sockaddr *)&own, sizeof(own)))
		return -errno;
	ret = sd_event_add_time(machine->event, &machine->timer,
				CLOCK_MONOTONIC, 0, 0, calm, machine);
	if (ret >= 0)
		ret = sd_event_source_set_enabled(machine->timer, SD_EVENT_OFF);
	if (ret >= 0)
		ret = sd_event_add_io(machine->event, &machine->io, machine->fd,
				      EPOLLIN, hear, machine);
	return ret < 0 ? ret : 0;
}

static int hear_file(sd_event_source *source, const struct inotify_event *event,
		     void *arg)
{
	struct machine *machine = arg;
	const char *name = strrchr(machine->path, '/');

	(void)source;
	name = name ? name + 1 : machine->path;
	if (event->len &&
	    (!strcmp(event->name, "..data") ||
	     (!strcmp(event->name, name) && !(event->mask & IN_CREATE))))
		machine->reload(machine->context);
	return 0;
}

int machine_open(struct machine *machine, const char *path)
{
	char folder[4096];
	char *slash;
	int ret;

	machine->fd = -1;
	machine->path = path;
	ret = open_addresses(machine);
	if (ret || !path)
		return ret;
	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash)
		strcpy(folder, ".");
	else if (slash == folder)
		slash[1] = '\0';
	else
		*slash = '\0';
	ret = sd_event_add_inotify(machine->event, &machine->file, folder, MASK,
				   hear_file, machine);
	return ret < 0 ? ret : 0;
}

void machine_close(struct machine *machine)
{
	machine->io = sd_event_source_disable_unref(machine->io);
	machine->timer = sd_event_source_disable_unref(machine->timer);
	machine->file = sd_event_source_disable_unref(machine->file);
	if (machine->fd >= 0)
		close(machine->fd);
	machine->fd = -1;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* What of this machine is followed: its addresses, its devices, the set-up's file. */
#ifndef NF_SVC_DAEMON_MACHINE_H
#define NF_SVC_DAEMON_MACHINE_H

#include <systemd/sd-event.h>

/**
 * struct machine - what is followed
 * @event: loop, not owned
 * @fd: rtnetlink
 * @io: its events
 * @timer: when what was heard has calmed down
 * @file: inotify of the folder of the set-up's file
 * @path: that file, not owned
 * @moved: called when addresses or devices are others
 * @reload: called when the file may be another one
 * @context: for both
 */
struct machine {
	sd_event *event;
	int fd;
	sd_event_source *io;
	sd_event_source *timer;
	sd_event_source *file;
	const char *path;
	void (*moved)(void *context);
	void (*reload)(void *context);
	void *context;
};

/**
 * machine_open - follow it
 * @machine: has @event and what is to be called; machine_close() it
 * @path: file of the set-up; must stay; NULL: there is none
 *
 * Return: 0 or a negative errno.
 */
int machine_open(struct machine *machine, const char *path);

/**
 * machine_close - follow it no longer
 * @machine: the machine
 */
void machine_close(struct machine *machine);

#endif

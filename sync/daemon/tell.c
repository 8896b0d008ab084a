// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "sync/tell_name.h"
#include "tell.h"

static bool add_text(cJSON *to, const char *key, const char *text)
{
	return text && *text ? cJSON_AddStringToObject(to, key, text) :
			       cJSON_AddNullToObject(to, key);
}

static bool add_number(cJSON *to, const char *key, uint64_t value)
{
	return cJSON_AddNumberToObject(to, key, (double)value);
}

static uint64_t ago(uint64_t now, uint64_t then)
{
	return then && now > then ? (now - then) / 1000000 : 0;
}

static cJSON *make(const struct tell *tell)
{
	const struct settle *settle = tell->settle;
	const struct store *store = settle->store;
	cJSON *value = cJSON_CreateObject();

	if (value && add_number(value, "pid", (uint64_t)getpid()) &&
	    add_text(value, "version", SVCCTL_VERSION) &&
	    add_text(value, "source", tell->source) &&
	    add_text(value, "trouble", store->trouble) &&
	    add_text(value, "kernelTrouble", settle->lost) &&
	    cJSON_AddBoolToObject(value, "settled", settle->settled) &&
	    add_number(value, "services", store->mirrors.n) &&
	    add_number(value, "waiting", store->mirrors.n_queued) &&
	    add_number(value, "waitingSeconds",
		       ago(store_now(), settle->pending)) &&
	    add_number(value, "refused", settle->n_refused) &&
	    add_number(value, "commits", settle->commits) &&
	    add_number(value, "failures", settle->failures) &&
	    add_number(value, "settledSeconds",
		       ago(settle_clock(), settle->succeeded)))
		return value;
	cJSON_Delete(value);
	return NULL;
}

static bool may_know(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
	       (!peer.uid || peer.uid == geteuid());
}

/* All fits into the buffer of the socket: nobody is waited for. */
static int answer(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	cJSON *value;
	char *text;

	(void)source;
	(void)events;
	if (peer < 0)
		return 0;
	value = may_know(peer) ? make(arg) : NULL;
	text = value ? cJSON_PrintUnformatted(value) : NULL;
	if (text)
		send(peer, text, strlen(text), MSG_NOSIGNAL);
	cJSON_free(text);
	cJSON_Delete(value);
	close(peer);
	return 0;
}

int tell_open(struct tell *tell)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd, ret;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	memcpy(at.sun_path + 1, TELL_NAME, sizeof(TELL_NAME) - 1);
	if (bind(fd, (struct sockaddr *)&at,
		 offsetof(struct sockaddr_un, sun_path) + sizeof(TELL_NAME)) ||
	    listen(fd, 16)) {
		ret = -errno;
		close(fd);
		return ret;
	}
	ret = sd_event_add_io(tell->settle->event, &tell->listening, fd,
			      EPOLLIN, answer, tell);
	if (ret < 0) {
		close(fd);
		return ret;
	}
	return sd_event_source_set_io_fd_own(tell->listening, true);
}

void tell_close(struct tell *tell)
{
	tell->listening = sd_event_source_disable_unref(tell->listening);
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "svcctl.h"

static const struct complain_place *where;
/* The message of a transaction that a complaint is about, 0: none. */
static uint32_t about_step;

/* Where complaints go that are kept back, and what they are. */
static FILE *held;
static char *held_text;
static size_t held_len;

void complain_where(const struct complain_place *place)
{
	where = place;
}

static size_t line_at_fault(void)
{
	for (size_t i = 0; i < where->n_steps && about_step; i++) {
		if (where->steps[i] >= about_step)
			return where->lines[i];
	}
	return where->line;
}

void complain_hold(void)
{
	/* without memory they are told at once */
	held = open_memstream(&held_text, &held_len);
}

void complain_release(bool tell)
{
	if (!held)
		return;
	if (!fclose(held) && tell)
		fputs(held_text, stderr);
	held = NULL;
	free(held_text);
	held_text = NULL;
}

enum exit_status complain(enum exit_status status, const char *format, ...)
{
	FILE *to = held ? held : stderr;
	va_list args;

	fputs("svcctl: ", to);
	if (where)
		fprintf(to, "%s:%zu: ", where->path, line_at_fault());
	va_start(args, format);
	vfprintf(to, format, args);
	va_end(args);
	fputc('\n', to);
	return status;
}

void warn(const char *format, ...)
{
	va_list args;

	fputs("svcctl: warning: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

enum exit_status complain_memory(void)
{
	return complain(REFUSED, "out of memory");
}

/* What a number means where the kernel said no more. */
static const char *reason(const struct nf_svc_error *error)
{
	if (*error->message)
		return error->message;
	if (error->missing)
		return "missing";
	switch (error->number) {
	case EPERM:
		return "not permitted";
	case ENOENT:
		return "not there";
	case EEXIST:
		return "there already";
	case EBUSY:
		return "another transaction is open";
	case EUSERS:
		return "the owner is claimed";
	case ESTALE:
		return "the tables were changed meanwhile";
	case EOPNOTSUPP:
		return "this module cannot do that";
	default:
		return strerror(error->number);
	}
}

/* The frontend that is spoken of: what 'svcctl show' takes. */
static const char *remedy_whose(const struct nf_svc_error *error, char *text,
				size_t size)
{
	const char *place = error->object + strlen("frontend ");

	snprintf(text, size, "; 'svcctl show %.*s' shows whose it is",
		 (int)strcspn(place, " "), place);
	return text;
}

/* A message means that the tables refused, not that a right is missing. */
static const char *remedy_permission(const struct nf_svc_error *error,
				     char *text, size_t size)
{
	if (!*error->message)
		return "; run it as root (CAP_NET_ADMIN)";
	if (!strncmp(error->object, "frontend ", 9))
		return remedy_whose(error, text, size);
	return "; 'svcctl list' shows whose it is, --owner NAME works for that one";
}

/* What is in the way of a new object. */
static const char *remedy_exists(const struct nf_svc_error *error, char *text,
				 size_t size)
{
	if (!strncmp(error->object, "frontend ", 9))
		return remedy_whose(error, text, size);
	if (strstr(error->object, ", backend "))
		return "; 'svcctl set backend' changes it";
	return "; 'svcctl set service' changes it";
}

/* What would be right, where that can be told from the number. */
static const char *remedy(const struct nf_svc_error *error, char *text,
			  size_t size)
{
	switch (error->number) {
	case EPERM:
		return remedy_permission(error, text, size);
	case EEXIST:
		return remedy_exists(error, text, size);
	case EUSERS:
		return "; only that process writes for it until it ends";
	case EAGAIN:
	case EBUSY:
		return "; try again, or wait longer with --wait SECONDS";
	case ESTALE:
		return "; try again";
	case ENOTCONN:
		return "; another writer ended it, try again";
	case EOPNOTSUPP:
		return "; 'svcctl version' shows what it can do";
	default:
		return "";
	}
}

/* Who is in the way, with its name if it has one here. */
static const char *culprit(const struct nf_svc_error *error, char *text,
			   size_t size)
{
	char path[32], name[32] = "";
	FILE *file;

	*text = '\0';
	if (!error->pid)
		return text;
	snprintf(path, sizeof(path), "/proc/%u/comm", error->pid);
	file = fopen(path, "re");
	if (file) {
		if (fgets(name, sizeof(name), file))
			name[strcspn(name, "\n")] = '\0';
		fclose(file);
	}
	snprintf(text, size, ": process %u%s%s%s", error->pid,
		 *name ? " (" : "", name, *name ? ")" : "");
	return text;
}

static enum exit_status complain_of(const struct nf_svc_error *error)
{
	const char *object = error->object, *attribute = error->attribute;
	char process[80], hint[160];

	/* "backend 10.1.1.1:80: backend: …" tells nothing by its second */
	if (!*error->value && strstr(object, attribute))
		attribute = "";

	switch (error->kind) {
	case NF_SVC_ERROR_NO_MODULE:
		return complain(NOT_LOADED,
				"%s; load it with 'modprobe nf_svc'",
				error->message);
	case NF_SVC_ERROR_REFUSED:
		complain(REFUSED, "%s%s%s%s%s%s%s%s%s", object,
			 *object ? ": " : "", attribute,
			 *error->value ? " " : "", error->value,
			 *attribute ? ": " : "", reason(error),
			 culprit(error, process, sizeof(process)),
			 remedy(error, hint, sizeof(hint)));
		if (error->number == EPERM)
			return NOT_PERMITTED;
		return error->number == ENOENT || error->number == ENODEV ?
			       NOT_FOUND :
			       REFUSED;
	case NF_SVC_ERROR_INTERRUPTED:
		return complain(REFUSED, "%s; try again", error->message);
	case NF_SVC_ERROR_SYSTEM:
		complain(REFUSED, "%s: %s%s", error->message,
			 strerror(error->number),
			 error->number == EPERM ?
				 "; run it as root (CAP_NET_ADMIN)" :
				 "");
		return error->number == EPERM || error->number == EACCES ?
			       NOT_PERMITTED :
			       REFUSED;
	case NF_SVC_ERROR_ANSWER:
	case NF_SVC_ERROR_LOST:
	case NF_SVC_ERROR_NONE:
	default:
		return complain(REFUSED, "%s", error->message);
	}
}

enum exit_status complain_error(const struct nf_svc_error *error)
{
	enum exit_status status;

	about_step = error->step;
	status = complain_of(error);
	about_step = 0;
	return status;
}

bool words_take_if(struct words *words, const char *word)
{
	const char *next = words_peek(words);

	if (!next || strcmp(next, word))
		return false;
	words->next++;
	return true;
}

enum exit_status words_end(const struct words *words)
{
	const char *next = words_peek(words);

	if (!next)
		return DONE;
	return complain(WRONG_USAGE,
			"%s: not expected here; see 'svcctl help %s'", next,
			words->verb ? words->verb : "");
}

// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "client/words.h"
#include "select.h"

/**
 * struct pattern - what is looked for
 * @name: of the service, if it is one
 * @protocol: 0: any
 * @family: 0: any
 */
struct pattern {
	char name[NF_SVC_NAME_MAX + 16];
	uint8_t protocol;
	uint8_t family;
};

bool looks_like_place(const char *word)
{
	size_t head = strcspn(word, "/");
	size_t digits = strspn(word, "0123456789abcdefABCDEF.:");

	if (*word == '[' || *word == '*')
		return true;
	return digits >= head && strcspn(word, ".:") < head;
}

/* Cut "/udp" or "/ipv6" off the end of a name. */
static void cut_suffix(char *name, const struct nf_svc_word *words,
		       uint8_t *value)
{
	char *slash = strrchr(name, '/');
	uint32_t number;

	if (slash && nf_svc_word_value(words, slash + 1, &number)) {
		*slash = '\0';
		*value = (uint8_t)number;
	}
}

static bool name_matches(const char *name, const char *wanted,
			 unsigned int flags)
{
	size_t len = strlen(wanted);

	if (strncmp(name, wanted, len))
		return false;
	return !name[len] || ((flags & SELECT_PORTS) && name[len] == ':');
}

static bool service_matches(const struct nf_svc_service *service,
			    const struct pattern *pattern, unsigned int flags)
{
	return (!pattern->protocol || pattern->protocol == service->protocol) &&
	       (!pattern->family || pattern->family == service->family) &&
	       name_matches(service->name, pattern->name, flags);
}

bool frontend_at(const struct nf_svc_frontend *frontend,
		 const struct nf_svc_place *place)
{
	return !nf_svc_addr_compare(&frontend->addr, &place->addr) &&
	       (!place->port || place->port == frontend->port) &&
	       (!place->has_protocol || place->protocol == frontend->protocol);
}

static bool service_at(const struct nf_svc_service *service,
		       const struct nf_svc_place *place, unsigned int flags)
{
	for (size_t i = 0; i < service->n_frontends; i++) {
		if (frontend_at(&service->frontends[i], place))
			return true;
	}
	if (!(flags & SELECT_BACKENDS) ||
	    (place->has_protocol && place->protocol != service->protocol))
		return false;
	for (size_t i = 0; i < service->n_backends; i++) {
		const struct nf_svc_backend *backend = &service->backends[i];

		if (!nf_svc_addr_compare(&backend->addr, &place->addr) &&
		    (!place->port || place->port == backend->port))
			return true;
	}
	return false;
}

static enum exit_status add(struct selection *selection,
			    struct nf_svc_service *service)
{
	struct nf_svc_service **entry;

	entry = nf_svc_array_add(&selection->services, &selection->n,
				 sizeof(*entry));
	if (!entry)
		return complain_memory();
	*entry = service;
	return DONE;
}

/* No frontend is there; a backend may be. */
static enum exit_status
complain_no_place(const struct nf_svc_snapshot *snapshot, const char *word,
		  const struct nf_svc_place *place, unsigned int flags)
{
	for (size_t i = 0; i < snapshot->n_services; i++) {
		if (service_at(&snapshot->services[i], place,
			       flags | SELECT_BACKENDS))
			return complain(
				NOT_FOUND,
				"%s: no frontend, but a backend, for example of %s; 'svcctl list %s' shows whose",
				word, snapshot->services[i].name, word);
	}
	return complain(
		NOT_FOUND,
		"%s: no service has it; 'svcctl list' shows those there are",
		word);
}

static enum exit_status select_by_place(const struct nf_svc_snapshot *snapshot,
					const char *word, unsigned int flags,
					struct selection *selection)
{
	enum exit_status status = DONE;
	struct nf_svc_place place;
	const char *why;

	if (nf_svc_place_parse(word, &place, &why))
		return complain(WRONG_USAGE, "%s: %s", word, why);
	if (!(flags & SELECT_PROTOCOLS))
		place.has_protocol = true;
	if (!place.port && !(flags & SELECT_ADDRESS))
		return complain(WRONG_USAGE,
				"%s: the port is missing; write IP:PORT", word);
	for (size_t i = 0; i < snapshot->n_services && !status; i++) {
		if (service_at(&snapshot->services[i], &place, flags))
			status = add(selection, &snapshot->services[i]);
	}
	return status || selection->n ?
		       status :
		       complain_no_place(snapshot, word, &place, flags);
}

static enum exit_status
select_by_pattern(const struct nf_svc_snapshot *snapshot,
		  const struct pattern *pattern, unsigned int flags,
		  struct selection *selection)
{
	enum exit_status status = DONE;

	/* those whose names begin so stand together */
	for (size_t i = nf_svc_snapshot_place(snapshot, pattern->name);
	     i < snapshot->n_services && !status &&
	     !strncmp(snapshot->services[i].name, pattern->name,
		      strlen(pattern->name));
	     i++) {
		if (service_matches(&snapshot->services[i], pattern, flags))
			status = add(selection, &snapshot->services[i]);
	}
	return status;
}

enum exit_status words_end_behind(const struct words *words, const char *verb,
				  const char *word)
{
	const char *next = words_peek(words);

	/* "service", as add and del have it */
	if (next && word && !strpbrk(word, "/.:[*") && strpbrk(next, "/.:"))
		return complain(WRONG_USAGE,
				"%s: not expected here; 'svcctl %s %s'", word,
				verb, next);
	return words_end(words);
}

enum exit_status complain_no_service(const char *word)
{
	return complain(NOT_FOUND,
			"%s: no such service; %s'svcctl list' shows those "
			"there are",
			word,
			strchr(word, '/') ?
				"" :
				"one is called NAMESPACE/NAME[:PORT], ");
}

bool select_matches(const char *word, const struct nf_svc_key *key)
{
	struct pattern pattern = { 0 };

	if (strlen(word) >= sizeof(pattern.name))
		return false;
	strcpy(pattern.name, word);
	if (name_matches(key->name, pattern.name, SELECT_PORTS))
		return true;
	cut_suffix(pattern.name, nf_svc_families, &pattern.family);
	cut_suffix(pattern.name, nf_svc_protocols, &pattern.protocol);
	return (!pattern.protocol || pattern.protocol == key->protocol) &&
	       (!pattern.family || pattern.family == key->family) &&
	       name_matches(key->name, pattern.name, SELECT_PORTS);
}

/* A name without its port, where the whole one is asked for. */
static enum exit_status complain_of_port(const struct nf_svc_snapshot *snapshot,
					 const char *word,
					 const struct pattern *pattern)
{
	struct selection fits = { 0 };
	enum exit_status status;

	status = select_by_pattern(snapshot, pattern, SELECT_PORTS, &fits);
	if (!status && !fits.n)
		status = complain_no_service(word);
	else if (!status)
		status = complain(
			NOT_FOUND,
			"%s: no such service; its port is missing, for example %s",
			word, fits.services[0]->name);
	selection_clean(&fits);
	return status;
}

static enum exit_status select_by_name(const struct nf_svc_snapshot *snapshot,
				       const char *word, unsigned int flags,
				       struct selection *selection)
{
	struct pattern pattern = { 0 };
	enum exit_status status;

	if (strlen(word) >= sizeof(pattern.name))
		return complain(WRONG_USAGE,
				"%s: too long for a service's name", word);
	strcpy(pattern.name, word);
	/* a service may well be called default/udp */
	status = select_by_pattern(snapshot, &pattern, flags, selection);
	if (!status && !selection->n) {
		cut_suffix(pattern.name, nf_svc_families, &pattern.family);
		cut_suffix(pattern.name, nf_svc_protocols, &pattern.protocol);
		/* in whichever order */
		if (!pattern.family)
			cut_suffix(pattern.name, nf_svc_families,
				   &pattern.family);
		status =
			select_by_pattern(snapshot, &pattern, flags, selection);
	}
	if (status || selection->n)
		return status;
	return complain_of_port(snapshot, word, &pattern);
}

enum exit_status select_services(const struct nf_svc_snapshot *snapshot,
				 const char *word, unsigned int flags,
				 struct selection *selection)
{
	enum exit_status status;

	memset(selection, 0, sizeof(*selection));
	if (looks_like_place(word))
		status = select_by_place(snapshot, word, flags, selection);
	else
		status = select_by_name(snapshot, word, flags, selection);
	if (status)
		selection_clean(selection);
	return status;
}

static enum exit_status complain_several(const char *word,
					 const struct nf_svc_service *service)
{
	return complain(
		WRONG_USAGE,
		"%s: several services have this name; say which, for example "
		"%s/%s/%s",
		word, service->name,
		nf_svc_word_text(nf_svc_protocols, service->protocol),
		nf_svc_word_text(nf_svc_families, service->family));
}

enum exit_status select_one(const struct nf_svc_snapshot *snapshot,
			    const char *word, uint8_t family,
			    struct nf_svc_service **service)
{
	struct selection selection;
	enum exit_status status;

	*service = NULL;
	status = select_services(snapshot, word, 0, &selection);
	for (size_t i = 0; i < selection.n && !status; i++) {
		if (family && selection.services[i]->family != family)
			continue;
		if (*service)
			status = complain_several(word, selection.services[i]);
		*service = selection.services[i];
	}
	if (!status && !*service)
		status = complain(
			NOT_FOUND,
			"%s: it has no service for %s; its frontends are all "
			"of the other family",
			word, nf_svc_word_text(nf_svc_families, family));
	selection_clean(&selection);
	return status;
}

enum exit_status select_check_settings(const struct svcctl *ctl,
				       const struct nf_svc_settings *settings)
{
	if (!*settings->owner || !strcmp(settings->owner, ctl->owner))
		return DONE;
	return complain(
		NOT_PERMITTED,
		"settings: they belong to owner %s; to change them all the same, say --owner %s",
		settings->owner, settings->owner);
}

enum exit_status select_check_owner(const struct svcctl *ctl,
				    const struct nf_svc_service *service)
{
	if (!strcmp(service->owner, ctl->owner))
		return DONE;
	return complain(
		NOT_PERMITTED,
		"service %s: it belongs to owner %s; to change it all the same, say --owner %s",
		service->name, service->owner, service->owner);
}

void selection_clean(struct selection *selection)
{
	free(selection->services);
	memset(selection, 0, sizeof(*selection));
}

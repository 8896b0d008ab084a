/* SPDX-License-Identifier: GPL-2.0 */
/* From what people call a service to the services that are meant. */
#ifndef SVCCTL_SELECT_H
#define SVCCTL_SELECT_H

#include "svcctl.h"

/**
 * struct selection - services of a snapshot
 * @services: pointers into the snapshot; the array is owned
 * @n: how many
 */
struct selection {
	struct nf_svc_service **services;
	size_t n;
};

/**
 * enum select_flags - what counts as a match
 * @SELECT_PORTS: NAMESPACE/NAME means all ports of it too
 * @SELECT_ADDRESS: an address without a port will do
 * @SELECT_BACKENDS: an address may also be a backend's
 * @SELECT_PROTOCOLS: an address without a protocol is of any, not of TCP
 */
enum select_flags {
	SELECT_PORTS = 1 << 0,
	SELECT_ADDRESS = 1 << 1,
	SELECT_BACKENDS = 1 << 2,
	SELECT_PROTOCOLS = 1 << 3,
};

/**
 * looks_like_place - is a word meant to be an address, not a name?
 * @word: the word
 */
bool looks_like_place(const char *word);

/**
 * select_services - find the services that a word means
 * @snapshot: the services
 * @word: NAME[/PROTOCOL][/FAMILY] or IP[:PORT][/PROTOCOL]
 * @flags: enum select_flags
 * @selection: filled on success, in the order of the snapshot, never empty;
 *	selection_clean() it
 *
 * Return: DONE, or NOT_FOUND, WRONG_USAGE or REFUSED after telling why.
 */
enum exit_status select_services(const struct nf_svc_snapshot *snapshot,
				 const char *word, unsigned int flags,
				 struct selection *selection);

/**
 * words_end_behind - no word follows that of a service
 * @words: the words
 * @verb: of the command
 * @word: the last one taken, or NULL
 *
 * Return: DONE, or WRONG_USAGE, and what would be right was said.
 */
enum exit_status words_end_behind(const struct words *words, const char *verb,
				  const char *word);

/**
 * select_matches - is a service one of those that a name means?
 * @word: NAME[/PROTOCOL][/FAMILY]; without a port it means all ports of NAME
 * @key: the service
 */
bool select_matches(const char *word, const struct nf_svc_key *key);

/**
 * complain_no_service - tell that no service has a name
 * @word: the name
 *
 * Return: NOT_FOUND.
 */
enum exit_status complain_no_service(const char *word);

/**
 * select_one - find the one service that a word means
 * @snapshot: the services
 * @word: as for select_services()
 * @family: only services of this family, 0: of any
 * @service: where it goes; it stays the snapshot's
 *
 * Return: as select_services(); WRONG_USAGE also if there are several.
 */
enum exit_status select_one(const struct nf_svc_snapshot *snapshot,
			    const char *word, uint8_t family,
			    struct nf_svc_service **service);

/**
 * select_check_settings - may the settings be changed under the owner we use?
 * @ctl: our owner
 * @settings: as they are
 *
 * Return: DONE, or NOT_PERMITTED, and it was said.
 */
enum exit_status select_check_settings(const struct svcctl *ctl,
				       const struct nf_svc_settings *settings);

/**
 * select_check_owner - is a service the owner's whose objects are changed?
 * @ctl: the run
 * @service: the service
 *
 * Return: DONE, or NOT_PERMITTED after telling whose it is.
 */
enum exit_status select_check_owner(const struct svcctl *ctl,
				    const struct nf_svc_service *service);

/**
 * selection_clean - release a selection
 * @selection: may be empty
 */
void selection_clean(struct selection *selection);

/**
 * frontend_at - does a frontend lie at a place?
 * @frontend: the frontend
 * @place: without a port: any; without a protocol: any
 */
bool frontend_at(const struct nf_svc_frontend *frontend,
		 const struct nf_svc_place *place);

#endif

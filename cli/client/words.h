/* SPDX-License-Identifier: GPL-2.0 */
/* The words that people and files use for the numbers of the ABI. */
#ifndef NF_SVC_CLIENT_WORDS_H
#define NF_SVC_CLIENT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct nf_svc_word - one number and its word; a list ends with text NULL
 * @value: as in the ABI
 * @text: the word
 */
struct nf_svc_word {
	uint64_t value;
	const char *text;
};

extern const struct nf_svc_word nf_svc_protocols[];
extern const struct nf_svc_word nf_svc_families[];
extern const struct nf_svc_word nf_svc_classes[];
extern const struct nf_svc_word nf_svc_set_words[];
extern const struct nf_svc_word nf_svc_empties[];
extern const struct nf_svc_word nf_svc_refusals[];
extern const struct nf_svc_word nf_svc_kinds[];
extern const struct nf_svc_word nf_svc_verdicts[];
extern const struct nf_svc_word nf_svc_drop_reasons[];
extern const struct nf_svc_word nf_svc_change_kinds[];
extern const struct nf_svc_word nf_svc_flow_states[];
extern const struct nf_svc_word nf_svc_capability_words[];

/**
 * nf_svc_word_text - the word for a number
 * @words: one of the lists above
 * @value: the number
 *
 * Return: a constant text; "unknown" where the list has none, which a newer
 * module may bring about.
 */
const char *nf_svc_word_text(const struct nf_svc_word *words, uint64_t value);

/**
 * nf_svc_word_value - the number for a word
 * @words: one of the lists above
 * @text: the word, exactly
 * @value: where the number goes
 *
 * Return: whether the list has the word.
 */
bool nf_svc_word_value(const struct nf_svc_word *words, const char *text,
		       uint32_t *value);

/**
 * nf_svc_word_list - all words of a list, for people: "a, b or c"
 * @words: one of the lists above
 * @text: where it goes
 * @size: room there
 *
 * Return: @text.
 */
char *nf_svc_word_list(const struct nf_svc_word *words, char *text,
		       size_t size);

#endif

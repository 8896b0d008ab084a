/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's explanation in words. Pure: it asks nobody. */
#ifndef SVCCTL_EXPLAIN_H
#define SVCCTL_EXPLAIN_H

#include "client/words.h"
#include "svcctl.h"

/**
 * enum device_from - how the device that a packet comes in by is known
 * @DEVICE_GIVEN: it was given, or there is none
 * @DEVICE_ROUTE: the route to the source leads there
 * @DEVICE_UNKNOWN: no route leads to the source; any device will do
 */
enum device_from {
	DEVICE_GIVEN,
	DEVICE_ROUTE,
	DEVICE_UNKNOWN,
};

/**
 * struct story - a packet, what the kernel says of it, and what that rests on
 * @packet: the packet
 * @explanation: the kernel's answer
 * @settings: what a pod is
 * @device_from: how the device is known
 */
struct story {
	struct nf_svc_packet packet;
	struct nf_svc_explanation explanation;
	struct nf_svc_settings settings;
	enum device_from device_from;
};

/* Room for the longest line of a story. */
#define STORY_LINE 512

/**
 * story_source - where the packet comes from, and how that is known
 * @story: the story
 * @text: STORY_LINE bytes
 *
 * Return: @text. So do the other functions.
 */
char *story_source(const struct story *story, char *text);

/**
 * story_class - the source class and the reason for it
 * @story: the story
 * @text: STORY_LINE bytes
 */
char *story_class(const struct story *story, char *text);

/**
 * story_frontend - which frontend and service the packet met
 * @story: the story
 * @text: STORY_LINE bytes
 */
char *story_frontend(const struct story *story, char *text);

/**
 * explained_policy - the traffic policy that the frontend's rules amount to
 * @explanation: has_rule
 *
 * Return: NF_SVC_SET_CLUSTER: "Cluster", NF_SVC_SET_LOCAL: "Local", 0: neither, for
 * no Kubernetes policy asks for rules like these.
 */
uint32_t explained_policy(const struct nf_svc_explanation *explanation);

/**
 * story_policy - which row of the traffic policies decides
 * @story: the story, has_rule
 * @text: STORY_LINE bytes
 */
char *story_policy(const struct story *story, char *text);

/**
 * story_passed_over - why a backend may not be chosen
 * @backend: of explanation.passed_over
 *
 * Return: the reason, static.
 */
const char *story_passed_over(const struct nf_svc_backend *backend);

/**
 * story_set - which set is used and how many can be chosen from it
 * @story: the story
 * @text: STORY_LINE bytes
 */
char *story_set(const struct story *story, char *text);

/**
 * story_choice - which backend is chosen, and how
 * @story: the story
 * @text: STORY_LINE bytes
 */
char *story_choice(const struct story *story, char *text);

/**
 * story_masquerade - whether the source is masqueraded, and why
 * @story: the story
 * @text: STORY_LINE bytes
 */
char *story_masquerade(const struct story *story, char *text);

/**
 * story_refusal - why the packet gets no backend
 * @story: the story
 * @text: STORY_LINE bytes
 */
char *story_refusal(const struct story *story, char *text);

/**
 * story_result - the end of it
 * @story: the story
 * @text: STORY_LINE bytes
 */
char *story_result(const struct story *story, char *text);

#endif

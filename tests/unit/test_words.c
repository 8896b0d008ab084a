// SPDX-License-Identifier: GPL-2.0
/* What people call a service, and what explain tells them. */
#include <fcntl.h>
#include <unistd.h>

#include "explain.h"
#include "select.h"
#include "unit.h"

static struct nf_svc_snapshot tables;

static void add(const char *name, uint8_t protocol, const char *frontend,
		const char *backend)
{
	struct nf_svc_service *service;
	struct nf_svc_place place;
	const char *why;

	tables.services = realloc(tables.services,
				  (tables.n_services + 1) * sizeof(*service));
	assert_non_null(tables.services);
	service = &tables.services[tables.n_services++];
	assert_int_equal(nf_svc_place_parse(frontend, &place, &why), 0);
	assert_int_equal(nf_svc_service_init(service, name, protocol,
					     place.addr.family),
			 0);
	strcpy(service->owner, "admin");
	service->frontends = calloc(1, sizeof(*service->frontends));
	service->frontends[0].addr = place.addr;
	service->frontends[0].port = place.port;
	service->frontends[0].protocol = protocol;
	service->frontends[0].family = place.addr.family;
	service->n_frontends = 1;
	assert_int_equal(nf_svc_place_parse(backend, &place, &why), 0);
	service->backends = calloc(1, sizeof(*service->backends));
	service->backends[0].addr = place.addr;
	service->backends[0].port = place.port;
	service->n_backends = 1;
}

static int fill(void **state)
{
	(void)state;
	/* sorted, as a snapshot is */
	add("default/udp", IPPROTO_TCP, "10.96.0.9:80", "10.0.0.9:80");
	add("shop/dns", IPPROTO_TCP, "10.96.0.10:53", "10.0.0.1:53");
	add("shop/dns", IPPROTO_TCP, "[fd00:96::10]:53", "[fd00::1]:53");
	add("shop/dns", IPPROTO_UDP, "10.96.0.10:53", "10.0.0.1:53");
	add("shop/web", IPPROTO_TCP, "10.96.0.1:8080", "10.0.0.2:80");
	add("shop/web-2:http", IPPROTO_TCP, "10.96.0.2:80", "10.0.0.2:80");
	add("shop/web:http", IPPROTO_TCP, "10.96.0.1:80", "10.0.0.2:80");
	return 0;
}

static int clean(void **state)
{
	(void)state;
	nf_svc_snapshot_clean(&tables);
	return 0;
}

/* Complaints belong to svcctl's stderr, not to that of the tests. */
static int hush(void)
{
	int kept = dup(STDERR_FILENO), nothing = open("/dev/null", O_WRONLY);

	fflush(stderr);
	dup2(nothing, STDERR_FILENO);
	close(nothing);
	return kept;
}

static void speak(int kept)
{
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
}

static void assert_selects(const char *word, unsigned int flags, size_t n,
			   enum exit_status expected)
{
	struct selection selection;
	enum exit_status status;
	int kept = hush();

	status = select_services(&tables, word, flags, &selection);
	speak(kept);
	if (status != expected || selection.n != n)
		fail_msg("%s: status %d, %zu services", word, (int)status,
			 selection.n);
	selection_clean(&selection);
}

static void assert_one(const char *word, uint8_t family, const char *name,
		       uint8_t protocol, enum exit_status expected)
{
	struct nf_svc_service *service;
	enum exit_status status;
	int kept = hush();

	status = select_one(&tables, word, family, &service);
	speak(kept);
	if (status != expected)
		fail_msg("%s: status %d", word, (int)status);
	if (name) {
		assert_string_equal(service->name, name);
		assert_int_equal(service->protocol, protocol);
	}
}

static void names(void **state)
{
	(void)state;
	assert_selects("shop/dns", 0, 3, DONE);
	assert_selects("shop/dns/udp", 0, 1, DONE);
	assert_selects("shop/dns/tcp", 0, 2, DONE);
	assert_selects("shop/dns/ipv6", 0, 1, DONE);
	assert_selects("shop/dns/tcp/ipv4", 0, 1, DONE);
	assert_selects("shop/dns/udp/ipv6", 0, 0, NOT_FOUND);
	assert_selects("shop/nobody", 0, 0, NOT_FOUND);
	/* a service that is called like a protocol */
	assert_selects("default/udp", 0, 1, DONE);
	assert_selects("default/udp/tcp", 0, 1, DONE);
}

static void ports_of_a_name(void **state)
{
	(void)state;
	assert_selects("shop/web", 0, 1, DONE);
	assert_selects("shop/web", SELECT_PORTS, 2, DONE);
	assert_selects("shop/web-2", 0, 0, NOT_FOUND);
	assert_selects("shop/web-2", SELECT_PORTS, 1, DONE);
}

static void places(void **state)
{
	unsigned int reading = SELECT_ADDRESS | SELECT_PROTOCOLS;

	(void)state;
	assert_selects("10.96.0.10:53", reading, 2, DONE);
	/* what changes something means TCP unless it says other */
	assert_selects("10.96.0.10:53", 0, 1, DONE);
	assert_selects("10.96.0.10:53/udp", 0, 1, DONE);
	assert_selects("[fd00:96::10]:53", 0, 1, DONE);
	assert_selects("10.96.0.1", reading, 2, DONE);
	assert_selects("10.96.0.1", 0, 0, WRONG_USAGE);
	assert_selects("10.0.0.2", reading, 0, NOT_FOUND);
	assert_selects("10.0.0.2", reading | SELECT_BACKENDS, 3, DONE);
	assert_selects("10.0.0.1:53/udp", reading | SELECT_BACKENDS, 1, DONE);
	/* not taken for a name that is not found */
	assert_selects("010.96.0.1:80", reading, 0, WRONG_USAGE);
	assert_selects("10.96.0.1:99999", reading, 0, WRONG_USAGE);
}

static void one_of_them(void **state)
{
	(void)state;
	assert_one("shop/web:http", NFPROTO_IPV4, "shop/web:http", IPPROTO_TCP,
		   DONE);
	assert_one("shop/dns", NFPROTO_IPV4, NULL, 0, WRONG_USAGE);
	assert_one("shop/dns", NFPROTO_IPV6, "shop/dns", IPPROTO_TCP, DONE);
	assert_one("shop/dns/udp", NFPROTO_IPV4, "shop/dns", IPPROTO_UDP, DONE);
	assert_one("shop/web:http", NFPROTO_IPV6, NULL, 0, NOT_FOUND);
	assert_one("10.96.0.10:53/udp", NFPROTO_IPV4, "shop/dns", IPPROTO_UDP,
		   DONE);
}

static void words_that_look_like_places(void **state)
{
	(void)state;
	assert_true(looks_like_place("10.96.0.1"));
	assert_true(looks_like_place("10.96.0.1:80/udp"));
	assert_true(looks_like_place("[fd00::1]:80"));
	assert_true(looks_like_place("fd00::1"));
	assert_true(looks_like_place("*:80"));
	assert_false(looks_like_place("dead/beef"));
	assert_false(looks_like_place("shop/web:http"));
	assert_false(looks_like_place("a/b:80"));
}

/* A story with two backends that may be chosen. */
static struct story two_backends(void)
{
	static struct nf_svc_backend backends[2];
	struct story story = { 0 };

	backends[0].addr = addr("10.0.0.1");
	backends[0].port = 8080;
	backends[1].addr = addr("10.0.0.2");
	backends[1].port = 8080;
	story.packet.protocol = IPPROTO_TCP;
	story.packet.addr = addr("10.96.0.1");
	story.packet.port = 80;
	story.packet.source = addr("10.0.0.9");
	strcpy(story.packet.device, "eth0");
	story.explanation.verdict = NF_SVC_VERDICT_FORWARD;
	story.explanation.class = NF_SVC_CLASS_POD;
	story.explanation.candidates = 2;
	story.explanation.backends = backends;
	story.explanation.n_backends = 2;
	return story;
}

static void says(char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' does not say '%s'", text, part);
}

static void CTL_01_explain_says_who_and_why(void **state)
{
	struct nf_svc_cidr pods = cidr("10.0.0.0/24");
	struct story story = two_backends();
	char line[STORY_LINE];

	(void)state;
	story.settings.pod_cidrs = &pods;
	story.settings.n_pod_cidrs = 1;
	says(story_class(&story, line), "pod-cidr 10.0.0.0/24");
	says(story_choice(&story, line), "one of these 2 at random");
	strcpy(story.explanation.scheduler, "mh");
	says(story_choice(&story, line),
	     "one of these 2 by the hash of addresses and ports");
	says(story_result(&story, line), "to one of 2 backends");
	says(story_masquerade(&story, line), "no: the backend sees");
	/* the client is one of them */
	story.packet.source = addr("10.0.0.2");
	says(story_masquerade(&story, line), "only if the client gets itself");
	/* a choice that is a function of the packet */
	story.explanation.has_chosen = true;
	story.explanation.chosen = story.explanation.backends[1];
	story.explanation.masquerade = 2;
	strcpy(story.explanation.scheduler, "mh");
	says(story_choice(&story, line),
	     "10.0.0.2:8080, by the hash of addresses and ports");
	strcpy(story.explanation.scheduler, "mh-source");
	says(story_choice(&story, line), "by the hash of the client's address");
	strcpy(story.explanation.scheduler, "wrr");
	says(story_choice(&story, line), "whose turn is next");
	strcpy(story.explanation.scheduler, "lc");
	says(story_choice(&story, line), "the fewest flows for its weight");
	story.explanation.remembered = true;
	says(story_choice(&story, line), "which its client had last");
	story.explanation.remembered = false;
	strcpy(story.explanation.scheduler, "random");
	story.packet.protocol = IPPROTO_UDP;
	says(story_choice(&story, line), "by the hash of addresses and ports");
	story.packet.protocol = IPPROTO_TCP;
	says(story_result(&story, line), "to 10.0.0.2:8080, masqueraded");
	says(story_masquerade(&story, line), "the client gets itself");
}

static void CTL_01_explain_says_why_not(void **state)
{
	struct story story = two_backends();
	char line[STORY_LINE];

	(void)state;
	story.explanation.verdict = NF_SVC_VERDICT_REFUSE;
	story.explanation.drop_reason = NF_SVC_DROP_NO_BACKEND;
	story.explanation.refuse_with = NF_SVC_REFUSE_RESET;
	says(story_refusal(&story, line), "no-backend");
	says(story_result(&story, line), "refused with a TCP reset");
	story.packet.protocol = IPPROTO_UDP;
	says(story_result(&story, line), "refused with an ICMP");
	*story.packet.device = '\0';
	says(story_result(&story, line), "ECONNREFUSED");
	story.explanation.verdict = NF_SVC_VERDICT_DROP;
	story.explanation.drop_reason = NF_SVC_DROP_SET_EMPTY;
	says(story_refusal(&story, line), "set-empty");
	says(story_result(&story, line), "dropped without an answer");
	story.explanation.drop_reason = NF_SVC_DROP_REASONS + 5;
	says(story_refusal(&story, line), "unknown");
	story.explanation.verdict = NF_SVC_VERDICT_PASS;
	says(story_result(&story, line), "left alone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names),
		TEST(ports_of_a_name),
		TEST(places),
		TEST(one_of_them),
		TEST(words_that_look_like_places),
		TEST(CTL_01_explain_says_who_and_why),
		TEST(CTL_01_explain_says_why_not),
	};

	return cmocka_run_group_tests_name("words", tests, fill, clean);
}

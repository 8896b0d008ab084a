// SPDX-License-Identifier: GPL-2.0
/* What save writes, restore reads. */
#include "document.h"
#include "document_read.h"
#include "unit.h"

/* A service as save writes it, on one line. */
#define WEB_JSON                                                                \
	"{\"name\":\"shop/web:http\",\"protocol\":\"tcp\",\"family\":\"ipv4\"," \
	"\"owner\":\"admin\",\"scheduler\":\"random\",\"refuseWith\":\"icmp\"," \
	"\"affinityTimeout\":60,\"frontends\":[" FRONTEND_JSON "],"             \
	"\"backends\":[" BACKEND_JSON "]}"
#define FRONTEND_JSON                                                                   \
	"{\"address\":\"10.96.0.1\",\"port\":80,\"type\":\"LoadBalancer\","             \
	"\"exclusive\":true,\"internal\":true,\"rules\":{\"pod\":{\"set\":\"cluster\"," \
	"\"masquerade\":false,\"empty\":\"refuse\"},\"node\":{\"set\":"                 \
	"\"cluster\",\"masquerade\":true,\"empty\":\"refuse\"},\"outside\":{"           \
	"\"set\":\"local\",\"masquerade\":false,\"empty\":\"drop\"}},"                  \
	"\"sourceRanges\":[\"10.0.0.0/8\"]}"
#define BACKEND_JSON                                                       \
	"{\"address\":\"10.244.0.1\",\"port\":8080,\"weight\":0,\"sets\":" \
	"[\"cluster\",\"local\"]},"                                        \
	"{\"address\":\"10.244.0.2\",\"port\":8080,\"weight\":7,\"sets\":[]}"
#define DOCUMENT(settings, services)                                          \
	"{\"format\":\"nf_svc/1\",\"owners\":[\"admin\",\"other\"]," settings \
	"\"services\":[" services "]}"
#define SETTINGS_JSON                                                     \
	"{\"owner\":\"other\",\"podCIDRs\":[\"10.244.0.0/16\","           \
	"\"fd00:244::/64\"],\"podDevices\":[\"cali*\"],\"serviceCIDRs\":" \
	"[\"10.96.0.0/12\"],\"nodePortCIDRs\":[\"192.0.2.0/24\"],\"masqueradeMark\":16384}"

static struct document read_document(const char *text)
{
	struct tree_file file = read_text(text);
	struct document document;
	struct tree_error error;

	if (document_read(&document, &file, &error))
		fail_msg("%s: %s", error.field, error.message);
	tree_clean(&file);
	return document;
}

static void assert_refused(const char *text, const char *field, const char *why)
{
	struct tree_file file = read_text(text);
	struct document document;
	struct tree_error error;

	assert_int_equal(document_read(&document, &file, &error), -EINVAL);
	assert_string_equal(error.field, field);
	if (!strstr(error.message, why))
		fail_msg("'%s' does not say '%s'", error.message, why);
	tree_clean(&file);
}

static void assert_written(cJSON *value, const char *text)
{
	char *written = cJSON_PrintUnformatted(value);

	assert_string_equal(written, text);
	cJSON_free(written);
	cJSON_Delete(value);
}

static void CTL_01_there_and_back_again(void **state)
{
	struct document document = read_document(
		DOCUMENT("\"settings\":" SETTINGS_JSON ",", WEB_JSON));

	(void)state;
	assert_int_equal(document.n_services, 1);
	assert_written(document_service(&document.services[0], false),
		       WEB_JSON);
	assert_true(document.has_settings);
	assert_written(document_settings(&document.settings), SETTINGS_JSON);
	assert_int_equal(document.n_owners, 2);
	document_clean(&document);
}

static void what_was_read_is_what_was_meant(void **state)
{
	struct document document = read_document(DOCUMENT("", WEB_JSON));
	const struct nf_svc_service *service = &document.services[0];
	const struct nf_svc_frontend *frontend = &service->frontends[0];

	(void)state;
	assert_string_equal(service->owner, "admin");
	assert_int_equal(service->refuse_with, NF_SVC_REFUSE_UNREACH);
	assert_int_equal(service->affinity_timeout, 60);
	assert_int_equal(frontend->kind, NF_SVC_KIND_LOAD_BALANCER);
	assert_int_equal(frontend->flags,
			 NF_SVC_FRONTEND_EXCLUSIVE | NF_SVC_FRONTEND_INTERNAL);
	assert_int_equal(frontend->protocol, IPPROTO_TCP);
	assert_true(frontend->rules[NF_SVC_CLASS_NODE].masquerade);
	assert_int_equal(frontend->rules[NF_SVC_CLASS_OUTSIDE].empty,
			 NF_SVC_EMPTY_DROP);
	assert_int_equal(frontend->n_ranges, 1);
	assert_int_equal(service->backends[0].weight, 0);
	assert_backend(service, "10.244.0.1:8080",
		       NF_SVC_SET_CLUSTER | NF_SVC_SET_LOCAL);
	assert_backend(service, "10.244.0.2:8080", 0);
	assert_false(document.has_settings);
	document_clean(&document);
}

static void what_list_prints_has_the_state(void **state)
{
	struct document document = read_document(DOCUMENT("", WEB_JSON));
	cJSON *value = document_service(&document.services[0], true);
	const cJSON *backends =
		cJSON_GetObjectItemCaseSensitive(value, "backends");

	(void)state;
	assert_string_equal(cJSON_GetObjectItemCaseSensitive(backends->child,
							     "state")
				    ->valuestring,
			    "active");
	assert_string_equal(
		cJSON_GetObjectItemCaseSensitive(backends->child->next, "state")
			->valuestring,
		"draining");
	cJSON_Delete(value);
	document_clean(&document);
}

static void CTL_02_totals_tell_what_was_not_counted(void **state)
{
	struct nf_svc_stats stats = {
		.flows = 3, .masqueraded = 2, .healed = 1, .uncounted = 1
	};

	(void)state;
	stats.drops[NF_SVC_DROP_BIND] = 4;
#define DROPS                                                                   \
	"\"drops\":{\"no-backend\":0,\"set-empty\":0,\"unclaimed\":0,"          \
	"\"source-range\":0,\"service-cidr\":0,\"refusal-limit\":0,\"bind\":4," \
	"\"internal\":0,\"invalid\":0"
	assert_written(
		document_stats(&stats),
		"{\"flows\":3,\"masqueraded\":2,\"healed\":1,\"unremembered\":0,\"unrecorded\":0," DROPS
		"}}");
	assert_written(
		document_total(&stats),
		"{\"flows\":3,\"masqueraded\":2,\"healed\":1,\"unremembered\":0,\"unrecorded\":0," DROPS
		"},\"uncounted\":1}");
	stats.drops[NF_SVC_DROP_UNSPEC] = 5;
	assert_written(
		document_stats(&stats),
		"{\"flows\":3,\"masqueraded\":2,\"healed\":1,\"unremembered\":0,\"unrecorded\":0,\"drops\":{\"unknown\":5,"
		"\"no-backend\":0,\"set-empty\":0,\"unclaimed\":0,"
		"\"source-range\":0,\"service-cidr\":0,"
		"\"refusal-limit\":0,\"bind\":4,\"internal\":0,\"invalid\":0}}");
#undef DROPS
}

static void CTL_02_what_is_not_there_is_null(void **state)
{
	cJSON *value = cJSON_CreateObject();

	(void)state;
	assert_true(document_add_text(value, "device", "eth0"));
	assert_true(document_add_text(value, "reason", NULL));
	assert_true(document_add_text(value, "namespace", ""));
	assert_written(value, "{\"device\":\"eth0\",\"reason\":null,"
			      "\"namespace\":null}");
}

static void nothing_at_all_is_a_document_too(void **state)
{
	struct document document =
		read_document("{\"format\":\"nf_svc/1\",\"owners\":[\"admin\"],"
			      "\"services\":[]}");

	(void)state;
	assert_int_equal(document.n_services, 0);
	assert_int_equal(document.n_owners, 1);
	document_clean(&document);
}

/* One text for another, in what save writes. */
static char *changed(const char *from, const char *to)
{
	const char *text =
		DOCUMENT("\"settings\":" SETTINGS_JSON ",", WEB_JSON);
	const char *at = strstr(text, from);
	char *result = NULL;

	assert_non_null(at);
	assert_true(asprintf(&result, "%.*s%s%s", (int)(at - text), text, to,
			     at + strlen(from)) > 0);
	return result;
}

static void CTL_03_wrong_documents_say_where(void **state)
{
	static const char *const cases[][4] = {
		{ "nf_svc/1", "nf_svc/2", "format", "nf_svc/1" },
		{ "\"format\"", "\"fromat\"", "fromat", "no such field" },
		{ "\"other\"]", "\"admin\"]", "owners[1]", "second time" },
		{ "\"other\"]", "\"a b\"]", "owners[1]", "no name" },
		{ "\"owner\":\"admin\"", "\"owner\":\"else\"", "services[0]",
		  "not one of the owners" },
		{ "\"owner\":\"other\"", "\"owner\":\"else\"", "settings",
		  "not one of the owners" },
		{ "10.244.0.0/16", "10.244.0.1/16", "settings.podCIDRs[0]",
		  "past the prefix" },
		{ "cali*", "a-very-long-device", "settings.podDevices[0]",
		  "1 to 15" },
		{ "shop/web:http", "shop/we b", "services[0].name", "blanks" },
		{ "\"tcp\"", "\"tpc\"", "services[0].protocol", "tcp, udp" },
		{ "\"ipv4\"", "\"ipv5\"", "services[0].family",
		  "ipv4 or ipv6" },
		{ "\"ipv4\"", "\"ipv6\"", "services[0].frontends[0].address",
		  "family" },
		{ "\"icmp\"", "\"none\"", "services[0].refuseWith",
		  "reset or icmp" },
		{ "\"port\":80,", "\"port\":0,",
		  "services[0].frontends[0].port", "1 to 65535" },
		{ "\"port\":80,", "", "services[0].frontends[0].port",
		  "missing" },
		{ "\"exclusive\":true", "\"exclusive\":\"true\"",
		  "services[0].frontends[0].exclusive", "neither true" },
		{ "10.96.0.0/12", "0.0.0.0/0", "settings", "every address" },
		{ "\"masqueradeMark\":16384", "\"masqueradeMark\":3",
		  "settings.masqueradeMark", "one bit" },
		{ "\"internal\":true", "\"internal\":1",
		  "services[0].frontends[0].internal", "neither true" },
		{ "\"LoadBalancer\"", "\"Balancer\"",
		  "services[0].frontends[0].type", "ClusterIP" },
		{ "\"outside\":{\"set\":\"local\"",
		  "\"outside\":{\"set\":\"both\"",
		  "services[0].frontends[0].rules.outside.set",
		  "cluster or local" },
		{ "\"weight\":7", "\"weight\":65536",
		  "services[0].backends[1].weight", "65535" },
		{ "\"sets\":[]", "\"sets\":[\"both\"]",
		  "services[0].backends[1].sets[0]", "no set" },
		{ "10.244.0.2", "10.244.0.02",
		  "services[0].backends[1].address", "leading zeros" },
		{ "10.244.0.2", "10.244.0.1", "services[0]",
		  "backend 10.244.0.1:8080 is there twice" },
		{ "\"weight\":7", "\"wieght\":7",
		  "services[0].backends[1].wieght", "no such field" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = changed(cases[i][0], cases[i][1]);

		assert_refused(text, cases[i][2], cases[i][3]);
		free(text);
	}
	assert_refused(DOCUMENT("", WEB_JSON "," WEB_JSON), "services",
		       "there twice");
	assert_refused("[]", "", "not a mapping");
	assert_refused("a: 1\n---\nb: 2\n", "", "one document");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(CTL_01_there_and_back_again),
		TEST(what_was_read_is_what_was_meant),
		TEST(what_list_prints_has_the_state),
		TEST(CTL_02_totals_tell_what_was_not_counted),
		TEST(CTL_02_what_is_not_there_is_null),
		TEST(nothing_at_all_is_a_document_too),
		TEST(CTL_03_wrong_documents_say_where),
	};

	return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}

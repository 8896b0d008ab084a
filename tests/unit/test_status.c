// SPDX-License-Identifier: GPL-2.0
/* What svcsyncd says, as 'svcctl status' takes it: CTL-02. */
#include "daemon.h"
#include "unit.h"

#define BEGIN "{\"pid\":7,\"version\":\"0.1.0\",\"source\":\"/etc/m\","
#define REST                                                              \
	"\"kernelTrouble\":null,\"settled\":true,\"services\":3,"         \
	"\"waiting\":0,\"waitingSeconds\":0,\"refused\":0,\"commits\":4," \
	"\"failures\":0,\"settledSeconds\":5"

static void CTL_02_an_answer_is_kept_as_far_as_it_is_known(void **state)
{
	cJSON *value;
	char *text;

	(void)state;
	assert_int_equal(daemon_read(BEGIN "\"trouble\":null," REST
					   ",\"new\":1}",
				     &value),
			 0);
	text = cJSON_PrintUnformatted(value);
	assert_string_equal(text, BEGIN "\"trouble\":null," REST "}");
	cJSON_free(text);
	cJSON_Delete(value);
}

static void CTL_02_no_terminal_obeys_it(void **state)
{
	cJSON *value;

	(void)state;
	assert_int_equal(
		daemon_read(BEGIN "\"trouble\":\"a\\u001b[2Jb\\nc\"," REST "}",
			    &value),
		0);
	assert_string_equal(
		cJSON_GetStringValue(cJSON_GetObjectItem(value, "trouble")),
		"a?[2Jb?c");
	cJSON_Delete(value);
}

static void CTL_02_what_makes_no_sense_is_no_answer(void **state)
{
	static const char *const texts[] = {
		"",
		"no",
		"[]",
		"{}",
		"{\"pid\":7}",
		BEGIN REST "}",
		BEGIN "\"trouble\":7," REST "}",
		"{\"pid\":-1,\"version\":\"\",\"source\":\"\",\"trouble\":null," REST
		"}",
		"{\"pid\":\"7\",\"version\":\"\",\"source\":\"\",\"trouble\":null," REST
		"}",
		BEGIN "\"trouble\":null," REST,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		cJSON *value = (cJSON *)texts;

		assert_int_equal(daemon_read(texts[i], &value), 0);
		assert_null(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(CTL_02_an_answer_is_kept_as_far_as_it_is_known),
		TEST(CTL_02_no_terminal_obeys_it),
		TEST(CTL_02_what_makes_no_sense_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

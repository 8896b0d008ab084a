// SPDX-License-Identifier: GPL-2.0
/* Addresses, ranges and places as people write them. */
#include "unit.h"

static void assert_address(const char *text, const char *again)
{
	struct nf_svc_addr value = addr(text);
	char written[NF_SVC_ADDR_TEXT];

	assert_string_equal(nf_svc_addr_format(&value, written), again);
}

static const char *refused(const char *text)
{
	struct nf_svc_addr value;
	const char *why = NULL;

	assert_int_equal(nf_svc_addr_parse(text, &value, &why), -EINVAL);
	assert_non_null(why);
	return why;
}

static void addresses(void **state)
{
	(void)state;
	assert_address("10.96.0.1", "10.96.0.1");
	assert_address("0.0.0.0", "0.0.0.0");
	assert_address("fd00:0:0::0001", "fd00::1");
	assert_address("FD00::A", "fd00::a");
	assert_int_equal(addr("1.2.3.4").family, NFPROTO_IPV4);
	assert_int_equal(addr("::1").family, NFPROTO_IPV6);
	/* bytes that the family does not use are 0: addresses are compared whole */
	assert_int_equal(addr("1.2.3.4").bytes[4], 0);
}

static void FE_11_leading_zeros_are_refused(void **state)
{
	static const char *const wrong[] = { "010.96.0.1", "10.096.0.1",
					     "10.96.0.01", "10.96.00.1",
					     "0010.1.1.1" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_non_null(strstr(refused(wrong[i]), "leading zeros"));
}

static void FE_11_odd_addresses_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"10",
		"10.96.1",
		"10.96.0.1.2",
		"10.96.0.256",
		" 10.96.0.1",
		"10.96.0.1 ",
		"0x0a.96.0.1",
		"fd00::1%eth0",
		"fd00",
		"fd00:::1",
		"1.2.3.4/32",
		"[fd00::1]",
		"localhost",
		"::ffff:10.0.0.1",
		"-1.2.3.4",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		refused(wrong[i]);
	assert_non_null(strstr(refused("::ffff:10.0.0.1"), "IPv4"));
	assert_non_null(strstr(refused("fe80::1%eth0"), "zone"));
}

static void ranges(void **state)
{
	char text[NF_SVC_CIDR_TEXT];
	struct nf_svc_cidr value;
	const char *why;

	(void)state;
	value = cidr("10.244.0.0/16");
	assert_string_equal(nf_svc_cidr_format(&value, text), "10.244.0.0/16");
	value = cidr("10.244.1.1");
	assert_string_equal(nf_svc_cidr_format(&value, text), "10.244.1.1/32");
	value = cidr("::/0");
	assert_string_equal(nf_svc_cidr_format(&value, text), "::/0");
	/* what was meant is there, so that it can be told */
	assert_int_equal(nf_svc_cidr_parse("10.244.1.1/17", &value, &why),
			 -EDOM);
	assert_string_equal(nf_svc_cidr_format(&value, text), "10.244.0.0/17");
	assert_int_equal(nf_svc_cidr_parse("fd00::1/64", &value, &why), -EDOM);
	assert_string_equal(nf_svc_cidr_format(&value, text), "fd00::/64");
	assert_int_equal(nf_svc_cidr_parse("10.0.0.0/33", &value, &why),
			 -EINVAL);
	assert_int_equal(nf_svc_cidr_parse("10.0.0.0/", &value, &why), -EINVAL);
	assert_int_equal(nf_svc_cidr_parse("10.0.0.0/08", &value, &why),
			 -EINVAL);
	assert_int_equal(nf_svc_cidr_parse("fd00::/129", &value, &why),
			 -EINVAL);
}

static void range_contains(void **state)
{
	struct nf_svc_cidr range = cidr("10.244.128.0/17"),
			   all = cidr("0.0.0.0/0");
	struct nf_svc_addr in = addr("10.244.255.255"),
			   out = addr("10.244.127.255"), six = addr("fd00::1");

	(void)state;
	assert_true(nf_svc_cidr_contains(&range, &in));
	assert_false(nf_svc_cidr_contains(&range, &out));
	assert_true(nf_svc_cidr_contains(&all, &out));
	assert_false(nf_svc_cidr_contains(&all, &six));
}

static void places(void **state)
{
	struct nf_svc_place place;
	const char *why;

	(void)state;
	assert_int_equal(nf_svc_place_parse("10.96.0.1:80", &place, &why), 0);
	assert_int_equal(place.port, 80);
	assert_int_equal(place.protocol, IPPROTO_TCP);
	assert_false(place.has_protocol);
	assert_int_equal(nf_svc_place_parse("[fd00::1]:53/udp", &place, &why),
			 0);
	assert_int_equal(place.addr.family, NFPROTO_IPV6);
	assert_int_equal(place.port, 53);
	assert_int_equal(place.protocol, IPPROTO_UDP);
	assert_true(place.has_protocol);
	assert_int_equal(nf_svc_place_parse("fd00::1", &place, &why), 0);
	assert_int_equal(place.port, 0);
	assert_int_equal(nf_svc_place_parse("*:30080", &place, &why), 0);
	assert_int_equal(place.addr.family, 0);
	assert_int_equal(place.port, 30080);
	assert_int_equal(nf_svc_place_parse("10.0.0.1/47", &place, &why), 0);
	assert_int_equal(place.protocol, 47);
}

static void places_refused(void **state)
{
	static const char *const wrong[] = {
		"10.0.0.1:0",	   "10.0.0.1:65536",
		"10.0.0.1:080",	   "10.0.0.1:80/",
		"10.0.0.1:80/tpc", "10.0.0.1:",
		"[10.0.0.1]:80",   "[fd00::1:80",
		"[fd00::1]80",	   "10.0.0.1:80:80",
		"10.0.0.1:80/256", "10.0.0.1:+80",
		"fd00::1]:80",	   "",
	};
	struct nf_svc_place place;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		const char *why = NULL;

		if (!nf_svc_place_parse(wrong[i], &place, &why))
			fail_msg("%s was taken", wrong[i]);
		assert_non_null(why);
	}
}

static void places_written(void **state)
{
	struct nf_svc_addr four = addr("10.0.0.1"), six = addr("fd00::1"),
			   any = { 0 };
	char text[NF_SVC_PLACE_TEXT];

	(void)state;
	assert_string_equal(nf_svc_addr_port_format(&four, 80, text),
			    "10.0.0.1:80");
	assert_string_equal(nf_svc_addr_port_format(&six, 80, text),
			    "[fd00::1]:80");
	assert_string_equal(nf_svc_addr_port_format(&any, 30080, text),
			    "*:30080");
}

static void EP_10_unusable_addresses(void **state)
{
	static const char *const wrong[][2] = {
		{ "127.0.0.1", "loopback" },
		{ "169.254.169.254", "link-local" },
		{ "224.0.0.1", "multicast" },
		{ "239.255.255.255", "multicast" },
		{ "0.0.0.0", "unspecified" },
		{ "255.255.255.255", "broadcast" },
		{ "::1", "loopback" },
		{ "fe80::1", "link-local" },
		{ "febf::1", "link-local" },
		{ "ff02::1", "multicast" },
		{ "::", "unspecified" },
	};
	struct nf_svc_addr value;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		value = addr(wrong[i][0]);
		assert_string_equal(nf_svc_addr_unusable(&value), wrong[i][1]);
	}
	value = addr("10.244.0.1");
	assert_null(nf_svc_addr_unusable(&value));
	value = addr("fec0::1");
	assert_null(nf_svc_addr_unusable(&value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(addresses),
		TEST(FE_11_leading_zeros_are_refused),
		TEST(FE_11_odd_addresses_are_refused),
		TEST(ranges),
		TEST(range_contains),
		TEST(places),
		TEST(places_refused),
		TEST(places_written),
		TEST(EP_10_unusable_addresses),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}

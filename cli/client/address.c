// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "words.h"

size_t nf_svc_addr_size(uint8_t family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return 4;
	case NFPROTO_IPV6:
		return 16;
	default:
		return 0;
	}
}

/* A part of an IPv4 address that begins with 0 and goes on. */
static bool leading_zero(const char *text)
{
	const char *p = text;

	while (*p) {
		if (p[0] == '0' && p[1] >= '0' && p[1] <= '9')
			return true;
		p += strspn(p, "0123456789");
		if (*p)
			p++;
	}
	return false;
}

int nf_svc_addr_parse(const char *text, struct nf_svc_addr *addr,
		      const char **why)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	memset(addr, 0, sizeof(*addr));
	if (strchr(text, ':')) {
		if (strchr(text, '%')) {
			*why = "an address with a zone (%) means something on one link only";
			return -EINVAL;
		}
		if (inet_pton(AF_INET6, text, addr->bytes) != 1) {
			*why = "not an IPv6 address";
			return -EINVAL;
		}
		if (!memcmp(addr->bytes, mapped, sizeof(mapped))) {
			*why = "an IPv4 address written as IPv6; write it as IPv4";
			return -EINVAL;
		}
		addr->family = NFPROTO_IPV6;
		return 0;
	}
	if (inet_pton(AF_INET, text, addr->bytes) != 1) {
		memset(addr, 0, sizeof(*addr));
		if (*text && !text[strspn(text, "0123456789.")] &&
		    leading_zero(text))
			*why = "leading zeros, which some programs read as octal; write it without them";
		else
			*why = "not an IP address";
		return -EINVAL;
	}
	addr->family = NFPROTO_IPV4;
	return 0;
}

int nf_svc_number_parse(const char *text, uint32_t min, uint32_t max,
			uint32_t *number)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t value = 0;

	if (!digits || text[digits] || digits > 10 ||
	    (digits > 1 && text[0] == '0'))
		return -EINVAL;
	for (; *text; text++)
		value = value * 10 + (uint64_t)(*text - '0');
	if (value < min || value > max)
		return -EINVAL;
	*number = (uint32_t)value;
	return 0;
}

/* The bits of @addr past @prefix are cleared; were there any? */
static bool clear_host_bits(struct nf_svc_addr *addr, unsigned int prefix)
{
	size_t size = nf_svc_addr_size(addr->family);
	bool any = false;

	for (size_t i = 0; i < size; i++) {
		unsigned int kept =
			prefix > i * 8 ? prefix - (unsigned int)i * 8 : 0;
		uint8_t mask = kept >= 8 ? 0xff : (uint8_t)(0xff00 >> kept);

		if (addr->bytes[i] & (uint8_t)~mask)
			any = true;
		addr->bytes[i] &= mask;
	}
	return any;
}

int nf_svc_cidr_parse(const char *text, struct nf_svc_cidr *cidr,
		      const char **why)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char address[NF_SVC_ADDR_TEXT];
	uint32_t bits, prefix;
	int ret;

	if (len >= sizeof(address)) {
		*why = "too long for a CIDR";
		return -EINVAL;
	}
	memcpy(address, text, len);
	address[len] = '\0';
	ret = nf_svc_addr_parse(address, &cidr->addr, why);
	if (ret)
		return ret;
	bits = (uint32_t)nf_svc_addr_size(cidr->addr.family) * 8;
	prefix = bits;
	if (slash && nf_svc_number_parse(slash + 1, 0, bits, &prefix)) {
		*why = bits == 32 ? "the prefix is a number from 0 to 32" :
				    "the prefix is a number from 0 to 128";
		return -EINVAL;
	}
	cidr->prefix = (uint8_t)prefix;
	if (clear_host_bits(&cidr->addr, prefix)) {
		*why = "bits are set past the prefix; write the first address of the range";
		return -EDOM;
	}
	return 0;
}

static int protocol_parse(const char *text, struct nf_svc_place *place,
			  const char **why)
{
	uint32_t value;

	if (!nf_svc_word_value(nf_svc_protocols, text, &value) &&
	    nf_svc_number_parse(text, 0, 255, &value)) {
		*why = "after the / a protocol is expected: tcp, udp or sctp";
		return -EINVAL;
	}
	place->protocol = (uint8_t)value;
	place->has_protocol = true;
	return 0;
}

int nf_svc_place_parse(const char *text, struct nf_svc_place *place,
		       const char **why)
{
	char copy[NF_SVC_PLACE_TEXT + 8];
	char *address = copy, *port = NULL, *slash, *bracket;
	uint32_t number;

	memset(place, 0, sizeof(*place));
	place->protocol = IPPROTO_TCP;
	if (strlen(text) >= sizeof(copy)) {
		*why = "too long for IP:PORT/PROTOCOL";
		return -EINVAL;
	}
	strcpy(copy, text);
	slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	if (*copy == '[') {
		bracket = strchr(copy, ']');
		if (!bracket || (bracket[1] && bracket[1] != ':')) {
			*why = "an IPv6 address with a port is written [ADDRESS]:PORT";
			return -EINVAL;
		}
		*bracket = '\0';
		address = copy + 1;
		port = bracket[1] ? bracket + 2 : NULL;
		if (!strchr(address, ':')) {
			*why = "only IPv6 addresses stand in brackets";
			return -EINVAL;
		}
	} else if (strchr(copy, ':') &&
		   strchr(copy, ':') == strrchr(copy, ':')) {
		port = strchr(copy, ':');
		*port++ = '\0';
	}
	if (strcmp(address, "*") &&
	    nf_svc_addr_parse(address, &place->addr, why))
		return -EINVAL;
	if (port) {
		if (nf_svc_number_parse(port, 1, 65535, &number)) {
			*why = "the port is a number from 1 to 65535";
			return -EINVAL;
		}
		place->port = (uint16_t)number;
	}
	return slash ? protocol_parse(slash + 1, place, why) : 0;
}

char *nf_svc_addr_format(const struct nf_svc_addr *addr, char *text)
{
	int family = addr->family == NFPROTO_IPV6 ? AF_INET6 : AF_INET;

	if (!addr->family ||
	    !inet_ntop(family, addr->bytes, text, NF_SVC_ADDR_TEXT))
		strcpy(text, "*");
	return text;
}

char *nf_svc_cidr_format(const struct nf_svc_cidr *cidr, char *text)
{
	char address[NF_SVC_ADDR_TEXT];

	snprintf(text, NF_SVC_CIDR_TEXT, "%s/%u",
		 nf_svc_addr_format(&cidr->addr, address),
		 (unsigned int)cidr->prefix);
	return text;
}

char *nf_svc_addr_port_format(const struct nf_svc_addr *addr, uint16_t port,
			      char *text)
{
	bool six = addr->family == NFPROTO_IPV6;
	char address[NF_SVC_ADDR_TEXT];

	snprintf(text, NF_SVC_PLACE_TEXT, "%s%s%s:%u", six ? "[" : "",
		 nf_svc_addr_format(addr, address), six ? "]" : "",
		 (unsigned int)port);
	return text;
}

int nf_svc_addr_compare(const struct nf_svc_addr *a,
			const struct nf_svc_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool nf_svc_cidr_contains(const struct nf_svc_cidr *cidr,
			  const struct nf_svc_addr *addr)
{
	struct nf_svc_addr first = *addr;

	if (cidr->addr.family != addr->family)
		return false;
	clear_host_bits(&first, cidr->prefix);
	return !nf_svc_addr_compare(&first, &cidr->addr);
}

bool nf_svc_cidrs_contain(const struct nf_svc_cidr *cidrs, size_t n,
			  const struct nf_svc_addr *addr)
{
	for (size_t i = 0; i < n; i++) {
		if (nf_svc_cidr_contains(&cidrs[i], addr))
			return true;
	}
	return false;
}

const char *nf_svc_addr_unusable(const struct nf_svc_addr *addr)
{
	static const uint8_t zero[16], loopback6[16] = { [15] = 1 };
	const uint8_t *b = addr->bytes;

	if (addr->family == NFPROTO_IPV4) {
		if (b[0] == 127)
			return "loopback";
		if (b[0] == 169 && b[1] == 254)
			return "link-local";
		if (b[0] == 255 && b[1] == 255 && b[2] == 255 && b[3] == 255)
			return "broadcast";
		if (b[0] >= 224 && b[0] < 240)
			return "multicast";
		return b[0] ? NULL : "unspecified";
	}
	if (!memcmp(b, loopback6, sizeof(loopback6)))
		return "loopback";
	if (b[0] == 0xfe && (b[1] & 0xc0) == 0x80)
		return "link-local";
	if (b[0] == 0xff)
		return "multicast";
	return memcmp(b, zero, sizeof(zero)) ? NULL : "unspecified";
}

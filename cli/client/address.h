/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses, prefixes and ports: between text and bytes. */
#ifndef NF_SVC_CLIENT_ADDRESS_H
#define NF_SVC_CLIENT_ADDRESS_H

#include <netinet/in.h>
/* after netinet/in.h, whose definitions it then leaves alone */
#include <linux/netfilter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the longest text of each kind, with its NUL. */
#define NF_SVC_ADDR_TEXT 48
#define NF_SVC_CIDR_TEXT (NF_SVC_ADDR_TEXT + 4)
#define NF_SVC_PLACE_TEXT (NF_SVC_ADDR_TEXT + 16)

/**
 * struct nf_svc_addr - an IP address
 * @family: NFPROTO_IPV4, NFPROTO_IPV6, or 0: no address
 * @bytes: network byte order; what the family does not use is 0
 */
struct nf_svc_addr {
	uint8_t family;
	uint8_t bytes[16];
};

/**
 * struct nf_svc_cidr - a range of addresses
 * @addr: its first address
 * @prefix: bits that all of its addresses share
 */
struct nf_svc_cidr {
	struct nf_svc_addr addr;
	uint8_t prefix;
};

/**
 * struct nf_svc_place - an address, a port and a protocol, as people write it
 * @addr: family 0 where the text has "*" for the address
 * @port: host byte order, 0: none was given
 * @protocol: IPPROTO_*
 * @has_protocol: the text names a protocol
 */
struct nf_svc_place {
	struct nf_svc_addr addr;
	uint16_t port;
	uint8_t protocol;
	bool has_protocol;
};

/**
 * nf_svc_addr_size - bytes of an address of a family
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 *
 * Return: 4 or 16, 0 for any other family.
 */
size_t nf_svc_addr_size(uint8_t family);

/**
 * nf_svc_addr_parse - read an address
 * @text: "10.96.0.1" or "fd00::1". Leading zeros in an IPv4 address, IPv4
 *	addresses in IPv6 clothes, zones and anything shorter are refused: what
 *	other programs could read as another address is none.
 * @addr: where it goes
 * @why: set to a constant text on failure
 *
 * Return: 0 or -EINVAL.
 */
int nf_svc_addr_parse(const char *text, struct nf_svc_addr *addr,
		      const char **why);

/**
 * nf_svc_cidr_parse - read ADDRESS/PREFIX
 * @text: a plain address is the range of that address alone
 * @cidr: where it goes
 * @why: set to a constant text on failure
 *
 * Return: 0, -EINVAL, or -EDOM: bits are set past the prefix, and @cidr is the
 * range that was meant.
 */
int nf_svc_cidr_parse(const char *text, struct nf_svc_cidr *cidr,
		      const char **why);

/**
 * nf_svc_place_parse - read ADDRESS[:PORT][/PROTOCOL]
 * @text: an IPv6 address with a port stands in brackets; "*" for the address
 *	means every address of the node
 * @place: where it goes; the protocol is TCP where none is given
 * @why: set to a constant text on failure
 *
 * PROTOCOL is tcp, udp, sctp, icmp, icmpv6 or a number to 255.
 *
 * Return: 0 or -EINVAL.
 */
int nf_svc_place_parse(const char *text, struct nf_svc_place *place,
		       const char **why);

/**
 * nf_svc_number_parse - read a decimal number
 * @text: digits only, without leading zeros
 * @min: smallest allowed
 * @max: largest allowed
 * @number: where it goes
 *
 * Return: 0 or -EINVAL.
 */
int nf_svc_number_parse(const char *text, uint32_t min, uint32_t max,
			uint32_t *number);

/**
 * nf_svc_addr_format - write an address as text
 * @addr: family 0 gives "*"
 * @text: NF_SVC_ADDR_TEXT bytes
 *
 * Return: @text.
 */
char *nf_svc_addr_format(const struct nf_svc_addr *addr, char *text);

/**
 * nf_svc_cidr_format - write a range as text
 * @cidr: the range
 * @text: NF_SVC_CIDR_TEXT bytes
 *
 * Return: @text.
 */
char *nf_svc_cidr_format(const struct nf_svc_cidr *cidr, char *text);

/**
 * nf_svc_addr_port_format - write an address and a port as text
 * @addr: family 0 gives "*"
 * @port: host byte order
 * @text: NF_SVC_PLACE_TEXT bytes
 *
 * Return: @text: "10.96.0.1:80", "[fd00::1]:80" or "*:30080".
 */
char *nf_svc_addr_port_format(const struct nf_svc_addr *addr, uint16_t port,
			      char *text);

/**
 * nf_svc_addr_compare - order of addresses
 * @a: one
 * @b: other
 *
 * Return: less than, equal to or more than 0, by family and then by bytes.
 */
int nf_svc_addr_compare(const struct nf_svc_addr *a,
			const struct nf_svc_addr *b);

/**
 * nf_svc_cidr_contains - is an address in a range?
 * @cidr: the range
 * @addr: the address
 */
bool nf_svc_cidr_contains(const struct nf_svc_cidr *cidr,
			  const struct nf_svc_addr *addr);

/**
 * nf_svc_cidrs_contain - is an address in one of several ranges?
 * @cidrs: the ranges
 * @n: how many
 * @addr: the address
 */
bool nf_svc_cidrs_contain(const struct nf_svc_cidr *cidrs, size_t n,
			  const struct nf_svc_addr *addr);

/**
 * nf_svc_addr_unusable - why an address cannot be a backend
 * @addr: the address
 *
 * Return: a constant word ("loopback", "link-local", "multicast",
 * "unspecified", "broadcast") or NULL: it can.
 */
const char *nf_svc_addr_unusable(const struct nf_svc_addr *addr);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of the client: messages, and how they come and go. */
#ifndef NF_SVC_CLIENT_WIRE_H
#define NF_SVC_CLIENT_WIRE_H

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include "client.h"

/* One sendmsg() carries up to this many bytes of messages. */
#define NF_SVC_CHUNK (64 * 1024)
/* The longest message, and what is received at a time. */
#define NF_SVC_MESSAGE_MAX (32 * 1024)
#define NF_SVC_RECEIVE_MAX (256 * 1024)
/* Bytes before the value of an attribute. */
#define NF_SVC_ATTR_HEAD sizeof(struct nlattr)
/* A message without its backends fits into this. */
#define NF_SVC_MESSAGE_HEAD 1024

/**
 * struct nf_svc_client - one socket
 * @sock: connected, extended acks on
 * @fd: of @sock
 * @family: number of the generic netlink family
 * @seq: sequence number of the last message
 * @in_tx: a transaction is open
 * @refused: a message of the transaction was refused
 * @overrun: answers to its messages were lost
 * @steps: messages of the transaction so far
 * @tx_seq: sequence number before that of its first message
 * @first: why, if @refused
 * @out: messages of the transaction that are still to be sent
 * @out_len: bytes there
 * @keeps: remember messages in @kept
 * @kept: messages that nf_svc_tx_replay() has not seen, or NULL
 * @kept_len: bytes there
 * @kept_room: bytes that it has room for
 * @in: NF_SVC_RECEIVE_MAX bytes for what is received
 * @told: there, the next message of a group; NULL: none has come
 * @told_len: bytes from there on
 */
struct nf_svc_client {
	struct nl_sock *sock;
	int fd;
	int family;
	uint32_t seq;
	bool in_tx;
	bool refused;
	bool overrun;
	uint32_t steps;
	uint32_t tx_seq;
	struct nf_svc_error first;
	uint8_t *out;
	size_t out_len;
	bool keeps;
	uint8_t *kept;
	size_t kept_len;
	size_t kept_room;
	uint8_t *in;
	struct nlmsghdr *told;
	int told_len;
};

/**
 * nf_svc_reader - takes one message of an answer
 * @nlh: the message; its generic netlink header is there
 * @arg: whatever it was given
 *
 * Return: 0, or a negative errno, which ends the reading.
 */
typedef int (*nf_svc_reader)(struct nlmsghdr *nlh, void *arg);

/**
 * nf_svc_message_new - a message for the module
 * @client: whose sequence number grows
 * @cmd: enum nf_svc_commands
 * @flags: NLM_F_* beside NLM_F_REQUEST
 * @size: bytes of room
 *
 * Return: the message, nlmsg_free() it, or NULL: no memory.
 */
struct nl_msg *nf_svc_message_new(struct nf_svc_client *client, uint8_t cmd,
				  int flags, size_t size);

/**
 * nf_svc_ask - send a request and read its answer to the end
 * @client: the client
 * @msg: the request; freed, also on failure; NULL is answered with ENOMEM
 * @reader: takes each message of the answer, or NULL
 * @arg: for @reader
 * @error: on failure; -EINTR and NF_SVC_ERROR_INTERRUPTED: an interrupted dump
 */
int nf_svc_ask(struct nf_svc_client *client, struct nl_msg *msg,
	       nf_svc_reader reader, void *arg, struct nf_svc_error *error);

/**
 * nf_svc_send - hand bytes to the kernel, which works on them before this returns
 * @client: the client
 * @bytes: whole messages
 * @len: how many bytes
 * @error: on failure
 */
int nf_svc_send(struct nf_svc_client *client, const void *bytes, size_t len,
		struct nf_svc_error *error);

/**
 * nf_svc_receive - read what the kernel sent
 * @client: the client; @in holds it
 * @flags: MSG_DONTWAIT or 0
 * @error: on failure
 *
 * Return: bytes, or a negative errno; -EAGAIN: nothing there, @error untouched.
 */
int nf_svc_receive(struct nf_svc_client *client, int flags,
		   struct nf_svc_error *error);

/**
 * nf_svc_dump_again - should an interrupted read be tried again?
 * @tries: how often it was read until now; grows
 * @ret: what the last read returned
 * @error: says so if it was too often
 */
bool nf_svc_dump_again(unsigned int *tries, int ret,
		       struct nf_svc_error *error);

/**
 * nf_svc_attrs_parse - find the attributes of a message of the module
 * @nlh: the message
 * @attrs: NF_SVC_A_MAX + 1 pointers
 *
 * Attributes that this program does not know are passed over.
 *
 * Return: 0 or -EBADMSG.
 */
int nf_svc_attrs_parse(struct nlmsghdr *nlh, struct nlattr **attrs);

/**
 * nf_svc_attr_u32 - a number, or its default
 * @attr: NULL: the attribute is not there
 * @missing: returned then
 */
uint32_t nf_svc_attr_u32(const struct nlattr *attr, uint32_t missing);

/**
 * nf_svc_attr_u64 - a number, or 0
 * @attr: NULL: the attribute is not there
 */
uint64_t nf_svc_attr_u64(const struct nlattr *attr);

/**
 * nf_svc_attr_string - copy a string, cut to fit
 * @attr: NULL: the attribute is not there, and the string is empty
 * @text: where it goes
 * @size: room there
 */
void nf_svc_attr_string(const struct nlattr *attr, char *text, size_t size);

/**
 * nf_svc_attr_addr - read an address
 * @attr: NULL: the attribute is not there, and the family is 0
 * @addr: where it goes
 *
 * Return: 0 or -EBADMSG: neither 4 nor 16 bytes.
 */
int nf_svc_attr_addr(const struct nlattr *attr, struct nf_svc_addr *addr);

/**
 * nf_svc_attr_cidr - read a range
 * @attr: a nest of enum nf_svc_cidr_attrs
 * @cidr: where it goes
 *
 * Return: 0 or -EBADMSG.
 */
int nf_svc_attr_cidr(struct nlattr *attr, struct nf_svc_cidr *cidr);

/**
 * nf_svc_attr_backend - read a backend
 * @attr: a nest of enum nf_svc_backend_attrs
 * @backend: where it goes
 *
 * Return: 0 or -EBADMSG.
 */
int nf_svc_attr_backend(struct nlattr *attr, struct nf_svc_backend *backend);

/**
 * nf_svc_attr_rule - read a rule
 * @attr: a nest of enum nf_svc_rule_attrs
 * @class: where its class goes
 * @rule: where the rest goes
 *
 * Return: 0 or -EBADMSG.
 */
int nf_svc_attr_rule(struct nlattr *attr, uint32_t *class,
		     struct nf_svc_rule *rule);

/**
 * nf_svc_put_key - add a service's key to a message
 * @msg: the message
 * @key: the key
 *
 * Return: 0 or negative: no room. So do all nf_svc_put_* functions.
 */
int nf_svc_put_key(struct nl_msg *msg, const struct nf_svc_key *key);

/**
 * nf_svc_put_flags - add FLAGS to a message
 * @msg: the message
 * @flags: of enum nf_svc_flags; 0 adds nothing
 */
int nf_svc_put_flags(struct nl_msg *msg, uint32_t flags);

/**
 * nf_svc_put_addr - add an address
 * @msg: the message
 * @type: attribute
 * @addr: the address
 */
int nf_svc_put_addr(struct nl_msg *msg, int type,
		    const struct nf_svc_addr *addr);

/**
 * nf_svc_put_cidr - add a range
 * @msg: the message
 * @type: attribute
 * @cidr: the range
 */
int nf_svc_put_cidr(struct nl_msg *msg, int type,
		    const struct nf_svc_cidr *cidr);

/**
 * nf_svc_service_read - read a SERVICE_SET message
 * @nlh: the message
 * @service: where it goes; nf_svc_service_clean() it after success
 *
 * Return: 0, -EBADMSG or -ENOMEM. So do the next two.
 */
int nf_svc_service_read(struct nlmsghdr *nlh, struct nf_svc_service *service);

/**
 * nf_svc_backends_read - append the backends of a BACKEND_SET message
 * @attrs: its attributes
 * @nlh: the message
 * @service: gets them
 */
int nf_svc_backends_read(struct nlmsghdr *nlh, struct nf_svc_service *service);

/**
 * nf_svc_frontend_read - read a FRONTEND_SET message
 * @nlh: the message
 * @frontend: where it goes; its ranges are the caller's after success
 */
int nf_svc_frontend_read(struct nlmsghdr *nlh,
			 struct nf_svc_frontend *frontend);

/**
 * nf_svc_settings_read - read a SETTINGS_SET message
 * @nlh: the message
 * @settings: a struct nf_svc_settings, which gets what is said
 *
 * Return: 0, -EBADMSG or -ENOMEM.
 */
int nf_svc_settings_read(struct nlmsghdr *nlh, void *settings);

/**
 * nf_svc_kept_add - remember a message, if the client keeps them
 * @client: the client
 * @nlh: the message
 *
 * Return: 0 or -ENOMEM.
 */
int nf_svc_kept_add(struct nf_svc_client *client, const struct nlmsghdr *nlh);

/**
 * nf_svc_kept_end - forget what was kept, and keep nothing more
 * @client: the client
 */
void nf_svc_kept_end(struct nf_svc_client *client);

/**
 * nf_svc_tx_queue - queue a message of the transaction
 * @client: has a transaction open
 * @msg: the message; freed, also on failure; NULL is answered with ENOMEM
 * @error: on failure
 */
int nf_svc_tx_queue(struct nf_svc_client *client, struct nl_msg *msg,
		    struct nf_svc_error *error);

/**
 * nf_svc_object_describe - say what a request is about
 * @nlh: the request, as the kernel sent it back
 * @offset: of the attribute at fault from the start of @nlh, 0: unknown
 * @text: where it goes
 * @size: room there
 */
void nf_svc_object_describe(const struct nlmsghdr *nlh, uint32_t offset,
			    char *text, size_t size);

/**
 * nf_svc_attribute_describe - name and value of the attribute at an offset
 * @nlh: the request
 * @offset: from the start of @nlh
 * @error: its attribute and value are filled; left if there is none
 */
void nf_svc_attribute_describe(const struct nlmsghdr *nlh, uint32_t offset,
			       struct nf_svc_error *error);

/**
 * nf_svc_attribute_name - the name of an attribute
 * @nest: attribute whose nest it is in, 0: in none
 * @type: its number
 *
 * Return: a constant text, NULL: no such attribute.
 */
const char *nf_svc_attribute_name(unsigned int nest, unsigned int type);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel for the client: sendto() takes its messages, recvmsg() gives what the
 * script of the test has for them. A test that uses it wraps both, and
 * clock_gettime() and nanosleep().
 */
#ifndef TESTS_UNIT_KERNEL_H
#define TESTS_UNIT_KERNEL_H

#include "client/wire.h"

/**
 * struct kernel - the kernel as the tests have it
 * @inbox: answers that were not read yet
 * @n: how many there are
 * @read: how many of them were read
 * @room: so many answers fit in; 0: any number
 * @congested: one did not fit, and the others are not read yet
 * @overrun: and recvmsg() has not said so yet
 * @messages: messages that came
 * @chunks: calls of sendto()
 * @longest: bytes of the longest chunk
 * @per_cmd: messages by command
 * @backends: BACKENDs that came
 * @refuse: number of the messages that are refused, from 1; 0: none
 * @refuse_from: all from this number on are refused
 * @refuse_with: the errno of these, 0: EINVAL
 * @deaf: number of the message whose refusal is lost, 0: none
 * @stale: BEGINs with a GENERATION get ESTALE
 * @commits: COMMITs that took effect
 * @silent: it does not answer these
 * @refused: a message of the transaction was refused
 * @busy: so many BEGINs get EBUSY
 * @slow: so many BEGINs get EAGAIN, after a tenth of a second
 * @ms: what the clock shows
 * @interrupt: so many dumps are interrupted
 * @schedulers: so many are told by INFO
 * @generation: of INFO
 */
extern struct kernel {
	uint8_t *inbox[4096];
	size_t lens[4096];
	size_t n;
	size_t read;
	size_t room;
	bool congested;
	bool overrun;
	unsigned int messages;
	unsigned int chunks;
	size_t longest;
	unsigned int per_cmd[NF_SVC_CMD_MAX + 1];
	unsigned int backends;
	unsigned int refuse;
	unsigned int refuse_from;
	int refuse_with;
	unsigned int deaf;
	bool stale;
	unsigned int commits;
	bool silent;
	bool refused;
	unsigned int busy;
	unsigned int slow;
	long ms;
	unsigned int interrupt;
	int schedulers;
	uint64_t generation;
} kernel;

/**
 * kernel_client - a client of it, and a new script
 *
 * Return: the client; nf_svc_client_close() it, then kernel_clean().
 */
struct nf_svc_client *kernel_client(void);

/**
 * kernel_clean - throw away what nobody has read
 */
void kernel_clean(void);

#endif

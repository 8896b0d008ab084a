// SPDX-License-Identifier: GPL-2.0
/* svcctl batch: lines of commands, as one transaction. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/array.h"
#include "command.h"
#include "file.h"
#include "transaction.h"

/**
 * struct batch - a batch while it is carried out
 * @text: of the file, ends with NUL; its lines and words are cut apart in it
 * @len: bytes
 * @words: of the line that is being worked on
 * @n_words: how many
 * @place: where it is, and which messages each line sent
 */
struct batch {
	char *text;
	size_t len;
	char **words;
	size_t n_words;
	struct complain_place place;
};

static enum exit_status split(struct batch *batch, char *line)
{
	char *rest = line, *word;

	batch->n_words = 0;
	while ((word = strsep(&rest, " \t\r"))) {
		char **entry;

		if (!*word)
			continue;
		if (*word == '#')
			break;
		entry = nf_svc_array_add(&batch->words, &batch->n_words,
					 sizeof(*entry));
		if (!entry)
			return complain_memory();
		*entry = word;
	}
	return DONE;
}

/* Note that the messages until now are of this line, or lines before it. */
static enum exit_status note_steps(struct svcctl *ctl, struct batch *batch)
{
	struct complain_place *place = &batch->place;
	uint32_t *steps;
	size_t *line;

	line = nf_svc_array_add(&place->lines, &place->n_lines, sizeof(*line));
	steps = line ? nf_svc_array_add(&place->steps, &place->n_steps,
					sizeof(*steps)) :
		       NULL;
	if (!steps)
		return complain_memory();
	*line = place->line;
	*steps = nf_svc_tx_steps(ctl->client);
	return DONE;
}

/* What a shell would take, and a batch does not. */
static enum exit_status check_words(const struct batch *batch)
{
	const char *last = batch->words[batch->n_words - 1];

	if (!strcmp(batch->words[0], "svcctl"))
		return complain(WRONG_USAGE,
				"svcctl: a line begins with add, set or del");
	if (!strcmp(last, "\\"))
		return complain(
			WRONG_USAGE,
			"\\: a line cannot go on in the next one; write it as one");
	for (size_t i = 0; i < batch->n_words; i++) {
		if (strpbrk(batch->words[i], "'\""))
			return complain(
				WRONG_USAGE,
				"%s: no shell takes quotes off here; write it without",
				batch->words[i]);
		if (!strncmp(batch->words[i], "--", 2) ||
		    (!i && *batch->words[i] == '-'))
			return complain(
				WRONG_USAGE,
				"%s: a line takes no options; they stand behind 'svcctl batch' and hold for all lines",
				batch->words[i]);
	}
	return DONE;
}

static enum exit_status run_line(struct svcctl *ctl, struct batch *batch,
				 char *line)
{
	const struct command *command;
	struct nf_svc_error error;
	enum exit_status status;
	struct words words;

	status = split(batch, line);
	if (status || !batch->n_words)
		return status;
	words = (struct words){ .word = batch->words,
				.n = (int)batch->n_words };
	status = check_words(batch);
	if (!status)
		status = command_take(&words, &command);
	if (status)
		return status;
	if (!command->batch)
		return complain(
			WRONG_USAGE,
			"%s: not in a batch; add, set and del may stand there",
			command->verb);
	status = command->run(ctl, &words);
	if (status)
		return status;
	if (nf_svc_tx_replay(ctl->client, ctl->batch, ctl->owner, &error))
		return complain_error(&error);
	return note_steps(ctl, batch);
}

static enum exit_status run_lines(struct svcctl *ctl, struct batch *batch)
{
	char *rest = batch->text, *line;
	enum exit_status status = DONE;

	while (!status && (line = strsep(&rest, "\n"))) {
		batch->place.line++;
		status = run_line(ctl, batch, line);
	}
	return status;
}

static enum exit_status tell(int ret, const struct nf_svc_error *error)
{
	/* what no message is to blame for is of no line */
	if (ret && !error->step)
		complain_where(NULL);
	return transaction_check(ret, error);
}

/*
 * A line is wrong here, while the kernel has yet to see lines before it. What it
 * refuses of these goes first: this line may be wrong for that alone.
 */
static enum exit_status blame(struct svcctl *ctl, enum exit_status status)
{
	struct nf_svc_error error;
	int ret = nf_svc_tx_check(ctl->client, &error);
	bool refused = ret && error.kind == NF_SVC_ERROR_REFUSED;

	complain_release(!refused);
	return refused ? tell(ret, &error) : status;
}

static enum exit_status carry_out(struct svcctl *ctl, struct batch *batch)
{
	struct nf_svc_error error;
	enum exit_status status;
	int ret;

	nf_svc_tx_keep(ctl->client);
	complain_where(&batch->place);
	complain_hold();
	status = run_lines(ctl, batch);
	if (status) {
		status = blame(ctl, status);
	} else {
		complain_release(true);
		ret = ctl->dry_run ?
			      nf_svc_tx_check(ctl->client, &error) :
			      nf_svc_tx_commit(ctl->client, NULL, &error);
		status = tell(ret, &error);
	}
	nf_svc_tx_abort(ctl->client);
	complain_where(NULL);
	return status;
}

/*
 * The tables are read inside of the transaction: others wait for it to end, so
 * that nothing changes under a long batch, however busy they are.
 */
static enum exit_status transact(struct svcctl *ctl, struct batch *batch)
{
	const struct nf_svc_begin begin = {
		.owner = ctl->owner,
		.deadline = nf_svc_deadline(ctl->wait_ms),
	};
	struct nf_svc_snapshot snapshot;
	struct nf_svc_error error;
	enum exit_status status;

	if (nf_svc_tx_begin(ctl->client, &begin, &error))
		return complain_error(&error);
	if (nf_svc_snapshot_read(ctl->client, &snapshot, &error)) {
		nf_svc_tx_abort(ctl->client);
		return complain_error(&error);
	}
	ctl->batch = &snapshot;
	status = carry_out(ctl, batch);
	ctl->batch = NULL;
	nf_svc_snapshot_clean(&snapshot);
	return status;
}

static enum exit_status check_text(struct batch *batch)
{
	const char *nul = memchr(batch->text, '\0', batch->len);
	size_t line = 1;

	if (!nul)
		return DONE;
	for (const char *c = batch->text; c < nul; c++)
		line += *c == '\n';
	return complain(
		WRONG_USAGE,
		"%s:%zu: a NUL byte; a batch is a text of a command a line",
		batch->place.path, line);
}

static enum exit_status run_batch(struct svcctl *ctl, struct words *words)
{
	const char *path = ctl->file ? ctl->file : "-";
	struct batch batch = { .place.path = file_name(path) };
	enum exit_status status = words_end(words);

	if (!status)
		status = file_read(path, &batch.text, &batch.len);
	if (status)
		return status;
	batch.text[batch.len] = '\0';
	status = check_text(&batch);
	if (!status)
		status = svcctl_connect(ctl);
	if (!status)
		status = transact(ctl, &batch);
	free(batch.text);
	free(batch.words);
	free(batch.place.lines);
	free(batch.place.steps);
	return status;
}

const struct command svcctl_batch = {
	.verb = "batch",
	.synopsis = "[-f FILE|-] [--dry-run]",
	.summary = "carry out many commands as one transaction",
	.help = "Reads a command on each line: 'add', 'set' and 'del' with their words, without\n"
		"'svcctl' and without options. All of them are applied at once, or none is: a\n"
		"line that is wrong, or that the kernel refuses, is named, and nothing has\n"
		"changed. Later lines see what earlier lines did. What follows a # at the start\n"
		"of a word is a comment.\n"
		"\n"
		"There is no shell: write *:30080 without quotes.\n"
		"\n"
		"Without -f it reads the standard input, at most 64 MiB. With --dry-run all is\n"
		"checked, by the kernel too, and nothing is changed; what only shows when it is\n"
		"applied, such as a lack of memory, is not found.\n"
		"\n"
		"  add service shop/web:http 10.96.33.7:80\n"
		"  add backend shop/web:http 10.244.1.5:8080   # the first replica\n"
		"  del service shop/old:http\n",
	.options = OPTION_FILE | OPTION_DRY_RUN,
	.run = run_batch,
};

// SPDX-License-Identifier: GPL-2.0
/* svcctl history */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "event.h"
#include "print.h"

static const struct column columns[] = {
	{ "GENERATION", COLUMN_RIGHT },
	{ "WHEN", 0 },
	{ "OWNER", 0 },
	{ "PID", COLUMN_RIGHT },
	{ "COMMAND", 0 },
	{ "CHANGED", 0 },
	{ 0 },
};

static bool add_row(struct table *table, const struct nf_svc_commit *commit)
{
	char when[TIME_TEXT], changed[COUNTS_TEXT];

	return table_row(table) &&
	       table_cell(table, PAINT_KEY, "%llu",
			  (unsigned long long)commit->generation) &&
	       table_cell(table, PAINT_NONE, "%s",
			  time_write(commit->time, false, when)) &&
	       table_cell(table, PAINT_NONE, "%s", commit->writer.owner) &&
	       table_cell(table, PAINT_NONE, "%u", commit->writer.pid) &&
	       table_cell(table, PAINT_NONE, "%s", commit->writer.comm) &&
	       table_cell(table, PAINT_NONE, "%s",
			  counts_write(&commit->counts,
				       commit->settings_changed, changed));
}

static enum exit_status
print_table(struct svcctl *ctl, const struct nf_svc_commit *commits, size_t n)
{
	struct table *table = table_new(ctl, columns);
	bool ok = table;

	for (size_t i = 0; i < n && ok; i++)
		ok = add_row(table, &commits[i]);
	return table_print(table, ok);
}

static enum exit_status print_json(const struct nf_svc_commit *commits,
				   size_t n)
{
	struct array_printer printer;
	bool ok = true;

	array_begin(&printer);
	for (size_t i = 0; i < n && ok; i++)
		ok = array_add(&printer, commit_document(&commits[i]));
	array_end(&printer);
	putchar('\n');
	return ok ? DONE : complain_memory();
}

static enum exit_status run_history(struct svcctl *ctl, struct words *words)
{
	struct nf_svc_commit *commits;
	struct nf_svc_error error;
	enum exit_status status;
	size_t n;

	status = words_end(words);
	if (!status)
		status = svcctl_connect(ctl);
	if (status)
		return status;
	if (nf_svc_history_get(ctl->client, &commits, &n, &error))
		return complain_error(&error);
	if (ctl->output == OUTPUT_JSON)
		status = print_json(commits, n);
	else
		status = print_table(ctl, commits, n);
	free(commits);
	return status;
}

const struct command svcctl_history = {
	.verb = "history",
	.synopsis = "",
	.summary = "show the last commits: when, who, what",
	.help = "The kernel remembers the last 128 commits of the network namespace, oldest\n"
		"first. A commit is the end of a transaction, where all of it takes effect;\n"
		"GENERATION is its number. PID and COMMAND are the process that began the\n"
		"transaction. In CHANGED, + are added, ~ changed and - deleted ones; a commit\n"
		"that left all as it was changed nothing.\n",
	.run = run_history,
};

// SPDX-License-Identifier: GPL-2.0
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "print.h"

static const char *const sequences[] = {
	[PAINT_NONE] = "",	   [PAINT_KEY] = "\033[1m",
	[PAINT_GOOD] = "\033[32m", [PAINT_ODD] = "\033[33m",
	[PAINT_BAD] = "\033[31m",
};

const char *paint_on(const struct svcctl *ctl, enum paint paint)
{
	return ctl->color ? sequences[paint] : "";
}

const char *paint_off(const struct svcctl *ctl)
{
	return ctl->color ? "\033[0m" : "";
}

/**
 * struct table - a table while it is filled
 * @columns: its columns
 * @wide: the wide ones are shown
 * @next: column of the next cell, as in @columns
 * @shown: the same, of those shown
 * @scols: what prints it
 * @line: the row being filled
 */
struct table {
	const struct column *columns;
	bool wide;
	size_t next;
	size_t shown;
	struct libscols_table *scols;
	struct libscols_line *line;
};

static bool is_shown(const struct table *table, const struct column *column)
{
	return table->wide || !(column->flags & COLUMN_WIDE);
}

static bool add_columns(const struct svcctl *ctl, struct table *table)
{
	table->scols = scols_new_table();
	if (!table->scols)
		return false;
	scols_table_enable_colors(table->scols, ctl->color);
	scols_table_enable_noheadings(table->scols, ctl->no_header);
	/* lines are for grep too: never cut or wrapped */
	scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_NEVER);
	for (const struct column *column = table->columns; column->title;
	     column++) {
		int flags = column->flags & COLUMN_RIGHT ? SCOLS_FL_RIGHT : 0;

		if (is_shown(table, column) &&
		    !scols_table_new_column(table->scols, column->title, 0,
					    flags))
			return false;
	}
	return true;
}

struct table *table_new(const struct svcctl *ctl, const struct column *columns)
{
	struct table *table;

	scols_init_debug(0);
	table = calloc(1, sizeof(*table));
	if (!table)
		return NULL;
	table->columns = columns;
	table->wide = ctl->output == OUTPUT_WIDE;
	if (!add_columns(ctl, table)) {
		table_print(table, false);
		return NULL;
	}
	return table;
}

bool table_row(struct table *table)
{
	if (!table)
		return false;
	table->next = 0;
	table->shown = 0;
	table->line = scols_table_new_line(table->scols, NULL);
	return table->line;
}

bool table_cell(struct table *table, enum paint paint, const char *format, ...)
{
	const struct column *column = &table->columns[table->next++];
	struct libscols_cell *cell;
	va_list args;
	char *text;
	int n;

	if (!is_shown(table, column))
		return true;
	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		return false;
	if (scols_line_refer_data(table->line, table->shown, text)) {
		free(text);
		return false;
	}
	cell = scols_line_get_cell(table->line, table->shown++);
	return paint == PAINT_NONE ||
	       !scols_cell_set_color(cell, sequences[paint]);
}

enum exit_status table_print(struct table *table, bool complete)
{
	bool printed = table && complete && !scols_print_table(table->scols);

	if (table)
		scols_unref_table(table->scols);
	free(table);
	return printed ? DONE : complain_memory();
}

void array_begin(struct array_printer *printer)
{
	printer->any = false;
	putchar('[');
}

bool array_add(struct array_printer *printer, cJSON *value)
{
	char *text = value ? cJSON_PrintUnformatted(value) : NULL;

	if (text)
		printf("%s\n%s", printer->any ? "," : "", text);
	printer->any = true;
	cJSON_free(text);
	cJSON_Delete(value);
	return text;
}

void array_end(struct array_printer *printer)
{
	printf("%s]", printer->any ? "\n" : "");
}

enum exit_status json_print(cJSON *value)
{
	char *text = value ? cJSON_PrintUnformatted(value) : NULL;

	if (text)
		puts(text);
	cJSON_free(text);
	cJSON_Delete(value);
	return text ? DONE : complain_memory();
}

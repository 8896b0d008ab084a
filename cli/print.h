/* SPDX-License-Identifier: GPL-2.0 */
/* What is printed: tables, colours, JSON. */
#ifndef SVCCTL_PRINT_H
#define SVCCTL_PRINT_H

#include <cjson/cJSON.h>

#include "svcctl.h"

/**
 * enum paint - colours by what they mean
 */
enum paint {
	PAINT_NONE,
	PAINT_KEY,
	PAINT_GOOD,
	PAINT_ODD,
	PAINT_BAD,
};

/**
 * paint_on - the escape sequence that begins a colour
 * @ctl: says whether there are colours
 * @paint: which
 *
 * Return: a constant text, empty without colours.
 */
const char *paint_on(const struct svcctl *ctl, enum paint paint);

/**
 * paint_off - the escape sequence that ends it
 * @ctl: says whether there are colours
 */
const char *paint_off(const struct svcctl *ctl);

/**
 * enum column_flags - how a column of a table is
 * @COLUMN_RIGHT: to the right, for numbers
 * @COLUMN_WIDE: only with -o wide
 */
enum column_flags {
	COLUMN_RIGHT = 1 << 0,
	COLUMN_WIDE = 1 << 1,
};

/**
 * struct column - one column; a table ends with title NULL
 * @title: its header
 * @flags: enum column_flags
 */
struct column {
	const char *title;
	unsigned int flags;
};

struct table;

/**
 * table_new - a table to be printed
 * @ctl: the run
 * @columns: live longer than the table
 *
 * Return: the table, or NULL: no memory.
 */
struct table *table_new(const struct svcctl *ctl, const struct column *columns);

/**
 * table_row - begin a row
 * @table: the table
 *
 * Return: false: no memory.
 */
bool table_row(struct table *table);

/**
 * table_cell - the next cell of the row
 * @table: the table
 * @paint: its colour
 * @format: printf format of its text
 *
 * One cell for each column, wide ones too, whether they are shown or not.
 *
 * Return: false: no memory.
 */
bool table_cell(struct table *table, enum paint paint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * table_print - print a table and release it
 * @table: the table; NULL: there was no memory for it
 * @complete: all cells were taken
 *
 * Return: DONE, or the exit status after telling that there was no memory.
 */
enum exit_status table_print(struct table *table, bool complete);

/**
 * struct array_printer - prints a JSON array, one element a line
 * @any: an element was printed
 */
struct array_printer {
	bool any;
};

/**
 * array_begin - print the start of an array
 * @printer: reset
 */
void array_begin(struct array_printer *printer);

/**
 * array_add - print an element
 * @printer: the array
 * @value: the element; released; NULL: there was no memory for it
 *
 * Return: false: no memory.
 */
bool array_add(struct array_printer *printer, cJSON *value);

/**
 * array_end - print the end of an array, without a newline
 * @printer: the array
 */
void array_end(struct array_printer *printer);

/**
 * json_print - print a JSON value and a newline
 * @value: released; NULL: there was no memory for it
 *
 * Return: DONE, or the exit status after telling that there was no memory.
 */
enum exit_status json_print(cJSON *value);

#endif

// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "histogram.h"

void histogram_double(struct histogram *histogram, double first, size_t n)
{
	memset(histogram, 0, sizeof(*histogram));
	for (size_t i = 0; i < n && i < HISTOGRAM_MAX; i++) {
		histogram->bounds[histogram->n++] = first;
		first *= 2;
	}
}

static void add_bounds(struct histogram *histogram, double from, double to,
		       double step)
{
	for (double bound = from; bound <= to && histogram->n < HISTOGRAM_MAX;
	     bound += step)
		histogram->bounds[histogram->n++] = bound;
}

void histogram_programming(struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
	add_bounds(histogram, 0.25, 0.5, 0.25);
	add_bounds(histogram, 1, 59, 1);
	add_bounds(histogram, 60, 115, 5);
	add_bounds(histogram, 120, 300, 30);
}

void histogram_add(struct histogram *histogram, double seconds)
{
	size_t i = 0;

	while (i < histogram->n && seconds > histogram->bounds[i])
		i++;
	histogram->counts[i]++;
	histogram->sum += seconds;
	histogram->total++;
}

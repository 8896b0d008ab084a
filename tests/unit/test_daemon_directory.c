// SPDX-License-Identifier: GPL-2.0
/* svcsyncd's directory of manifests, followed with inotify: SYN-06. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"
#include "log.h"

/* What does not happen within so long never does, microseconds. */
#define LIMIT_USEC 10000000

/**
 * struct world - a directory, and the store that it is read into
 * @event: loop
 * @path: the directory
 * @store: the store
 * @report: told by it
 * @directory: the source
 */
static struct world {
	sd_event *event;
	char path[64];
	struct store store;
	struct report report;
	struct directory directory;
} world;

static int begin(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	log_level(LOG_EMERG);
	strcpy(world.path, "/tmp/svcsyncd-unit-XXXXXX");
	world.store.report = &world.report;
	world.store.node_name = "here";
	return mkdtemp(world.path) && sd_event_new(&world.event) >= 0 ? 0 : -1;
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", world.path, name);
	return path;
}

static int end(void **state)
{
	char line[128];

	(void)state;
	directory_close(&world.directory);
	store_clean(&world.store);
	sd_event_unref(world.event);
	snprintf(line, sizeof(line), "rm -rf '%s'", world.path);
	return system(line);
}

static void write_file(const char *name, const char *text)
{
	FILE *out = fopen(path_of(name), "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static void move(const char *from, const char *to)
{
	char old[128];

	strcpy(old, path_of(from));
	assert_int_equal(rename(old, path_of(to)), 0);
}

static void open_directory(void)
{
	assert_int_equal(directory_open(&world.directory, world.event,
					world.path, &world.store),
			 0);
}

/* Is there a Service, as its source has it? */
static bool has(const char *name)
{
	const struct mirror *mirror =
		mirrors_find(&world.store.mirrors, "default", name);

	return mirror && mirror->present;
}

static uint16_t port_of(const char *name)
{
	return has(name) ? mirrors_find(&world.store.mirrors, "default", name)
				   ->service.ports[0]
				   .port :
			   0;
}

/* Let the loop run until a Service has a port; 0: is gone. */
static void wait_for(const char *name, uint16_t port)
{
	uint64_t limit = store_now() + LIMIT_USEC;

	while (port_of(name) != port) {
		assert_true(store_now() < limit);
		assert_true(sd_event_run(world.event, 100000) >= 0);
	}
}

#define WEB(name, port) \
	SERVICE(name, "clusterIP: 10.96.0.1, ports: [{port: " port "}]")

static void names_of_manifests_SYN_06(void **state)
{
	static const char *const good[] = { "a.yaml", "b.yml", "c.json" };
	static const char *const bad[] = {
		".a.yaml.swp", ".a.yaml", "a.yaml~", "#a.yaml#",
		"4913",	       "a.txt",	  ".yaml",   "a.yaml.new",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(directory_is_manifest(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(directory_is_manifest(bad[i]));
}

static void what_is_there_is_a_whole_list_SYN_06(void **state)
{
	(void)state;
	write_file("a.yaml", WEB("a", "80") WEB("b", "81"));
	write_file("notes.txt", WEB("c", "82"));
	open_directory();
	assert_true(has("a") && has("b") && !has("c"));
	for (unsigned int kind = 0; kind < SOURCE_KINDS; kind++)
		assert_true(world.store.synced[kind]);
	assert_true(world.store.no_node);
	assert_false(world.store.incomplete);
}

static void changes_are_followed_SYN_06(void **state)
{
	(void)state;
	write_file("a.yaml", WEB("a", "80") WEB("b", "81"));
	open_directory();
	write_file("a.yaml", WEB("a", "90"));
	wait_for("a", 90);
	assert_false(has("b"));
	write_file(".new", WEB("c", "82"));
	move(".new", "c.yaml");
	wait_for("c", 82);
	unlink(path_of("a.yaml"));
	wait_for("a", 0);
	move("c.yaml", "c.yaml~");
	wait_for("c", 0);
	/* a link is there at once, and nobody closes it */
	assert_int_equal(symlink("c.yaml~", path_of("d.yaml")), 0);
	wait_for("c", 82);
}

static void an_editor_that_moves_the_old_one_away_SYN_06(void **state)
{
	(void)state;
	write_file("a.yaml", WEB("a", "80"));
	write_file("z.yaml", WEB("z", "1"));
	open_directory();
	move("a.yaml", "a.yaml~");
	write_file("z.yaml", WEB("z", "2"));
	/* that the old one went has been heard of by now */
	wait_for("z", 2);
	assert_int_equal(port_of("a"), 80);
	write_file("a.yaml", WEB("a", "81"));
	wait_for("a", 81);
	/* longer than an absence is waited for */
	write_file("y.yaml", WEB("y", "1"));
	wait_for("y", 1);
	unlink(path_of("y.yaml"));
	wait_for("y", 0);
	assert_int_equal(port_of("a"), 81);
}

static void what_is_broken_keeps_what_it_had_SYN_06(void **state)
{
	(void)state;
	write_file("a.yaml", WEB("a", "80"));
	write_file("b.yaml", "kind: [");
	open_directory();
	assert_true(has("a"));
	assert_true(world.store.incomplete);
	assert_int_equal(world.report.counts[REPORT_UNREADABLE], 1);
	write_file("a.yaml", "apiVersion: v1\nkind: {");
	write_file("b.yaml", WEB("b", "81"));
	wait_for("b", 81);
	assert_int_equal(port_of("a"), 80);
	/* of a it is known what it had */
	assert_false(world.store.incomplete);
	assert_int_equal(world.report.counts[REPORT_UNREADABLE], 2);
	write_file("a.yaml", WEB("a", "82"));
	wait_for("a", 82);
}

static void an_object_in_two_files_SYN_06(void **state)
{
	(void)state;
	write_file("a.yaml", WEB("a", "80"));
	write_file("b.yaml", WEB("a", "81"));
	open_directory();
	assert_int_equal(port_of("a"), 80);
	unlink(path_of("a.yaml"));
	wait_for("a", 81);
}

static void lists_and_other_kinds_SYN_06(void **state)
{
	(void)state;
	write_file(
		"a.json",
		"{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": ["
		"{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"a\"}, "
		"\"spec\": {\"clusterIP\": \"10.96.0.1\", \"ports\": [{\"port\": 80}]}},"
		"{\"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\", \"metadata\": {\"name\": \"a\"}}]}");
	write_file(
		"b.yaml",
		"apiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {name: b}\n"
		"  spec: {clusterIP: 10.96.0.2, ports: [{port: 81}]}\n");
	write_file("n.yaml",
		   "apiVersion: v1\nkind: Node\nmetadata: {name: here}\n");
	open_directory();
	assert_int_equal(port_of("a"), 80);
	assert_int_equal(port_of("b"), 81);
	assert_string_equal(world.store.node.name, "here");
	assert_false(world.store.no_node);
}

static void a_directory_that_comes_later_SYN_06(void **state)
{
	(void)state;
	assert_int_equal(rmdir(world.path), 0);
	open_directory();
	assert_false(world.store.synced[SOURCE_SERVICE]);
	assert_non_null(world.store.trouble);
	assert_int_equal(mkdir(world.path, 0755), 0);
	write_file("a.yaml", WEB("a", "80"));
	wait_for("a", 80);
	assert_true(world.store.synced[SOURCE_SERVICE]);
	assert_null(world.store.trouble);
}

int main(void)
{
#define IN_WORLD(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(names_of_manifests_SYN_06),
		IN_WORLD(what_is_there_is_a_whole_list_SYN_06),
		IN_WORLD(changes_are_followed_SYN_06),
		IN_WORLD(an_editor_that_moves_the_old_one_away_SYN_06),
		IN_WORLD(what_is_broken_keeps_what_it_had_SYN_06),
		IN_WORLD(an_object_in_two_files_SYN_06),
		IN_WORLD(lists_and_other_kinds_SYN_06),
		IN_WORLD(a_directory_that_comes_later_SYN_06),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

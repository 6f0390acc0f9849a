/*
 * test_driver_postgresql_server.h - real PostgreSQL servers for the tests of the driver.
 *
 * Everything of a run stands in one temporary folder, in cgroups named after the run, and in mount
 * and network namespaces of its own (so that /run/holdfast and /var/log/holdfast are private). A
 * supervisor cleans all of it up, also when the tests crash.
 */
#ifndef HF_TEST_DRIVER_POSTGRESQL_SERVER_H
#define HF_TEST_DRIVER_POSTGRESQL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "driver/driver.h"

#define SERVER_USER "postgres"

/* Runs the tests in a child with all of the above; returns their exit code. */
int servers_supervise(int (*tests)(void));

/* Request for instance "a" or "b": made and filled on first use, port 5432 on 127.0.0.2 or .3. */
struct hf_driver_request server_request(char name);

/* What the start replied, in order. */
struct server_start {
    int count;
    struct hf_driver_reply first;
    struct hf_driver_reply last;
};
struct server_start server_start(const struct hf_driver_request *request);
struct hf_driver_reply server_stop(const struct hf_driver_request *request, uint32_t mode);

/* Both want it to succeed. */
pid_t server_must_start(const struct hf_driver_request *request);
void server_must_stop(const struct hf_driver_request *request);

bool server_runs(const struct hf_driver_request *request);

/* One value over the Unix socket as the engine's user; "" when there is none. Fails the test when
 * the server says no. */
void server_query(const struct hf_driver_request *request, const char *statement, char *ret,
                  size_t size);

/* Writes a file into the data directory, owned by the engine's user. */
void server_write(const struct hf_driver_request *request, const char *name, const char *text);
bool server_has(const struct hf_driver_request *request, const char *name);
void server_remove(const struct hf_driver_request *request, const char *name);

/* Folder of the run: owned by root, everybody may enter. */
const char *servers_folder(void);

/* A probe in a process of its own; its replies come out of the pipe fd. */
struct server_probe {
    pid_t pid;
    int fd;
};
struct server_probe server_probe(const struct hf_driver_request *request);
void server_probe_end(struct server_probe *probe);

/* The next reply with that status, skipping others; fails the test when none comes in time. */
struct hf_driver_reply server_probe_expect(const struct server_probe *probe, uint32_t status);

/* Runs a program; fails the test when it fails. */
void run(const char *const argv[]);

#endif

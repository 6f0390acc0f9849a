/*
 * endpoint.h - where clients find the databases of a cluster, and the strings that drivers take.
 *
 * A client connects to what moves with the instance: its network name, or its virtual address where
 * no name is stated. Never to a node: another one may run the instance tomorrow. User and password
 * are the client's own and stand in no string.
 */
#ifndef HF_CLI_ENDPOINT_H
#define HF_CLI_ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "core/spec.h"

/* A database of an instance, or an instance for which none is listed. Texts are the
 * specification's own: valid as long as that is. */
struct hf_endpoint {
    const struct hf_instance_spec *instance;
    const struct hf_database_spec *database; /* NULL = none is listed */
    const char *host;                        /* "" = the instance has neither name nor address */
    uint16_t port;                           /* 0 = not known for this kind of engine */
};

enum hf_driver { HF_DRIVER_LIBPQ, HF_DRIVER_JDBC, HF_DRIVER_ODBC, HF_DRIVERS };

/* "libpq", "JDBC", "ODBC" */
const char *hf_driver_word(enum hf_driver driver);

/* The endpoints of all instances (only = NULL), or of one, in the order of the file. The list is
 * the caller's (free); NULL with *ret_count = 0 when there is none, and NULL with *ret_count > 0
 * when memory ran out. */
struct hf_endpoint *hf_endpoints(const struct hf_spec *spec, const char *only, size_t *ret_count);

/* Appends what the driver takes to connect: a URI of libpq (PostgreSQL's documentation, 34.1.1.2),
 * a JDBC URL, an ODBC connection string. Returns NULL, or why there is none, with nothing added. */
const char *hf_endpoint_string(const struct hf_endpoint *endpoint, enum hf_driver driver,
                               struct hf_strbuf *out);

#endif

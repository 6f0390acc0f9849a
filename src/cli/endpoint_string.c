/*
 * What drivers take to connect, with what makes them survive a failover: a new connection is given
 * up after seconds, so that the client tries again; a silent one is noticed by TCP keepalive within
 * about KEEPALIVE_IDLE_S + KEEPALIVE_COUNT * KEEPALIVE_INTERVAL_S; and a server that cannot be
 * written does not count as connected.
 *
 * libpq: https://www.postgresql.org/docs/15/libpq-connect.html
 * pgJDBC: https://jdbc.postgresql.org/documentation/use/
 * psqlODBC: https://odbc.postgresql.org/docs/config.html
 * MariaDB Connector/J, Connector/ODBC: https://mariadb.com/kb/en/about-mariadb-connector-j/,
 * https://mariadb.com/kb/en/about-mariadb-connector-odbc/
 */
#include <string.h>

#include "cli/endpoint.h"

#define CONNECT_S "5"
#define KEEPALIVE_IDLE_S "5"
#define KEEPALIVE_INTERVAL_S "2"
#define KEEPALIVE_COUNT "3"
#define UNACKNOWLEDGED_MS "10000" /* data that was sent into nothing */

/* RFC 3986: whatever is not unreserved. pgJDBC decodes as forms do, so a "+" is encoded as well. */
static void add_encoded(struct hf_strbuf *out, const char *text)
{
    for (; *text; text++) {
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                     (*text >= '0' && *text <= '9') || strchr("-._~", *text);
        if (plain)
            hf_strbuf_add_bytes(out, text, 1);
        else
            hf_strbuf_addf(out, "%%%02X", (unsigned)(unsigned char)*text);
    }
}

/* An IPv6 address stands in brackets. */
static void add_authority(const struct hf_endpoint *e, struct hf_strbuf *out)
{
    bool bracket = strchr(e->host, ':') != NULL;
    hf_strbuf_addf(out, "%s%s%s:%u/", bracket ? "[" : "", e->host, bracket ? "]" : "", e->port);
}

static const char *database(const struct hf_endpoint *e)
{
    return e->database ? e->database->name : "";
}

static const char *libpq_postgresql(const struct hf_endpoint *e, struct hf_strbuf *out)
{
    hf_strbuf_add(out, "postgresql://");
    add_authority(e, out);
    add_encoded(out, database(e));
    hf_strbuf_add(out, "?target_session_attrs=read-write&connect_timeout=" CONNECT_S
                       "&keepalives=1&keepalives_idle=" KEEPALIVE_IDLE_S
                       "&keepalives_interval=" KEEPALIVE_INTERVAL_S
                       "&keepalives_count=" KEEPALIVE_COUNT "&tcp_user_timeout=" UNACKNOWLEDGED_MS);
    return NULL;
}

static const char *jdbc_postgresql(const struct hf_endpoint *e, struct hf_strbuf *out)
{
    hf_strbuf_add(out, "jdbc:postgresql://");
    add_authority(e, out);
    add_encoded(out, database(e));
    hf_strbuf_add(out, "?targetServerType=primary&connectTimeout=" CONNECT_S
                       "&loginTimeout=" CONNECT_S "&tcpKeepAlive=true");
    return NULL;
}

/* The name stands as it is: psqlODBC takes the braces of ODBC's own quoting as a part of it. */
static const char *add_odbc(const struct hf_endpoint *e, const char *driver, struct hf_strbuf *out)
{
    if (strpbrk(database(e), ";{}"))
        return "the name of the database cannot stand in an ODBC connection string; connect to "
               "another one, or state the name in a data source (odbc.ini)";
    hf_strbuf_addf(out, "Driver={%s};Server=%s;Port=%u;", driver, e->host, e->port);
    if (e->database)
        hf_strbuf_addf(out, "Database=%s;", e->database->name);
    return NULL;
}

static const char *odbc_postgresql(const struct hf_endpoint *e, struct hf_strbuf *out)
{
    const char *why = add_odbc(e, "PostgreSQL Unicode", out);
    if (!why)
        hf_strbuf_add(out, "pqopt={target_session_attrs=read-write connect_timeout=" CONNECT_S
                           " keepalives=1 keepalives_idle=" KEEPALIVE_IDLE_S
                           " keepalives_interval=" KEEPALIVE_INTERVAL_S
                           " keepalives_count=" KEEPALIVE_COUNT
                           " tcp_user_timeout=" UNACKNOWLEDGED_MS "};");
    return why;
}

static const char *odbc_mariadb(const struct hf_endpoint *e, struct hf_strbuf *out)
{
    const char *why = add_odbc(e, "MariaDB Unicode", out);
    if (!why)
        hf_strbuf_add(out, "CONN_TIMEOUT=" CONNECT_S ";");
    return why;
}

/* Connector/J takes the name as it stands, up to a question mark; its kin decode it. */
static const char *jdbc_mariadb(const struct hf_endpoint *e, struct hf_strbuf *out)
{
    if (strpbrk(database(e), "?#&/%+"))
        return "the name of the database cannot stand in a JDBC URL of MariaDB; connect without "
               "it, "
               "and select it then (Connection.setCatalog)";
    hf_strbuf_add(out, "jdbc:mariadb://");
    add_authority(e, out);
    hf_strbuf_addf(out,
                   "%s?connectTimeout=" CONNECT_S
                   "000&tcpKeepAlive=true&tcpKeepIdle=" KEEPALIVE_IDLE_S
                   "&tcpKeepInterval=" KEEPALIVE_INTERVAL_S "&tcpKeepCount=" KEEPALIVE_COUNT,
                   database(e));
    return NULL;
}

static const char *none(const struct hf_endpoint *e, struct hf_strbuf *out)
{
    (void)out;
    return e->instance->engine.type == HF_ENGINE_MARIADB
               ? "libpq speaks to PostgreSQL, and its engine is MariaDB"
               : "what its clients speak is not known for engines of this kind";
}

typedef const char *string_fn(const struct hf_endpoint *endpoint, struct hf_strbuf *out);

static string_fn *const strings[][HF_DRIVERS] = {
    [HF_ENGINE_POSTGRESQL] = {libpq_postgresql, jdbc_postgresql, odbc_postgresql},
    [HF_ENGINE_MARIADB] = {none, jdbc_mariadb, odbc_mariadb},
    [HF_ENGINE_OCF] = {none, none, none},
    [HF_ENGINE_SERVICE] = {none, none, none},
};

const char *hf_driver_word(enum hf_driver driver)
{
    static const char *const words[HF_DRIVERS] = {"libpq", "JDBC", "ODBC"};
    return words[driver];
}

const char *hf_endpoint_string(const struct hf_endpoint *endpoint, enum hf_driver driver,
                               struct hf_strbuf *out)
{
    if (!endpoint->host[0])
        return "the instance has no network_name and no address that clients could use; state one "
               "in cluster.yaml";
    return strings[endpoint->instance->engine.type][driver](endpoint, out);
}

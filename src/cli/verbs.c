#include "cli/verbs.h"

#include <string.h>

#define OPTIONS(...)                                                                               \
    (const struct hf_verb_option[])                                                                \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

#define JSON_ANSWER                                                                                \
    {                                                                                              \
        "--json", NULL, NULL, "the daemon's answer as it is"                                       \
    }
#define JSON_DATA                                                                                  \
    {                                                                                              \
        "--json", NULL, NULL, "all of it as JSON"                                                  \
    }
#define FORCE                                                                                      \
    {                                                                                              \
        "--force", "-f", NULL, "also while fewer than a majority of the configured nodes are up"   \
    }
#define ONLY_INSTANCE                                                                              \
    {                                                                                              \
        "--instance", NULL, "INSTANCE", "only what concerns this instance"                         \
    }
#define WAITING                                                                                    \
    {"--no-wait", NULL, NULL, "return when it is accepted"},                                       \
        {"--timeout", NULL, "S",                                                                   \
         "wait at most S seconds (120), then exit with 6; it goes on by itself"},                  \
        FORCE

#define ADMITTED                                                                                   \
    {"--yes", "-y", NULL, "do not ask when a failure would be carried no longer"},                 \
    {                                                                                              \
        "--override-survive", NULL, NULL,                                                          \
            "for an emergency: do it although policy.survive forbids it; holdfastd logs that"      \
    }

#define SETTING_UP                                                                                 \
    {"--node", NULL, "NAME", "this node's name in the cluster"},                                   \
        {"--public", NULL, "ADDRESS", "this node's address in the public network"},                \
        {"--private", NULL, "ADDRESS", "this node's address in the private network"},              \
        {"--timeout", NULL, "S", "wait at most S seconds until it is up (60)"},                    \
    {                                                                                              \
        "--force", NULL, NULL, "replace a former set-up of this node"                              \
    }

static const struct hf_verb verbs[] = {
    {.name = "status",
     .arguments = "[--watch] [--json]",
     .summary = "show nodes, instances and what needs attention",
     .options =
         OPTIONS({"--watch", "-w", NULL, "show it again whenever something changes"}, JSON_ANSWER),
     .run = verb_status},
    {.name = "why",
     .arguments = "INSTANCE [--json]",
     .summary = "tell why an instance is where it is, and what can be done",
     .options = OPTIONS(JSON_ANSWER),
     .words = {"INSTANCE"},
     .run = verb_why},
    {.name = "history",
     .arguments = "[--instance INSTANCE] [-n N] [--json]",
     .summary = "tell what happened, oldest first",
     .options =
         OPTIONS(ONLY_INSTANCE, {"--count", "-n", "N", "the newest N records (50, at most 512)"},
                 JSON_ANSWER),
     .run = verb_history},
    {.name = "demand",
     .arguments = "[--instance INSTANCE] [--per PERIOD] [-n N] [--json]",
     .summary = "tell what instances used, as measured on this node, and what they need",
     .options = OPTIONS(
         {"--instance", NULL, "INSTANCE", "only this instance, its newest 24 rows"},
         {"--per", NULL, "PERIOD", "a row for each minute, hour (unless stated) or day"},
         {"--count", "-n", "N", "the newest N rows of each (1, of one instance 24; at most 512)"},
         JSON_ANSWER),
     .run = verb_demand},
    {.name = "move",
     .arguments = "INSTANCE [NODE] [OPTIONS]",
     .summary = "move an instance to a node, or to the next in line",
     .options = OPTIONS(WAITING, ADMITTED),
     .words = {"INSTANCE", "NODE"},
     .run = verb_move},
    {.name = "online",
     .arguments = "INSTANCE [OPTIONS]",
     .summary = "start an instance and keep it online",
     .options = OPTIONS(WAITING, ADMITTED),
     .words = {"INSTANCE"},
     .run = verb_online},
    {.name = "offline",
     .arguments = "INSTANCE [OPTIONS]",
     .summary = "stop an instance and keep it stopped",
     .options = OPTIONS(WAITING, ADMITTED),
     .words = {"INSTANCE"},
     .run = verb_offline},
    {.name = "drain",
     .arguments = "NODE [OPTIONS]",
     .summary = "move everything off a node, for maintenance",
     .options = OPTIONS(WAITING, ADMITTED),
     .words = {"NODE"},
     .run = verb_drain},
    {.name = "resume",
     .arguments = "NODE [OPTIONS]",
     .summary = "put a drained or quarantined node back into service",
     .options = OPTIONS(WAITING),
     .words = {"NODE"},
     .run = verb_resume},
    {.name = "apply",
     .arguments = "FILE [--dry-run] [--yes] [--force] [--json]",
     .summary = "make the cluster be as the file says",
     .options = OPTIONS({"FILE", NULL, NULL, "cluster.yaml; '-' reads standard input"},
                        {"--dry-run", NULL, NULL, "check the file and tell what would change"},
                        FORCE, ADMITTED, JSON_ANSWER),
     .words = {"FILE"},
     .run = verb_apply},
    {.name = "export",
     .arguments = "",
     .summary = "print the configuration as a file for apply",
     .run = verb_export},
    {.name = "config",
     .arguments = "diff [FILE] FILE [--json]",
     .summary = "tell in what a file differs from the cluster that runs, or from another file",
     .options = OPTIONS({"diff", NULL, NULL, "what is different, and what applying it would do"},
                        {"FILE", NULL, NULL,
                         "a cluster.yaml, '-' for standard input; with two, from the first to the "
                         "second, which needs no cluster"},
                        JSON_DATA),
     .words = {"diff", "FILE"},
     .note = "It exits with 13 when there are differences, with 0 when there are none.",
     .run = verb_config},
    {.name = "databases",
     .arguments = "[set NAME --instance INSTANCE] [OPTIONS]",
     .summary = "list the databases and how to connect to them, or give one another home",
     .options = OPTIONS(
         {"set", NULL, NULL,
          "list the database NAME at --instance from now on; its data is not moved"},
         {"--instance", NULL, "INSTANCE",
          "only what concerns this instance; with set: the new home"},
         {"--from", NULL, "INSTANCE", "with set: the present home, when several list such a name"},
         {"--dry-run", NULL, NULL, "with set: tell what would change"}, FORCE, ADMITTED,
         {"--file", NULL, "FILE",
          "of a cluster.yaml ('-': standard input), not of the cluster that runs"},
         JSON_DATA,
         {"--env", NULL, NULL, "as assignments for a shell: eval \"$(holdfast databases --env)\""},
         {"--libpq", NULL, NULL, "URIs for PostgreSQL's own clients, one a line"},
         {"--jdbc", NULL, NULL, "JDBC URLs, one a line"},
         {"--odbc", NULL, NULL, "ODBC connection strings, one a line"}),
     .words = {"set"},
     .run = verb_databases},
    {.name = "disks",
     .arguments = "[FILE] [--instance INSTANCE | --all] [--facts FILE]... [--json]",
     .summary = "list the disks that nodes share, who sees them, and whose they are",
     .options = OPTIONS(
         {"FILE", NULL, NULL,
          "a cluster.yaml; without it the configuration of the cluster that runs"},
         {"--instance", NULL, "INSTANCE",
          "its own disks, and the free ones that all its possible owners see"},
         {"--all", NULL, NULL, "also what one node alone sees"},
         {"--facts", NULL, "FILE",
          "what `holdfast inspect facts` printed on a node, once for each node; without it the "
          "nodes of the cluster that runs, else this node alone"},
         JSON_DATA),
     .words = {"FILE"},
     .run = verb_disks},
    {.name = "init",
     .arguments = "--cluster NAME --node NAME --public ADDRESS --private ADDRESS [OPTIONS]",
     .summary = "make a new cluster with this node as its first",
     .options = OPTIONS({"--cluster", NULL, "NAME", "one word for the new cluster"}, SETTING_UP,
                        {"--public-subnet", NULL, "NET",
                         "when it is not the one the address is in, as 10.77.0.0/24"},
                        {"--private-subnet", NULL, "NET", "likewise"}),
     .run = verb_init},
    {.name = "node",
     .arguments = "add NAME [--ttl S] [--json]",
     .summary = "let a new node join under this name: a token, and the command to run there",
     .options = OPTIONS(
         {"add", NULL, NULL, "the new node, or one in place of a node that is down"},
         {"--ttl", NULL, "S", "the token is good for S seconds (600, at most 86400)"}, JSON_ANSWER),
     .words = {"add"},
     .run = verb_node},
    {.name = "token",
     .arguments = "[--ttl S] [--json]",
     .summary = "make a token that lets one new node join",
     .options = OPTIONS({"--ttl", NULL, "S", "it is good for S seconds (600, at most 86400)"},
                        JSON_ANSWER),
     .run = verb_token},
    {.name = "join",
     .arguments = "--node NAME --public ADDRESS --private ADDRESS [OPTIONS] < TOKEN",
     .summary = "join this node to a cluster, with a token from holdfast token",
     .options =
         OPTIONS(SETTING_UP, {"--token-file", NULL, "FILE",
                              "read the token from there; otherwise it is asked for, or read from "
                              "standard input"}),
     .run = verb_join},
    {.name = "confirm-fenced",
     .arguments = "NODE [--yes] [--force]",
     .summary = "promise that a lost node is off, so that its instances may start elsewhere",
     .options =
         OPTIONS({"--yes", "-y", NULL, "do not ask; for scripts that have made sure"}, FORCE),
     .words = {"NODE"},
     .run = verb_confirm_fenced},
    {.name = "drill",
     .arguments = "--live INSTANCE [OPTIONS] | --lab FOLDER [OPTIONS] | --report FILE [OPTIONS]",
     .summary = "cause failures on purpose, and report what clients saw",
     .options = OPTIONS(
         {"--live", NULL, NULL,
          "in this cluster: move the instance there and back, kill its engine, drain its node"},
         {"--confirm", NULL, "INSTANCE", "do not ask; the name again, for scripts"},
         {"--connect", NULL, "CONNINFO",
          "how the client that writes connects (libpq); otherwise as postgres to its address"},
         {"--lab", NULL, "FOLDER",
          "every scenario of the checklist, in a lab of its own; FOLDER is that of Holdfast's "
          "sources. What follows -- is for drill/run: --only NAME, --nodes N, --times N, --list"},
         {"--report", NULL, "FILE", "show a report that was written as JSON"},
         {"--html", NULL, "FILE", "write the report as one page, with a picture of each scenario"},
         JSON_DATA),
     .words = {"INSTANCE"},
     .run = verb_drill},
    {.name = "replay",
     .arguments = "FILE [--from TIME] [--instance INSTANCE] [--json]",
     .summary = "decide what a node recorded once more, tell it, and compare",
     .options =
         OPTIONS({"FILE", NULL, NULL, "an event log of holdfastd, /var/lib/holdfast/events/N"},
                 {"--from", NULL, "TIME",
                  "show what happened from then on: 14:03, 14:03:07, '2026-11-23 14:03:07'"},
                 ONLY_INSTANCE, JSON_DATA),
     .words = {"FILE"},
     .run = verb_replay},
    {.name = "inspect",
     .arguments = "lifecycle [--mermaid] | facts [FILE] | names [instances|nodes]",
     .summary = "print the table of an instance's life, the facts of this node, or names",
     .options = OPTIONS(
         {"lifecycle", NULL, NULL, "the table of an instance's life"},
         {"--mermaid", NULL, NULL, "with lifecycle: as a diagram for Mermaid"},
         {"facts", NULL, NULL, "facts of this node as JSON, for validate --facts; as root"},
         {"FILE", NULL, NULL, "with facts: the cluster.yaml that says whom and what to look for"},
         {"names", NULL, NULL,
          "names of the cluster's instances and nodes, one a line; for the completion of a shell: "
          "without an answer within half a second there are none, and no word about it"}),
     .words = {"lifecycle|facts|names", "FILE|instances|nodes"},
     .run = verb_inspect},
    {.name = "validate",
     .arguments = "[FILE] [--facts FILE]... [--only LIST] [--list] [--html FILE] [--json]",
     .summary = "check nodes and configuration, before and after the cluster exists",
     .options = OPTIONS(
         {"FILE", NULL, NULL,
          "a cluster.yaml; without it the configuration of the cluster that runs"},
         {"--facts", NULL, "FILE",
          "what `holdfast inspect facts` printed on a node, once for each node; without it this "
          "node alone is looked at"},
         {"--only", NULL, "LIST", "only these checks or categories: network,storage.size"},
         {"--list", NULL, NULL, "tell which checks there are"},
         {"--html", NULL, "FILE", "also write a page to keep"}, JSON_DATA),
     .words = {"FILE"},
     .note = "It exits with 9 when a check failed; warnings leave it at 0.",
     .run = verb_validate},
    {.name = "plan",
     .arguments = "[FILE] [--html FILE] [--topology LIST] [--all] [--json]",
     .summary = "tell what happens if a node, a site, or two nodes fail, and what would heal it",
     .options = OPTIONS(
         {"FILE", NULL, NULL,
          "a cluster.yaml, '-' for standard input; without it the cluster that runs"},
         {"--html", NULL, "FILE", "also write a page with pictures"},
         {"--topology", NULL, "LIST",
          "compare topologies: active/passive, active/active/passive, 3+1, N+1; several with "
          "commas, or all"},
         {"--all", NULL, NULL, "also list the pairs of nodes whose failure is carried"}, JSON_DATA),
     .words = {"FILE"},
     .note =
         "It exits with 8 when a failure that must be carried is not (policy.survive, else one).",
     .run = verb_plan},
    {.name = "place",
     .arguments = "FILE [--json] [--steps N]",
     .summary = "work out the best placement of a problem file",
     .options = OPTIONS(
         {"FILE", NULL, NULL, "a placement problem as JSON"}, JSON_DATA,
         {"--steps", NULL, "N", "stop after N steps of search; without it by the problem's size"}),
     .words = {"FILE"},
     .run = verb_place},
    {.name = "help",
     .arguments = "[VERB]",
     .summary = "tell what there is, or more about one verb",
     .words = {"VERB"},
     .run = verb_help},
    {.name = "version", .arguments = "", .summary = "print the version", .run = verb_version},
};

const struct hf_verb *hf_verbs(size_t *ret_count)
{
    *ret_count = sizeof(verbs) / sizeof(verbs[0]);
    return verbs;
}

const struct hf_verb *hf_verbs_find(const char *name)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

#include "cli/verbs.h"

#include <string.h>

#define WAITING                                                                                    \
    "  --no-wait      return when it is accepted\n"                                                \
    "  --timeout S    wait at most S seconds (120), then exit with 6; it goes on by itself\n"      \
    "  --force        also while fewer than a majority of the configured nodes are up\n"

#define SETTING_UP                                                                                 \
    "  --node NAME              this node's name in the cluster\n"                                 \
    "  --public ADDRESS         this node's address in the public network\n"                       \
    "  --private ADDRESS        this node's address in the private network\n"                      \
    "  --timeout S              wait at most S seconds until it is up (60)\n"                      \
    "  --force                  replace a former set-up of this node\n"

static const struct hf_verb verbs[] = {
    {"status", "[--watch] [--json]", "show nodes, instances and what needs attention",
     "  --watch, -w    show it again whenever something changes\n"
     "  --json         the daemon's answer as it is\n",
     verb_status},
    {"why", "INSTANCE [--json]", "tell why an instance is where it is, and what can be done",
     "  --json         the daemon's answer as it is\n", verb_why},
    {"history", "[--instance I] [-n N] [--json]", "tell what happened, oldest first",
     "  --instance I   only what concerns this instance\n"
     "  -n N           the newest N records (50, at most 512)\n"
     "  --json         the daemon's answer as it is\n",
     verb_history},
    {"move", "INSTANCE [NODE] [OPTIONS]", "move an instance to a node, or to the next in line",
     WAITING, verb_move},
    {"online", "INSTANCE [OPTIONS]", "start an instance and keep it online", WAITING, verb_online},
    {"offline", "INSTANCE [OPTIONS]", "stop an instance and keep it stopped", WAITING,
     verb_offline},
    {"drain", "NODE [OPTIONS]", "move everything off a node, for maintenance", WAITING, verb_drain},
    {"resume", "NODE [OPTIONS]", "put a drained or quarantined node back into service", WAITING,
     verb_resume},
    {"apply", "FILE [--dry-run] [--force] [--json]", "make the cluster be as the file says",
     "  FILE           cluster.yaml; '-' reads standard input\n"
     "  --dry-run      check the file and tell what would change\n"
     "  --force        also while fewer than a majority of the configured nodes are up\n"
     "  --json         the daemon's answer as it is\n",
     verb_apply},
    {"export", "", "print the configuration as a file for apply", "", verb_export},
    {"databases", "[--instance I] [--file FILE] [--json | --env | --libpq | --jdbc | --odbc]",
     "list the databases, and the name, address and string to connect with",
     "  --instance I   only those of this instance\n"
     "  --file FILE    of a cluster.yaml ('-': standard input), not of the cluster that runs\n"
     "  --json         as data\n"
     "  --env          as assignments for a shell: eval \"$(holdfast databases --env)\"\n"
     "  --libpq        URIs for PostgreSQL's own clients, one a line\n"
     "  --jdbc         JDBC URLs, one a line\n"
     "  --odbc         ODBC connection strings, one a line\n",
     verb_databases},
    {"init", "--cluster NAME --node NAME --public ADDRESS --private ADDRESS [OPTIONS]",
     "make a new cluster with this node as its first",
     "  --cluster NAME           one word for the new cluster\n" SETTING_UP
     "  --public-subnet NET      when it is not the one the address is in, as 10.77.0.0/24\n"
     "  --private-subnet NET     likewise\n",
     verb_init},
    {"token", "[--ttl S] [--json]", "make a token that lets one new node join",
     "  --ttl S        it is good for S seconds (600)\n"
     "  --json         the daemon's answer as it is\n",
     verb_token},
    {"join", "--node NAME --public ADDRESS --private ADDRESS [OPTIONS] < TOKEN",
     "join this node to a cluster, with a token from holdfast token",
     SETTING_UP
     "  --token-file FILE        read the token from there; otherwise it is asked for, or\n"
     "                           read from standard input\n",
     verb_join},
    {"confirm-fenced", "NODE [--yes] [--force]",
     "promise that a lost node is off, so that its instances may start elsewhere",
     "  --yes, -y      do not ask; for scripts that have made sure\n"
     "  --force        also while fewer than a majority of the configured nodes are up\n",
     verb_confirm_fenced},
    {"replay", "FILE [--from TIME] [--instance I] [--json]",
     "decide what a node recorded once more, tell it, and compare",
     "  FILE           an event log of holdfastd, /var/lib/holdfast/events/N\n"
     "  --from TIME    show what happened from then on: 14:03, 14:03:07, '2026-11-23 14:03:07'\n"
     "  --instance I   only what concerns this instance\n"
     "  --json         as data\n",
     verb_replay},
    {"inspect", "lifecycle [--mermaid] | facts [FILE]",
     "print the table of an instance's life, or the facts of this node",
     "  lifecycle      the table of an instance's life; --mermaid: as a diagram for Mermaid\n"
     "  facts          facts of this node as JSON, for validate --facts; as root\n"
     "  FILE           the cluster.yaml that says whom and what to look for\n",
     verb_inspect},
    {"validate", "[FILE] [--facts FILE]... [--only LIST] [--list] [--html FILE] [--json]",
     "check nodes and configuration, before and after the cluster exists",
     "  FILE           a cluster.yaml; without it the configuration of the cluster that runs\n"
     "  --facts FILE   what `holdfast inspect facts` printed on a node, once for each node;\n"
     "                 without it this node alone is looked at\n"
     "  --only LIST    only these checks or categories: network,storage.size\n"
     "  --list         tell which checks there are\n"
     "  --html FILE    also write a page to keep\n"
     "  --json         all of it as JSON\n"
     "  It exits with 9 when a check failed; warnings leave it at 0.\n",
     verb_validate},
    {"plan", "[FILE] [--html FILE] [--topology LIST] [--all] [--json]",
     "tell what happens if a node, a site, or two nodes fail, and what would heal it",
     "  FILE             a cluster.yaml, '-' for standard input; without it the cluster that runs\n"
     "  --html FILE      also write a page with pictures\n"
     "  --topology LIST  compare topologies: active/passive, active/active/passive, 3+1, N+1;\n"
     "                   several with commas, or all\n"
     "  --all            also list the pairs of nodes whose failure is carried\n"
     "  --json           all of it as JSON\n"
     "  It exits with 8 when a failure that must be carried is not (policy.survive, else one).\n",
     verb_plan},
    {"place", "PROBLEM.json [--json] [--steps N]", "work out the best placement of a problem file",
     "", verb_place},
    {"help", "[VERB]", "tell what there is, or more about one verb", "", verb_help},
    {"version", "", "print the version", "", verb_version},
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

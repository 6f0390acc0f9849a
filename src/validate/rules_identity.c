/* Identity: who the nodes and the engines' users are. A shared disk carries numbers, not names. */
#include <stdio.h>

#include "validate/rules.h"

static void one_user(struct hf_run *run, const struct hf_instance_spec *instance, unsigned n,
                     const json_t *facts)
{
    const char *user = hf_engine_user(instance);
    bool there = hf_fact_find(facts, "users", "name", user) != NULL;
    hf_saw(run, there ? HF_RESULT_PASS : HF_RESULT_FAIL, hf_node_name(run, n),
           "the user %s of instance %s %s", user, instance->name,
           there ? "exists" : "does not exist");
}

static void user_exists(struct hf_run *run)
{
    hf_each_owner(run, "users", one_user);
}

struct number {
    const char *user, *key;
};

static bool number_of(const struct hf_run *run, unsigned n, const json_t *facts, const void *user,
                      char *value)
{
    const struct number *number = user;
    const json_t *entry = hf_fact_find(facts, "users", "name", number->user);
    (void)run;
    (void)n;
    (void)snprintf(value, HF_VALUE_MAX, "%lld", (long long)hf_fact_number(entry, number->key, -1));
    return entry != NULL;
}

static void each_user_number(struct hf_run *run, const char *key)
{
    bool any = false;
    HF_EACH_INSTANCE(run, i, instance)
    {
        char what[HF_VALUE_MAX];
        struct number number = {hf_engine_user(instance), key};
        any = true;
        (void)snprintf(what, sizeof(what), "instance %s: %s of %s", instance->name, key,
                       number.user);
        hf_alike(run, hf_owners(run, instance), what, HF_RESULT_FAIL, number_of, &number);
    }
    if (!any)
        hf_no_need(run, "no instances are configured");
}

static void user_uid(struct hf_run *run)
{
    each_user_number(run, "uid");
}

static void user_gid(struct hf_run *run)
{
    each_user_number(run, "gid");
}

/* System numbers that packages draw as they are installed: 100 to 999 (Debian policy, 9.2.2). */
static void one_pinned(struct hf_run *run, const struct hf_instance_spec *instance, unsigned n,
                       const json_t *facts)
{
    const char *user = hf_engine_user(instance);
    const json_t *entry = hf_fact_find(facts, "users", "name", user);
    json_int_t uid = hf_fact_number(entry, "uid", -1);
    json_int_t pinned = hf_fact_number(entry, "pinned", uid);
    const char *node = hf_node_name(run, n);
    if (!entry)
        hf_saw(run, HF_RESULT_NOT_RUN, node, "the user %s does not exist", user);
    else if (strcmp(hf_fact_text(entry, "from"), "directory") == 0)
        hf_saw(run, HF_RESULT_PASS, node, "%s comes from a shared directory", user);
    else if (pinned != uid)
        hf_saw(run, HF_RESULT_WARNING, node, "%s is pinned to %lld and has %lld", user,
               (long long)pinned, (long long)uid);
    else if (uid >= 100 && uid <= 999 && !hf_fact(entry, "pinned"))
        hf_saw(run, HF_RESULT_WARNING, node,
               "%s has the number %lld that its package drew on this node", user, (long long)uid);
    else
        hf_saw(run, HF_RESULT_PASS, node, "%s has the fixed number %lld", user, (long long)uid);
}

static void user_pinned(struct hf_run *run)
{
    hf_each_owner(run, "users", one_pinned);
}

/* The number of an engine's user is somebody else's on another node. */
static void one_clash(struct hf_run *run, const struct hf_instance_spec *instance, unsigned n,
                      const json_t *facts)
{
    const char *user = hf_engine_user(instance);
    size_t i = 0;
    json_t *entry = NULL;
    for (unsigned k = 0; k < HF_NODES_MAX; k++) {
        const json_t *theirs = hf_fact_find(run->in->facts[k], "users", "name", user);
        json_int_t uid = hf_fact_number(theirs, "uid", -1);
        if (!theirs || !(hf_owners(run, instance) >> k & 1))
            continue;
        json_array_foreach(hf_fact(facts, "users"), i, entry)
        {
            if (hf_fact_number(entry, "uid", -2) != uid ||
                strcmp(hf_fact_text(entry, "name"), user) == 0)
                continue;
            hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n),
                   "number %lld, which is %s on %s, is %s here", (long long)uid, user,
                   hf_node_name(run, k), hf_fact_text(entry, "name"));
            return;
        }
    }
    hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "nobody else has the number of %s", user);
}

static void user_clash(struct hf_run *run)
{
    hf_each_owner(run, "users", one_clash);
}

static void directory(struct hf_run *run)
{
    hf_alike_fact(run, hf_all_nodes(run), "users are looked up in", HF_RESULT_WARNING,
                  "nsswitch.passwd");
}

static void one_hostname(struct hf_run *run, unsigned n, const json_t *facts)
{
    const char *has = hf_fact_text(facts, "node.hostname");
    const char *name = hf_node_name(run, n);
    size_t length = strcspn(has, ".");
    bool same = strlen(name) == length && strncmp(has, name, length) == 0;
    hf_saw(run, same ? HF_RESULT_PASS : HF_RESULT_WARNING, name, "its host name is %s", has);
}

static void hostname(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "node.hostname", one_hostname);
}

static void one_group(struct hf_run *run, unsigned n, const json_t *facts)
{
    bool there = hf_fact_find(facts, "groups", "name", "holdfast") != NULL;
    hf_saw(run, there ? HF_RESULT_PASS : HF_RESULT_WARNING, hf_node_name(run, n), "%s",
           there ? "the group holdfast exists" : "there is no group holdfast");
}

static void group(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "groups", one_group);
}

static void one_node_file(struct hf_run *run, unsigned n, const json_t *facts)
{
    const struct hf_node_spec *node = &run->spec->nodes[n];
    const char *name = hf_fact_text(facts, "node.file.name");
    const char *cluster = hf_fact_text(facts, "node.file.cluster");
    if (!hf_fact(facts, "node.file"))
        hf_saw(run, HF_RESULT_NOT_RUN, node->name, "this node is in no cluster yet");
    else if (strcmp(name, node->name) != 0)
        hf_saw(run, HF_RESULT_FAIL, node->name, "/etc/holdfast/node says that it is %s", name);
    else if (run->in->configured && strcmp(cluster, run->spec->cluster.name) != 0)
        hf_saw(run, HF_RESULT_FAIL, node->name,
               "/etc/holdfast/node says that it belongs to the cluster %s, not to %s", cluster,
               run->spec->cluster.name);
    else
        hf_saw(run, HF_RESULT_PASS, node->name, "node %s of cluster %s",
               hf_fact_text(facts, "node.file.id"), cluster);
}

static void node_file(struct hf_run *run)
{
    hf_each_with(run, hf_all_nodes(run), "node", one_node_file);
}

static void node_ids(struct hf_run *run)
{
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {
        const char *own = hf_fact_text(run->in->facts[n], "node.file.id");
        const char *twin = NULL;
        for (unsigned k = 0; own[0] && k < n; k++)
            if (strcmp(hf_fact_text(run->in->facts[k], "node.file.id"), own) == 0)
                twin = hf_node_name(run, k);
        if (own[0] && twin)
            hf_saw(run, HF_RESULT_FAIL, hf_node_name(run, n), "its id %s is also that of %s", own,
                   twin);
        else if (own[0])
            hf_saw(run, HF_RESULT_PASS, hf_node_name(run, n), "its id is %s", own);
        else if (hf_all_nodes(run) >> n & 1)
            hf_saw(run, HF_RESULT_NOT_RUN, hf_node_name(run, n),
                   "no id is known: no facts, or in no cluster yet");
    }
}

#define PIN                                                                                        \
    "Give it one number everywhere before data is written: a user of a shared directory "          \
    "(LDAP), or a line `u postgres 26` in /etc/sysusers.d on every node before the "               \
    "package is installed; afterwards usermod -u and chown of what belongs to it."

const struct hf_check hf_checks_identity[] = {
    {"identity.engine-user", "The engine's user exists on every possible owner",
     "The engine cannot be started as a user that does not exist.",
     "Install the engine's package there, or create the user with the same number.", user_exists},
    {"identity.engine-uid", "The engine's user has the same number on every possible owner",
     "Files on the shared disk belong to a number. Where the user has another one, the engine may "
     "not read its own data, and somebody else may.",
     PIN, user_uid},
    {"identity.engine-gid", "The engine's group has the same number on every possible owner",
     "Files on the shared disk belong to a number, also those of a group.", PIN, user_gid},
    {"identity.engine-pinned", "The engine's user comes from a shared directory or is pinned",
     "A number that a package drew is the same on the nodes of today by luck, and on the node that "
     "is added next year it is not.",
     PIN, user_pinned},
    {"identity.uid-clash", "Nobody else has the number of the engine's user",
     "That user could read and write the database's files after a failover.",
     "Give the other user another number (usermod -u), and its files (chown).", user_clash},
    {"identity.directory", "Every node looks users up in the same places",
     "A user that one node finds in a directory is unknown to a node that does not ask there.",
     "Make the line `passwd:` of /etc/nsswitch.conf the same everywhere.", directory},
    {"identity.hostname", "The host name of a node is its name in the cluster",
     "Logs, backups and people know a node by its host name.",
     "hostnamectl set-hostname NAME, or use that name in cluster.yaml.", hostname},
    {"identity.group", "The group holdfast exists on every node",
     "Its members may command the cluster; without it only root may.", "groupadd --system holdfast",
     group},
    {"identity.node-file", "Every node is who the configuration says",
     "A node that takes itself for another one, or for one of another cluster, is refused or does "
     "harm.",
     "Take it out of there and let it join again: holdfast join --force.", node_file},
    {"identity.node-id", "No two nodes have the same id",
     "corosync and the reservation keys tell nodes apart by their id.",
     "Let the one that was copied join again: holdfast join --force.", node_ids},
};
HF_TABLE_OF(identity);

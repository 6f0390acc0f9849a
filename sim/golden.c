/*
 * golden.c - small stories with expected output.
 *
 * A file of test/golden has commands, then a line "---", then what must be printed. Commands:
 *
 *   cluster N                make it: db1 is first, the others join
 *   instance NAME [owner..]  prepare one, with its preferred owners in order
 *   set NAME KEY VALUE       priority, failback, after, apart_from, demand, possible, disks,
 *                            degraded, description (a long one, of a later format)
 *   apply                    apply what was prepared
 *   power off|on NODE, freeze NODE, thaw NODE
 *   kill|start daemon|corosync NODE, kill engine INSTANCE
 *   version NODE FORMAT      the newest format that its next daemon speaks
 *   break|mend INSTANCE on NODE: its engine does not start there
 *   cut|heal NODE NODE, cut|heal disk NODE
 *   move INSTANCE NODE|away, online|offline INSTANCE, drain|resume NODE, confirm-fenced NODE,
 *   join NODE, clock NODE back SECONDS
 *   steps on|off             whether driver steps are printed
 *   wait SECONDS
 *   expect INSTANCE PHASE [on NODE] within SECONDS, expect NODE up|down|alone within SECONDS
 *
 * Usage: golden [--update] FILE...
 */
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define WORDS 12

struct story {
    struct sim_world *world;
    struct hf_spec *spec;
    char *words[WORDS];
    unsigned count;
    bool failed;
};

static void complain(struct story *story, const char *what)
{
    sim_trace(story->world, "FAILED: %s", what);
    story->failed = true;
}

static uint8_t node_of(struct story *story, const char *name)
{
    for (uint8_t n = 0; n < SIM_NODES; n++) {
        if (!strcmp(sim_node_name(story->world, n), name))
            return n;
    }
    complain(story, "no such node");
    return 0;
}

static uint16_t instance_of(struct story *story, const char *name)
{
    uint16_t i = hf_spec_find_instance(story->spec, name);
    if (i < SIM_INSTANCES)
        return i;
    complain(story, "no such instance");
    return 0;
}

static const char *word(const struct story *story, unsigned k)
{
    return k < story->count ? story->words[k] : "";
}

static bool is(const struct story *story, unsigned k, const char *text)
{
    return !strcmp(word(story, k), text);
}

static void do_cluster(struct story *story)
{
    unsigned nodes = (unsigned)atoi(word(story, 1));
    story->world->nodes = nodes;
    FILE *trace = story->world->trace;
    if (!story->world->trace_steps)
        story->world->trace = NULL;
    bool made = sim_bootstrap(story->world, nodes);
    story->world->trace = trace;
    if (!made) {
        complain(story, "the cluster could not be made");
        return;
    }
    *story->spec = hf_core_state(story->world->node[0].core)->spec;
}

static void do_instance(struct story *story)
{
    uint16_t i = 0;
    while (story->spec->instances[i].name[0])
        i++;
    sim_spec_instance(story->spec, i, word(story, 1));
    struct hf_instance_spec *instance = &story->spec->instances[i];
    for (unsigned k = 2; k < story->count; k++)
        instance->preferred[instance->preferred_count++] = node_of(story, word(story, k));
}

static void set_node(struct story *story)
{
    struct hf_node_spec *node = &story->spec->nodes[node_of(story, word(story, 1))];
    if (is(story, 2, "capacity"))
        node->capacity[HF_MEMORY] = (uint64_t)atoi(word(story, 3));
    else if (is(story, 2, "role"))
        node->role = is(story, 3, "passive") ? HF_ROLE_PASSIVE : HF_ROLE_ACTIVE;
    else
        complain(story, "unknown key");
}

/* immediate, or the minutes of the day from which and to which it may: 600-720 */
static void set_failback(struct hf_instance_spec *instance, const char *when)
{
    unsigned from, to;
    instance->failback = HF_FAILBACK_IMMEDIATE;
    if (sscanf(when, "%u-%u", &from, &to) != 2)
        return;
    instance->failback = HF_FAILBACK_WINDOW;
    instance->failback_from_min = (uint16_t)from;
    instance->failback_to_min = (uint16_t)to;
}

static void do_set(struct story *story)
{
    if (!strncmp(word(story, 1), "db", 2)) {
        set_node(story);
        return;
    }
    struct hf_instance_spec *instance = &story->spec->instances[instance_of(story, word(story, 1))];
    int value = atoi(word(story, 3));
    if (is(story, 2, "priority")) {
        instance->priority = value;
        instance->priority_stated = true;
    } else if (is(story, 2, "failback")) {
        set_failback(instance, word(story, 3));
    } else if (is(story, 2, "after")) {
        instance->after[instance->after_count++] = instance_of(story, word(story, 3));
    } else if (is(story, 2, "apart_from")) {
        instance->apart_from[instance->apart_count++] = instance_of(story, word(story, 3));
    } else if (is(story, 2, "together_with")) {
        instance->together_with[instance->together_count++] = instance_of(story, word(story, 3));
    } else if (is(story, 2, "demand")) {
        instance->demand[HF_MEMORY] = (uint64_t)value;
    } else if (is(story, 2, "possible")) {
        instance->possible |= sim_bit(node_of(story, word(story, 3)));
    } else if (is(story, 2, "description")) {
        (void)snprintf(instance->description, sizeof(instance->description), "%*s",
                       (int)(HF_EXT_MAX + 40), word(story, 3));
    } else if (is(story, 2, "degraded")) {
        (void)snprintf(instance->degraded_settings, HF_SETTINGS_MAX, "work_mem = %dMB\n", value);
    } else if (is(story, 2, "level")) {
        instance->health.level = (uint8_t)value;
    } else if (is(story, 2, "disks")) {
        instance->disk_count = (uint8_t)value;
    } else {
        complain(story, "unknown key");
    }
}

static void do_apply(struct story *story)
{
    const struct hf_state *state = sim_state_of(story->world);
    story->spec->cluster = state->spec.cluster;
    story->spec->cluster.measured = HF_MEASURED_COUNTS; /* of use to who says `measured` */
    for (unsigned n = 0; n < HF_NODES_MAX; n++) {       /* what `set` said stays */
        struct hf_node_spec said = story->spec->nodes[n];
        story->spec->nodes[n] = state->spec.nodes[n];
        story->spec->nodes[n].role = said.role;
        memcpy(story->spec->nodes[n].capacity, said.capacity, sizeof(said.capacity));
    }
    if (!sim_apply(story->world, story->spec))
        sim_trace(story->world, "apply was refused");
}

static void do_power(struct story *story)
{
    for (unsigned k = 2; k < story->count; k++) {
        if (is(story, 1, "off"))
            sim_power_off(story->world, node_of(story, word(story, k)));
        else
            sim_power_on(story->world, node_of(story, word(story, k)));
    }
}

static void kill_engine(struct story *story, uint16_t i)
{
    for (uint8_t n = 0; n < SIM_NODES; n++)
        sim_engine_exit(story->world, n, i);
}

static void do_kill(struct story *story)
{
    if (is(story, 1, "daemon"))
        sim_daemon_kill(story->world, node_of(story, word(story, 2)));
    else if (is(story, 1, "corosync"))
        sim_group_stop(story->world, node_of(story, word(story, 2)));
    else
        kill_engine(story, instance_of(story, word(story, 2)));
}

static void do_start(struct story *story)
{
    if (is(story, 1, "daemon"))
        sim_daemon_start(story->world, node_of(story, word(story, 2)));
    else
        sim_group_start(story->world, node_of(story, word(story, 2)));
}

static void do_break(struct story *story)
{
    story->world->node[node_of(story, word(story, 3))]
        .real[instance_of(story, word(story, 1))]
        .broken = is(story, 0, "break") ? SIM_BROKEN_START : SIM_BROKEN_NOT;
}

/* network db1 gone */
static void do_network(struct story *story)
{
    uint8_t level = is(story, 2, "gone")     ? HF_NETWORK_GONE
                    : is(story, 2, "silent") ? HF_NETWORK_SILENT
                                             : HF_NETWORK_WHOLE;
    sim_network_set(story->world, node_of(story, word(story, 1)), level);
}

/* sick msgbox db1 slow */
static void do_sick(struct story *story)
{
    static const char *const kinds[SIM_SICK_KINDS] = {"not",   "silent", "slow",      "exhausted",
                                                      "check", "full",   "read-only", "hangs"};
    for (uint8_t k = 0; k < SIM_SICK_KINDS; k++) {
        if (!is(story, 3, kinds[k]))
            continue;
        sim_sick_set(story->world, node_of(story, word(story, 2)),
                     instance_of(story, word(story, 1)), k);
        return;
    }
    complain(story, "unknown illness");
}

static void do_link(struct story *story)
{
    bool whole = is(story, 0, "heal");
    if (is(story, 1, "disk")) {
        story->world->node[node_of(story, word(story, 2))].disk_path = whole;
        return;
    }
    uint8_t a = node_of(story, word(story, 1)), b = node_of(story, word(story, 2));
    story->world->link[a][b] = story->world->link[b][a] = whole;
    sim_group_changed(story->world);
}

static void do_command(struct story *story)
{
    static const struct {
        const char *word;
        enum hf_verb verb;
        bool node;
    } verbs[] = {
        {"move", HF_VERB_MOVE, false},       {"online", HF_VERB_ONLINE, false},
        {"offline", HF_VERB_OFFLINE, false}, {"drain", HF_VERB_DRAIN, true},
        {"resume", HF_VERB_RESUME, true},    {"confirm-fenced", HF_VERB_CONFIRM_FENCED, true}};
    for (unsigned v = 0; v < sizeof(verbs) / sizeof(verbs[0]); v++) {
        if (!is(story, 0, verbs[v].word))
            continue;
        uint16_t i =
            verbs[v].node ? (uint16_t)HF_INSTANCE_NONE : instance_of(story, word(story, 1));
        uint8_t target = HF_NODE_NONE;
        if (verbs[v].node)
            target = node_of(story, word(story, 1));
        else if (verbs[v].verb == HF_VERB_MOVE && !is(story, 2, "away"))
            target = node_of(story, word(story, 2));
        uint8_t member = sim_member(story->world);
        if (member == HF_NODE_NONE)
            sim_trace(story->world, "nobody can be asked");
        else
            (void)sim_wait_reply(story->world,
                                 sim_ask(story->world, member, verbs[v].verb, i, target, NULL),
                                 5 * SIM_S);
        return;
    }
    complain(story, "unknown command");
}

/* measured db1 1000, measured pg0 600: memory, as the daemon there tells its core. */
static void do_measured(struct story *story)
{
    const struct hf_state *state = sim_state_of(story->world);
    struct hf_event event = {.type = HF_EVENT_MEASURED};
    bool of_node = !strncmp(word(story, 1), "db", 2);
    uint16_t i = of_node ? (uint16_t)HF_INSTANCE_NONE : instance_of(story, word(story, 1));
    uint8_t n = of_node ? node_of(story, word(story, 1)) : HF_NODE_NONE;
    if (story->failed || !state)
        return;
    n = of_node ? n : state->instances[i].owner;
    event.measured.instance = i;
    event.measured.amount[HF_MEMORY] = (uint64_t)atoi(word(story, 2));
    sim_step(story->world, n, &event);
    sim_run(story->world, story->world->now + 100 * SIM_MS);
    sim_trace(story->world, "%s: %llu in the state", word(story, 1),
              (unsigned long long)(of_node ? state->nodes[n].measured[HF_MEMORY]
                                           : state->instances[i].measured[HF_MEMORY]));
}

static void do_join(struct story *story)
{
    uint8_t member = sim_member(story->world);
    uint8_t joiner = node_of(story, word(story, 1));
    if (member == HF_NODE_NONE)
        sim_trace(story->world, "nobody can be asked");
    else
        (void)sim_wait_reply(
            story->world,
            sim_ask(story->world, member, HF_VERB_JOIN, HF_INSTANCE_NONE, joiner, NULL), 5 * SIM_S);
}

static bool node_is(const struct story *story, uint8_t n, const char *what)
{
    const struct sim_node *node = &story->world->node[n];
    if (!strcmp(what, "alone")) {
        for (unsigned i = 0; i < SIM_INSTANCES; i++) {
            if (node->real[i].engine || node->real[i].address)
                return false;
        }
        return true;
    }
    const struct hf_state *state = sim_state_of(story->world);
    return state && state->nodes[n].up == !strcmp(what, "up");
}

/* What the nodes really run, not only what the state says. */
static bool instance_is(const struct story *story, uint16_t i, const char *phase, uint8_t node)
{
    const struct hf_state *state = sim_state_of(story->world);
    if (!state)
        return false;
    const struct hf_instance_state *instance = &state->instances[i];
    if (strcmp(hf_phase_word((enum hf_phase)instance->phase), phase))
        return false;
    if (node != HF_NODE_NONE && instance->owner != node)
        return false;
    return instance->phase != HF_ONLINE || story->world->node[instance->owner].real[i].ready;
}

static void do_expect(struct story *story)
{
    bool of_node = !strncmp(word(story, 1), "db", 2) && story->count == 5;
    uint8_t node = HF_NODE_NONE;
    uint16_t i = of_node ? 0 : instance_of(story, word(story, 1));
    if (of_node)
        node = node_of(story, word(story, 1));
    else if (is(story, 3, "on"))
        node = node_of(story, word(story, 4));
    uint64_t within = (uint64_t)(atof(word(story, story->count - 1)) * 1e6);
    uint64_t from = story->world->now, until = from + within;
    while (!(of_node ? node_is(story, node, word(story, 2))
                     : instance_is(story, i, word(story, 2), node))) {
        if (story->world->now >= until || story->world->violation[0]) {
            complain(story, "not in time");
            return;
        }
        sim_run(story->world, story->world->now + 5 * SIM_MS);
    }
    sim_trace(story->world, "as expected after %.3f s",
              (double)(story->world->now - from) / (double)SIM_S);
}

static void obey(struct story *story, char *line)
{
    story->count = 0;
    for (char *at = strtok(line, " \t"); at && story->count < WORDS; at = strtok(NULL, " \t"))
        story->words[story->count++] = at;
    if (!story->count)
        return;
    if (is(story, 0, "cluster"))
        do_cluster(story);
    else if (is(story, 0, "instance"))
        do_instance(story);
    else if (is(story, 0, "set"))
        do_set(story);
    else if (is(story, 0, "apply"))
        do_apply(story);
    else if (is(story, 0, "power"))
        do_power(story);
    else if (is(story, 0, "freeze"))
        sim_freeze(story->world, node_of(story, word(story, 1)));
    else if (is(story, 0, "thaw"))
        sim_thaw(story->world, node_of(story, word(story, 1)));
    else if (is(story, 0, "kill"))
        do_kill(story);
    else if (is(story, 0, "start"))
        do_start(story);
    else if (is(story, 0, "break") || is(story, 0, "mend"))
        do_break(story);
    else if (is(story, 0, "network"))
        do_network(story);
    else if (is(story, 0, "sick"))
        do_sick(story);
    else if (is(story, 0, "cut") || is(story, 0, "heal"))
        do_link(story);
    else if (is(story, 0, "clock"))
        sim_mono_back(story->world, node_of(story, word(story, 1)),
                      (uint64_t)atoi(word(story, 3)) * 1000);
    else if (is(story, 0, "version"))
        sim_version(story->world, node_of(story, word(story, 1)), (uint16_t)atoi(word(story, 2)));
    else if (is(story, 0, "join"))
        do_join(story);
    else if (is(story, 0, "measured"))
        do_measured(story);
    else if (is(story, 0, "hang")) /* every step that begins from now on */
        story->world->mood.hang = is(story, 1, "on") ? 1000 : 0;
    else if (is(story, 0, "steps"))
        story->world->trace_steps = is(story, 1, "on");
    else if (is(story, 0, "wait"))
        sim_run(story->world, story->world->now + (uint64_t)(atof(word(story, 1)) * 1e6));
    else if (is(story, 0, "expect"))
        do_expect(story);
    else
        do_command(story);
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    char *text = calloc(1, 1 << 20);
    if (text && fread(text, 1, (1 << 20) - 1, file) == 0)
        text[0] = '\0';
    (void)fclose(file);
    return text;
}

/* Runs the commands; the trace goes to out. False: an expectation or an invariant failed. */
static bool run(struct sim_world *world, struct hf_spec *spec, char *script, FILE *out)
{
    struct story story = {.world = world, .spec = spec};
    memset(spec, 0, sizeof(*spec));
    world->trace = out;
    world->trace_steps = false;
    sim_world_reset(world, 1, 3, true);
    char *next = script;
    while (next && *next && !story.failed && !world->violation[0]) {
        char *line = next;
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (line[0] == '#' || !line[0])
            continue;
        (void)fprintf(out, "> %s\n", line);
        obey(&story, line);
    }
    return !story.failed && !world->violation[0];
}

static bool write_file(const char *path, const char *script, const char *output)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    (void)fprintf(file, "%s---\n%s", script, output);
    return fclose(file) == 0;
}

/* 0 = as expected. */
static int one_file(struct sim_world *world, struct hf_spec *spec, const char *path, bool update)
{
    char *text = read_all(path);
    if (!text)
        return 1;
    char *expected = strstr(text, "\n---\n");
    if (expected)
        *++expected = '\0';
    char *script = strdup(text);
    char *output = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&output, &length);
    bool ok = script && out && run(world, spec, script, out);
    if (out)
        (void)fclose(out);
    world->trace = NULL;
    bool same = ok && expected && output && !strcmp(expected + 4, output);
    if (update && ok)
        same = write_file(path, text, output);
    printf("%s %s\n", same ? "ok  " : "FAIL", path);
    if (!same && output)
        printf("%s", output);
    free(output);
    free(script);
    free(text);
    return same ? 0 : 1;
}

int main(int argc, char **argv)
{
    bool update = argc > 1 && !strcmp(argv[1], "--update");
    struct sim_world *world = sim_world_new();
    struct hf_spec *spec = calloc(1, sizeof(*spec));
    static struct sim_coverage coverage;
    int passed = 0, failed = 0;
    if (!spec)
        return 2;
    world->coverage = &coverage;
    for (int a = update ? 2 : 1; a < argc; a++) {
        if (one_file(world, spec, argv[a], update))
            failed++;
        else
            passed++;
    }
    free(spec);
    sim_world_free(world);
    printf("%d passed, %d failed\n", passed, failed);
    return failed ? 1 : 0;
}

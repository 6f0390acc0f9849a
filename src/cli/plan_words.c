#include "cli/plan_words.h"

#include <stdio.h>
#include <string.h>

const char *hf_plan_resource(unsigned resource)
{
    static const char *const names[HF_RESOURCES] = {
        [HF_CPU] = "CPU", [HF_MEMORY] = "memory", [HF_NETWORK] = "network", [HF_IOPS] = "disk I/O"};
    return names[resource];
}

const char *hf_plan_resource_word(unsigned resource)
{
    static const char *const words[HF_RESOURCES] = {
        [HF_CPU] = "cpu", [HF_MEMORY] = "memory", [HF_NETWORK] = "network", [HF_IOPS] = "iops"};
    return words[resource];
}

const char *hf_plan_kind_word(enum hf_plan_kind kind)
{
    switch (kind) {
    case HF_PLAN_NORMAL:
        return "normal";
    case HF_PLAN_NODE:
        return "node";
    case HF_PLAN_SITE:
        return "site";
    case HF_PLAN_PAIR:
        return "pair";
    case HF_PLAN_KINDS:
        break;
    }
    return "";
}

const char *hf_plan_why_word(enum hf_plan_why why)
{
    switch (why) {
    case HF_PLAN_NO_OWNER:
        return "no-owner";
    case HF_PLAN_TOO_BIG:
        return "too-big";
    case HF_PLAN_NO_ROOM:
        return "no-room";
    case HF_PLAN_APART:
        return "kept-apart";
    case HF_PLAN_TOGETHER:
        return "kept-together";
    case HF_PLAN_NOT_FOUND:
        return "not-found";
    }
    return "";
}

const char *hf_plan_change_word(enum hf_plan_change_kind kind)
{
    switch (kind) {
    case HF_PLAN_ADD_WITNESS:
        return "add-witness";
    case HF_PLAN_ADD_OWNER:
        return "add-owner";
    case HF_PLAN_GROW_NODE:
        return "grow-node";
    case HF_PLAN_GROW_ALL:
        return "grow-all";
    case HF_PLAN_ADD_NODE:
        return "add-node";
    }
    return "";
}

/* 2500 of 1000 a unit: "2.5"; whole numbers without a fraction. Rounded up to a tenth. */
static void say_tenths(int64_t amount, int64_t unit, struct hf_strbuf *out)
{
    int64_t tenths = (amount * 10 + unit - 1) / unit;
    hf_strbuf_addf(out, "%lld", (long long)(tenths / 10));
    if (tenths % 10)
        hf_strbuf_addf(out, ".%lld", (long long)(tenths % 10));
}

void hf_plan_say_amount(unsigned resource, int64_t amount, struct hf_strbuf *out)
{
    bool large = amount >= (resource == HF_MEMORY ? 1024 : 1000);
    if (resource == HF_CPU) {
        say_tenths(amount, 1000, out);
        hf_strbuf_add(out, amount == 1000 ? " core" : " cores");
    } else if (resource == HF_MEMORY) {
        say_tenths(amount, large ? 1024 : 1, out);
        hf_strbuf_add(out, large ? " GiB" : " MiB");
    } else if (resource == HF_NETWORK) {
        say_tenths(amount, large ? 1000 : 1, out);
        hf_strbuf_add(out, large ? " Gbit/s" : " Mbit/s");
    } else {
        say_tenths(amount, large ? 1000 : 1, out);
        hf_strbuf_add(out, large ? "k IOPS" : " IOPS");
    }
}

void hf_plan_say_permille(int permille, struct hf_strbuf *out)
{
    if (permille < 0)
        hf_strbuf_add(out, "?");
    else
        hf_strbuf_addf(out, "%d %%", (permille + 5) / 10);
}

/* ---- Lists ---- */

/* A list of names that may be cut: "a, b and 3 more". */
struct list {
    struct hf_strbuf *out;
    size_t begin;
    size_t most; /* bytes, 0 = any */
    unsigned count, cut;
};

static struct list list_begin(struct hf_strbuf *out, size_t most)
{
    return (struct list){.out = out, .begin = out->length, .most = most};
}

static void list_add(struct list *list, const char *name)
{
    size_t used = list->out->length - list->begin;
    if (list->cut || (list->most && list->count && used + strlen(name) + 16 > list->most)) {
        list->cut++;
        return;
    }
    hf_strbuf_addf(list->out, "%s%s", list->count ? ", " : "", name);
    list->count++;
}

static void list_end(struct list *list)
{
    if (list->cut)
        hf_strbuf_addf(list->out, " and %u more", list->cut);
}

void hf_plan_say_left_out(const struct hf_plan *plan, const struct hf_plan_case *c, size_t most,
                          struct hf_strbuf *out)
{
    struct list list = list_begin(out, most);
    for (unsigned k = 0; k < c->n_left_out; k++)
        list_add(&list, plan->input->instances[c->left_out[k].instance].name);
    list_end(&list);
}

void hf_plan_say_no_quorum(const struct hf_plan *plan, const struct hf_plan_case *c,
                           struct hf_strbuf *out)
{
    unsigned left = plan->input->witness;
    for (unsigned n = 0; n < plan->input->n_nodes; n++)
        left += plan->input->nodes[n].up && !(c->lost >> n & 1);
    if (!hf_plan_left(plan->input, c))
        hf_strbuf_add(out, "everything: no node is left");
    else
        hf_strbuf_addf(out, "everything: no quorum (%u of %u votes left, %u needed)", left,
                       plan->votes, plan->needed);
}

/* ---- Moves ---- */

/* Does it leave a node that is still there? */
static bool makes_room(const struct hf_plan *plan, const struct hf_plan_case *c, int home)
{
    return home >= 0 && (hf_plan_left(plan->input, c) >> home & 1);
}

static int home_before(const struct hf_plan *plan, const struct hf_plan_case *c, unsigned i)
{
    return c->kind == HF_PLAN_NORMAL ? plan->input->instances[i].now : hf_plan_home(plan, i);
}

/* What starts on node n, or moves there. Returns how many. */
static unsigned say_arrivals(const struct hf_plan *plan, const struct hf_plan_case *c, unsigned n,
                             bool room, size_t most, struct hf_strbuf *out)
{
    struct list list = {0};
    for (unsigned i = 0; i < plan->input->n_instances; i++) {
        int home = home_before(plan, c, i);
        if (c->place[i] != (int)n || home == (int)n || makes_room(plan, c, home) != room)
            continue;
        if (!list.out)
            list = list_begin(out, most);
        list_add(&list, plan->input->instances[i].name);
    }
    if (!list.out)
        return 0;
    list_end(&list);
    hf_strbuf_addf(out, " -> %s", plan->input->nodes[n].name);
    return list.count;
}

void hf_plan_say_moves(const struct hf_plan *plan, const struct hf_plan_case *c, size_t most,
                       struct hf_strbuf *out)
{
    size_t begin = out->length;
    bool first = true;
    unsigned cut = 0;
    for (int room = 0; room < 2; room++) {
        bool first_of_kind = true;
        for (unsigned n = 0; n < plan->input->n_nodes; n++) {
            struct hf_strbuf HF_STRBUF_CLEANUP part;
            hf_strbuf_init(&part);
            if (!say_arrivals(plan, c, n, room, most ? most / 2 : 0, &part))
                continue;
            if (most && !first && out->length - begin + part.length + 40 > most) {
                cut++;
                continue;
            }
            hf_strbuf_addf(out, "%s%s%s", first ? "" : "; ",
                           room && first_of_kind ? "to make room: " : "", part.data);
            first = first_of_kind = false;
        }
    }
    if (cut)
        hf_strbuf_addf(out, "; and to %u more node%s", cut, cut == 1 ? "" : "s");
}

bool hf_plan_recovery(const struct hf_plan *plan, const struct hf_plan_case *c, int64_t *ret_ms)
{
    bool known = true;
    *ret_ms = 0;
    for (unsigned i = 0; i < plan->input->n_instances; i++) {
        int home = hf_plan_home(plan, i);
        int64_t ms = plan->input->instances[i].recovery_ms;
        if (c->kind == HF_PLAN_NORMAL || home < 0 || !(c->lost >> home & 1) || c->place[i] < 0)
            continue;
        known &= ms != HF_PLAN_RECOVERY_UNKNOWN;
        *ret_ms = ms > *ret_ms ? ms : *ret_ms;
    }
    return known;
}

/* ---- Reasons and changes ---- */

void hf_plan_say_why(const struct hf_plan *plan, const struct hf_plan_left_out *left_out,
                     struct hf_strbuf *out)
{
    const struct hf_plan_input *input = plan->input;
    const char *node = left_out->node >= 0 ? input->nodes[left_out->node].name : "";
    const char *other = input->instances[left_out->other].name;
    switch (left_out->why) {
    case HF_PLAN_NO_OWNER:
        hf_strbuf_add(out, "none of its possible owners is left");
        return;
    case HF_PLAN_TOO_BIG:
    case HF_PLAN_NO_ROOM:
        hf_strbuf_addf(out, "%s of %s is short by ", hf_plan_resource(left_out->resource), node);
        hf_plan_say_amount(left_out->resource, left_out->short_by, out);
        if (left_out->why == HF_PLAN_TOO_BIG)
            hf_strbuf_add(out, ", even if nothing else ran there");
        return;
    case HF_PLAN_APART:
        hf_strbuf_addf(out, "it is kept apart from %s, which runs on %s", other, node);
        return;
    case HF_PLAN_TOGETHER:
        hf_strbuf_addf(out, "it shares a node with %s, and none has room for both", other);
        return;
    case HF_PLAN_NOT_FOUND:
        hf_strbuf_add(out, "no placement with it was found, and none is proved not to exist");
        return;
    }
}

/* "16 GiB more memory and 2 cores more CPU". */
static void say_amounts(const struct hf_plan_change *change, const char *more,
                        struct hf_strbuf *out)
{
    bool first = true;
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        if (!change->amount[r])
            continue;
        hf_strbuf_add(out, first ? "" : ", ");
        hf_plan_say_amount(r, change->amount[r], out);
        hf_strbuf_addf(out, "%s %s", more, hf_plan_resource(r));
        first = false;
    }
}

void hf_plan_say_change(const struct hf_plan *plan, const struct hf_plan_change *change,
                        struct hf_strbuf *out)
{
    const struct hf_plan_input *input = plan->input;
    switch (change->kind) {
    case HF_PLAN_ADD_WITNESS:
        hf_strbuf_add(out, "a witness disk, for one more vote");
        return;
    case HF_PLAN_ADD_OWNER:
        hf_strbuf_addf(out, "%s as one more possible owner of %s", input->nodes[change->node].name,
                       input->instances[change->instance].name);
        return;
    case HF_PLAN_GROW_NODE:
        say_amounts(change, " more", out);
        hf_strbuf_addf(out, " on %s", input->nodes[change->node].name);
        return;
    case HF_PLAN_GROW_ALL:
        say_amounts(change, " more", out);
        hf_strbuf_add(out, " on every node");
        return;
    case HF_PLAN_ADD_NODE:
        hf_strbuf_add(out, "one more passive node");
        hf_strbuf_add(out, " with ");
        say_amounts(change, "", out);
        hf_strbuf_add(out, input->standard ? ", a possible owner of all that may have one more"
                                           : ", a possible owner of everything");
        return;
    }
}

/*
 * Topologies side by side: the same instances on nodes of one size, so many active and so many
 * passive, and the smallest number of nodes that carries what it must.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/impl.h"

static bool take_number(const char **text, unsigned *ret)
{
    unsigned number = 0;
    const char *at = *text;
    while (*at >= '0' && *at <= '9' && number < HF_NODES_MAX)
        number = number * 10 + (unsigned)(*at++ - '0');
    if (at == *text)
        return false;
    *text = at;
    *ret = number;
    return true;
}

/* "N+1", "3+2". */
static bool parse_numbers(const char *text, struct hf_plan_shape *ret)
{
    if (*text == 'N' || *text == 'n') {
        ret->open = true;
        ret->active = 1;
        text++;
    } else if (!take_number(&text, &ret->active)) {
        return false;
    }
    if (*text++ != '+' || !take_number(&text, &ret->passive))
        return false;
    return *text == '\0' && ret->active >= 1;
}

/* "active/active/passive": the active ones first. */
static bool parse_words(const char *text, struct hf_plan_shape *ret)
{
    while (strncmp(text, "active", 6) == 0 && (text[6] == '/' || text[6] == '\0')) {
        ret->active++;
        text += text[6] ? 7 : 6;
    }
    while (strncmp(text, "passive", 7) == 0 && (text[7] == '/' || text[7] == '\0')) {
        ret->passive++;
        text += text[7] ? 8 : 7;
    }
    return *text == '\0' && ret->active >= 1 && text[-1] != '/';
}

bool hf_plan_shape_parse(const char *text, struct hf_plan_shape *ret)
{
    *ret = (struct hf_plan_shape){0};
    if (!text[0] || strlen(text) >= sizeof(ret->name))
        return false;
    memcpy(ret->name, text, strlen(text) + 1);
    bool good = strchr(text, '+') ? parse_numbers(text, ret) : parse_words(text, ret);
    unsigned nodes = ret->active + ret->passive;
    return good && nodes >= 2 && nodes <= HF_NODES_MAX;
}

/* How many failures at once it must carry: as many as it has passive nodes, one at least. */
static unsigned must_carry(const struct hf_plan_shape *shape)
{
    return shape->passive >= 2 ? 2 : 1;
}

static void lay_out(const struct hf_plan_input *from, unsigned active, unsigned passive,
                    struct hf_plan_input *to)
{
    unsigned nodes = active + passive;
    *to = *from;
    to->n_nodes = nodes;
    to->standard = false;
    to->witness = nodes % 2 == 0; /* an even number of nodes needs one vote more */
    for (unsigned n = 0; n < nodes; n++) {
        struct hf_plan_node *node = &to->nodes[n];
        *node = from->nodes[0];
        node->site[0] = '\0';
        node->up = node->in_service = true;
        node->passive = n >= active;
        if (node->passive)
            (void)snprintf(node->name, sizeof(node->name), "passive%u", n - active + 1);
        else
            (void)snprintf(node->name, sizeof(node->name), "active%u", n + 1);
    }
    for (unsigned i = 0; i < to->n_instances; i++) {
        to->instances[i].owners = nodes == 64 ? UINT64_MAX : hf_plan_bit(nodes) - 1;
        to->instances[i].n_preferred = 0;
        to->instances[i].now = HF_PLAN_NOWHERE;
    }
}

/* Passive nodes are empty in normal times, or they would be active ones. */
static bool passive_free(const struct hf_plan *plan)
{
    for (unsigned i = 0; i < plan->input->n_instances; i++) {
        int home = hf_plan_home(plan, i);
        if (home >= 0 && plan->input->nodes[home].passive)
            return false;
    }
    return true;
}

static bool is_enough(const struct hf_plan *plan, unsigned failures)
{
    struct hf_plan_verdict v;
    hf_plan_judge(plan, &v);
    return v.normal && passive_free(plan) && v.carried[HF_PLAN_NODE] == v.total[HF_PLAN_NODE] &&
           (failures < 2 || v.carried[HF_PLAN_PAIR] == v.total[HF_PLAN_PAIR]);
}

/* No number of nodes below this has the capacity, with `lost` of them gone. */
static unsigned least_nodes(const struct hf_plan_input *input, unsigned lost)
{
    unsigned least = 1;
    for (unsigned r = 0; r < HF_RESOURCES; r++) {
        int64_t usable = hf_plan_usable(input, input->nodes[0].capacity[r]);
        int64_t total = 0;
        for (unsigned i = 0; i < input->n_instances; i++)
            total += input->instances[i].wanted ? hf_plan_need(&input->instances[i], r) : 0;
        if (usable > 0 && (total + usable - 1) / usable > least)
            least = (unsigned)((total + usable - 1) / usable);
    }
    return least + lost;
}

static void worst_of(const struct hf_plan *plan, const struct hf_plan_case *c, unsigned failures,
                     struct hf_plan_topology *ret)
{
    struct hf_plan_fullest fullest;
    unsigned served = ret->instances - c->n_left_out;
    if (hf_plan_fullest(plan, c, hf_plan_left(plan->input, c), &fullest) &&
        fullest.permille > ret->permille[failures]) {
        ret->permille[failures] = fullest.permille;
        ret->resource[failures] = (uint8_t)fullest.resource;
    }
    if (served < ret->served[failures])
        ret->served[failures] = served;
    ret->quorum[failures] &= c->quorum;
}

void hf_plan_summarise(const struct hf_plan *plan, struct hf_plan_topology *ret)
{
    ret->instances = 0;
    ret->active = ret->passive = 0;
    for (unsigned i = 0; i < plan->input->n_instances; i++)
        ret->instances += plan->input->instances[i].wanted;
    for (unsigned n = 0; n < plan->input->n_nodes; n++)
        *(plan->input->nodes[n].passive ? &ret->passive : &ret->active) += 1;
    ret->witness = plan->input->witness;
    for (unsigned k = 0; k < 3; k++) {
        ret->permille[k] = -1;
        ret->served[k] = ret->instances;
        ret->quorum[k] = true;
    }
    for (unsigned k = 0; k < plan->n_cases; k++) {
        const struct hf_plan_case *c = &plan->cases[k];
        if (c->kind != HF_PLAN_SITE)
            worst_of(plan, c, c->kind == HF_PLAN_NORMAL ? 0 : c->kind == HF_PLAN_NODE ? 1 : 2, ret);
    }
    hf_plan_judge(plan, &ret->verdict);
}

/* An instance that no node of this size can hold is not served by any number of them. */
static bool any_too_big(const struct hf_plan_input *input)
{
    for (unsigned i = 0; i < input->n_instances; i++) {
        for (unsigned r = 0; input->instances[i].wanted && r < HF_RESOURCES; r++) {
            int64_t capacity = input->nodes[0].capacity[r];
            if (capacity && hf_plan_need(&input->instances[i], r) > hf_plan_usable(input, capacity))
                return true;
        }
    }
    return false;
}

/* One number of active nodes. *ret_enough: it does, and ret is filled. */
static int try_number(const struct hf_plan_input *input, struct hf_plan_input *room,
                      unsigned active, struct hf_plan_topology *ret, bool *ret_enough)
{
    unsigned failures = must_carry(&ret->shape);
    struct hf_plan_options quick = {.no_pairs = failures < 2};
    struct hf_plan *plan = NULL;
    lay_out(input, active, ret->shape.passive, room);
    int r = hf_plan_make(room, &quick, &plan);
    if (r < 0)
        return r;
    *ret_enough = is_enough(plan, failures);
    if (*ret_enough && quick.no_pairs) {
        hf_plan_free(plan);
        plan = NULL;
        r = hf_plan_make(room, NULL, &plan);
    }
    if (r == 0 && *ret_enough)
        hf_plan_summarise(plan, ret);
    hf_plan_free(plan);
    return r;
}

/* Below this no number can do: the passive nodes are free in normal times. */
static unsigned first_number(const struct hf_plan_input *input, const struct hf_plan_shape *shape)
{
    unsigned normal = least_nodes(input, 0);
    unsigned after = least_nodes(input, must_carry(shape));
    unsigned active = after > shape->passive ? after - shape->passive : 1;
    active = active > normal ? active : normal;
    return active > shape->active ? active : shape->active;
}

int hf_plan_compare_topology(const struct hf_plan_input *input, const struct hf_plan_shape *shape,
                             struct hf_plan_topology *ret)
{
    *ret = (struct hf_plan_topology){.shape = *shape};
    if (input->n_nodes == 0 || any_too_big(input))
        return 0;
    struct hf_plan_input *room = malloc(sizeof(*room));
    if (!room)
        return -ENOMEM;
    int r = 0;
    unsigned first = first_number(input, shape);
    for (unsigned active = first; r == 0 && active + shape->passive <= HF_NODES_MAX; active++) {
        bool enough = false;
        if (active + shape->passive < 2)
            continue;
        r = try_number(input, room, active, ret, &enough);
        if (!enough)
            continue;
        ret->possible = true;
        ret->said_is_enough = active == shape->active;
        break;
    }
    free(room);
    return r;
}

/*
 * A Lagrangian relaxation: capacities and budgets get prices, then every instance takes its
 * cheapest choice on its own. Whatever the prices, a sum above what the limits can pay proves that
 * no placement keeps them. Integers only; prices move along the subgradient.
 */

#include <string.h>

#include "core/place_impl.h"

#define PRICE_MAX ((int64_t)1 << 46)
#define BUDGET_PRICE_MAX ((int64_t)1 << 40)

static int64_t cap_norm(const struct hf_place_workspace *ws, unsigned n, unsigned r)
{
    int64_t largest = ws->model.largest[r];

    return ((ws->limits.cap[n][r] << 20) + largest - 1) / largest; /* rounded up: a relaxation */
}

/* What it costs to have i on node n. */
static int64_t price_on(const struct hf_place_workspace *ws, unsigned i, unsigned n)
{
    const struct hf_place_model *m = &ws->model;
    int64_t sum = ws->prices.cost * m->cost[i][n];

    if (m->home[i] >= 0 && m->home[i] != (int)n) {
        sum += ws->prices.moves;
    }
    for (unsigned r = 0; r < m->n_resources; r++) {
        sum += (ws->prices.cap[n][r] >> 20) * m->norm[i][r];
    }
    return sum;
}

static int64_t price_out(const struct hf_place_workspace *ws, unsigned i)
{
    int64_t moves = ws->model.home[i] >= 0 ? ws->prices.moves : 0;

    return ws->prices.left_out[ws->model.cls[i]] + moves +
           ws->prices.cost * ws->model.cost[i][ws->model.n_nodes];
}

/* The cheapest choice of i: a node, or n_nodes for left out, or -1 where there is none. */
static int cheapest(struct hf_place_workspace *ws, unsigned i, int64_t *ret_price)
{
    int best = -1;

    for (uint64_t left = ws->allowed[i]; left; left &= left - 1) {
        unsigned n = hf_place_first(left);
        int64_t price = price_on(ws, i, n);
        ws->steps++;
        if (best < 0 || price < *ret_price) {
            best = (int)n;
            *ret_price = price;
        }
    }
    if (ws->may_leave[i] && (best < 0 || price_out(ws, i) < *ret_price)) {
        best = (int)ws->model.n_nodes;
        *ret_price = price_out(ws, i);
    }
    return best;
}

static void count_choice(struct hf_place_workspace *ws, unsigned i, int choice)
{
    const struct hf_place_model *m = &ws->model;

    if (m->home[i] >= 0 && choice != m->home[i]) {
        ws->breach.moves += HF_PLACE_NORM_ONE;
    }
    if (choice == (int)m->n_nodes) {
        ws->breach.left_out[m->cls[i]] += HF_PLACE_NORM_ONE;
        return;
    }
    for (unsigned r = 0; r < m->n_resources; r++) {
        ws->breach.cap[choice][r] += m->norm[i][r];
    }
}

/* Moves that no choice avoids: instances that run where they must not stay. */
static int64_t moves_budget(const struct hf_place_workspace *ws)
{
    int64_t budget = ws->limits.moves;

    for (unsigned i = 0; i < ws->model.n_instances; i++) {
        budget -= ws->model.running[i] && ws->model.home[i] < 0 &&
                  ws->model.cls[i] < ws->limits.n_classes;
    }
    return budget;
}

/* What the limits can pay; at the same time the limits enter the breach. */
static int64_t pay(struct hf_place_workspace *ws)
{
    const struct hf_place_limits *l = &ws->limits;
    int64_t sum = 0;

    memset(&ws->breach, 0, sizeof(ws->breach));
    for (unsigned n = 0; n < ws->model.n_nodes; n++) {
        for (unsigned r = 0; (ws->model.up & hf_place_bit(n)) && r < ws->model.n_resources; r++) {
            int64_t cap = cap_norm(ws, n, r);
            ws->breach.cap[n][r] = -cap;
            sum += (ws->prices.cap[n][r] >> 20) * cap;
        }
    }
    for (unsigned c = 0; c < l->n_classes; c++) {
        ws->breach.left_out[c] = -(int64_t)l->left_out[c] * HF_PLACE_NORM_ONE;
        sum += ws->prices.left_out[c] * l->left_out[c];
    }
    int64_t moves = moves_budget(ws);
    ws->breach.moves = -moves * HF_PLACE_NORM_ONE;
    sum += ws->prices.moves * moves;
    if (l->cost != HF_PLACE_COST_ANY) {
        sum += ws->prices.cost * (int64_t)l->cost;
    }
    return sum;
}

/* Positive: the limits can not be kept. INT64_MAX: an instance has no choice at all. */
static int64_t relax(struct hf_place_workspace *ws)
{
    int64_t value = -pay(ws);

    for (unsigned i = 0; i < ws->model.n_instances; i++) {
        if (ws->model.cls[i] >= ws->limits.n_classes) {
            continue;
        }
        int64_t price = 0;
        int choice = cheapest(ws, i, &price);
        if (choice < 0) {
            return INT64_MAX;
        }
        value += price;
        count_choice(ws, i, choice);
    }
    return value;
}

static int64_t square_of(int64_t breach, int64_t price)
{
    int64_t g = breach / 1024;

    return breach < 0 && price == 0 ? 0 : g * g;
}

static int64_t squares(const struct hf_place_workspace *ws, enum hf_place_goal goal,
                       unsigned goal_class)
{
    int64_t sum = 1;

    for (uint64_t left = ws->model.up; left; left &= left - 1) {
        unsigned n = hf_place_first(left);
        for (unsigned r = 0; r < ws->model.n_resources; r++) {
            sum += square_of(ws->breach.cap[n][r], ws->prices.cap[n][r]);
        }
    }
    for (unsigned c = 0; c < ws->limits.n_classes; c++) {
        if (goal != HF_PLACE_GOAL_SERVE || c != goal_class) {
            sum += square_of(ws->breach.left_out[c], ws->prices.left_out[c]);
        }
    }
    if (goal != HF_PLACE_GOAL_MOVE) {
        sum += square_of(ws->breach.moves, ws->prices.moves);
    }
    return sum;
}

static void adjust(int64_t *price, int64_t breach, int64_t rate, int64_t max)
{
    int64_t next = *price + (rate * (breach / 1024));

    *price = next < 0 ? 0 : next > max ? max : next;
}

/* Prices rise where a limit is broken and fall where it is not; the goal keeps its price. */
static void move_prices(struct hf_place_workspace *ws, enum hf_place_goal goal, unsigned goal_class,
                        int64_t want, int64_t theta)
{
    struct hf_place_prices *p = &ws->prices;
    int64_t total = squares(ws, goal, goal_class);
    int64_t high = want > ((int64_t)1 << 48) ? (int64_t)1 << 48 : want;
    int64_t rate = high * 1024 / total * theta / 64; /* theta in 1/64 */
    int64_t rate_max = (int64_t)1 << 38;

    rate = rate > rate_max ? rate_max : rate;
    for (uint64_t left = ws->model.up; left; left &= left - 1) {
        unsigned n = hf_place_first(left);
        for (unsigned r = 0; r < ws->model.n_resources; r++) {
            adjust(&p->cap[n][r], ws->breach.cap[n][r], rate, PRICE_MAX);
        }
    }
    for (unsigned c = 0; c < ws->limits.n_classes; c++) {
        if (goal != HF_PLACE_GOAL_SERVE || c != goal_class) {
            adjust(&p->left_out[c], ws->breach.left_out[c], rate, BUDGET_PRICE_MAX);
        }
    }
    if (goal != HF_PLACE_GOAL_MOVE) {
        adjust(&p->moves, ws->breach.moves, rate, BUDGET_PRICE_MAX);
    }
}

static void first_prices(struct hf_place_workspace *ws, enum hf_place_goal goal,
                         unsigned goal_class)
{
    struct hf_place_prices *p = &ws->prices;

    memset(p, 0, sizeof(*p));
    for (unsigned c = 0; c < ws->limits.n_classes; c++) {
        p->left_out[c] = 2 * HF_PLACE_UNIT;
    }
    if (goal == HF_PLACE_GOAL_SERVE) {
        p->left_out[goal_class] = HF_PLACE_UNIT;
    } else {
        p->moves = HF_PLACE_UNIT;
    }
    if (goal == HF_PLACE_GOAL_COST) {
        p->cost = HF_PLACE_UNIT;
    }
}

/* Better and better prices; the best are left in ws->prices. Returns their value. */
static int64_t climb(struct hf_place_workspace *ws, enum hf_place_goal goal, unsigned goal_class,
                     unsigned rounds)
{
    int64_t best = INT64_MIN;
    int64_t theta = 96;
    unsigned stale = 0;

    for (unsigned k = 0; k < rounds && theta > 1; k++) {
        int64_t value = relax(ws);
        if (value > best) {
            best = value;
            ws->best_prices = ws->prices;
            stale = 0;
        } else if (++stale >= 5) {
            theta = theta * 5 / 8;
            stale = 0;
        }
        if (best > 0 || hf_place_steps_left(ws) == 0) {
            break;
        }
        move_prices(ws, goal, goal_class, HF_PLACE_UNIT / 8 - value, theta);
    }
    ws->prices = ws->best_prices;
    return best;
}

/* Rule out the choices whose excess alone is more than the limits can pay. */
static bool filter(struct hf_place_workspace *ws, unsigned i)
{
    unsigned out = ws->model.n_nodes;
    int64_t least = 0;

    if (cheapest(ws, i, &least) < 0) {
        return false;
    }
    for (uint64_t left = ws->allowed[i]; left; left &= left - 1) {
        unsigned n = hf_place_first(left);
        ws->excess[i][n] = price_on(ws, i, n) - least;
        if (ws->excess[i][n] > ws->gap) {
            ws->allowed[i] &= ~hf_place_bit(n);
        }
    }
    ws->excess[i][out] = price_out(ws, i) - least;
    if (ws->excess[i][out] > ws->gap) {
        ws->may_leave[i] = false;
    }
    return true;
}

enum hf_place_answer hf_place_bound(struct hf_place_workspace *ws, enum hf_place_goal goal,
                                    unsigned goal_class, unsigned rounds)
{
    first_prices(ws, goal, goal_class);
    int64_t value = climb(ws, goal, goal_class, rounds);
    if (value > 0) {
        return HF_PLACE_NO;
    }
    ws->gap = -value;
    for (unsigned i = 0; i < ws->model.n_instances; i++) {
        if (ws->model.cls[i] < ws->limits.n_classes && !filter(ws, i)) {
            return HF_PLACE_NO;
        }
    }
    ws->filtered = true;
    return HF_PLACE_UNKNOWN;
}

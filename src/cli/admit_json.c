#include "cli/admit_words.h"
#include "cli/plan_show.h"

static const char *effect(const struct hf_plan_comparison *compared)
{
    return compared->breaks_rule ? "breaks-rule" : compared->n_worse ? "worse" : "none";
}

static json_t *worse_json(const struct hf_admit_plans *plans)
{
    json_t *list = json_array();
    for (unsigned k = 0; k < plans->compared.n_worse; k++) {
        const struct hf_plan_worse *worse = &plans->compared.worse[k];
        json_t *one = hf_plan_case_json(plans->after, &plans->after->cases[worse->number]);
        (void)json_object_set_new(one, "was_carried", json_boolean(worse->was_carried));
        (void)json_array_append_new(list, one);
    }
    return list;
}

json_t *hf_admit_json(const struct hf_admit_plans *plans)
{
    if (!plans)
        return json_pack("{s:b}", "checked", 0);
    unsigned survive = plans->after->input->survive;
    json_t *before =
        plans->before ? hf_plan_verdict_json(plans->before, &plans->compared.was) : json_null();
    return json_pack("{s:b, s:o, s:s?, s:o, s:o, s:o}", "checked", 1, "survive",
                     survive ? json_integer(survive) : json_null(), "effect",
                     plans->before ? effect(&plans->compared) : NULL, "before", before, "after",
                     hf_plan_verdict_json(plans->after, &plans->compared.will), "worse",
                     worse_json(plans));
}

/*
 * status_use.c - what instances need and use, what nodes have: stated beside measured.
 *
 * "measured" and "used" are this node's own knowledge: of an instance that runs elsewhere it has
 * what it measured while that ran here. "counts" is what every node of the cluster plans with:
 * what is stated, else what the owner measured, as it was decided.
 */
#include "core/demand.h"
#include "daemon/status.h"

#define MIB (UINT64_C(1) << 20)
#define MBIT_BYTES 125000u /* a second */

json_t *hf_status_amounts(const uint64_t stated[HF_RESOURCES])
{
    const uint64_t amounts[HF_MEASURES] = {
        [HF_MEASURE_CPU] = stated[HF_CPU],
        [HF_MEASURE_MEMORY] = stated[HF_MEMORY] * MIB,
        [HF_MEASURE_NETWORK] = stated[HF_NETWORK] * MBIT_BYTES,
        [HF_MEASURE_IO] = stated[HF_IOPS],
    };
    uint32_t known = 0;
    for (unsigned m = 0; m < HF_MEASURES; m++)
        known |= amounts[m] ? 1u << m : 0;
    return hf_measure_amounts_json(known, amounts);
}

static json_t *used_json(const struct hf_status_used *used)
{
    if (!used->at_ms)
        return json_null();
    json_t *json = hf_measure_amounts_json(used->known, used->amount);
    (void)json_object_set_new(json, "at_ms", json_integer((json_int_t)used->at_ms));
    return json;
}

json_t *hf_status_demand_json(const struct hf_status_input *input, uint16_t instance)
{
    static const struct hf_status_use nothing;
    const struct hf_status_use *use = input->uses ? &input->uses[instance] : &nothing;
    uint64_t counts[HF_RESOURCES];
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        counts[r] = hf_demand_planned(input->state, instance, r);
    return json_pack("{s:o, s:o, s:o, s:o}", "stated",
                     hf_status_amounts(input->state->spec.instances[instance].demand), "measured",
                     hf_measure_demand_json(&use->measured), "used", used_json(&use->used),
                     "counts", hf_status_amounts(counts));
}

static json_t *machine_json(const struct hf_status_machine *machine)
{
    const uint64_t amounts[HF_MEASURES] = {
        [HF_MEASURE_CPU] = machine->has.cpu_milli,
        [HF_MEASURE_MEMORY] = machine->has.memory_bytes,
        [HF_MEASURE_NETWORK] = machine->has.network_bytes_s,
    };
    uint32_t known = 0;
    for (unsigned m = 0; m < HF_MEASURES; m++)
        known |= amounts[m] ? 1u << m : 0;
    return known ? hf_measure_amounts_json(known, amounts) : json_null();
}

json_t *hf_status_capacity_json(const struct hf_status_input *input, uint8_t node)
{
    static const struct hf_status_machine nothing;
    bool self = input->machine && node == input->self;
    const struct hf_status_machine *machine = self ? input->machine : &nothing;
    uint64_t counts[HF_RESOURCES];
    for (unsigned r = 0; r < HF_RESOURCES; r++)
        counts[r] = hf_capacity_planned(input->state, node, r);
    return json_pack("{s:o, s:o, s:o, s:o}", "stated",
                     hf_status_amounts(input->state->spec.nodes[node].capacity), "measured",
                     machine_json(machine), "used", used_json(&machine->used), "counts",
                     hf_status_amounts(counts));
}

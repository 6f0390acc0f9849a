/* The size of an instance, full or degraded, as status and why tell it. */
#include "core/size.h"
#include "daemon/control_reply.h"
#include "daemon/status.h"
#include "daemon/status_json.h"

bool hf_status_degraded(const struct hf_status_input *input, uint16_t instance)
{
    return hf_status_current(input) && input->state->instances[instance].phase == HF_ONLINE &&
           hf_is_degraded(input->state, instance);
}

const char *hf_status_waits(const struct hf_status_input *input, uint16_t instance)
{
    const struct hf_instance_state *now = &input->state->instances[instance];
    bool here = input->sizes && now->phase == HF_ONLINE && now->owner == input->self;
    return here && hf_status_current(input) ? input->sizes[instance].waits : "";
}

json_t *hf_status_size_json(const struct hf_status_input *input, uint16_t instance)
{
    const struct hf_status_size *size = input->sizes ? &input->sizes[instance] : NULL;
    const char *waits = hf_status_waits(input, instance);
    bool degraded = hf_status_degraded(input, instance);
    bool known = degraded && size && size->seen && size->degraded;
    return json_pack("{s:b, s:I, s:o}", "degraded", degraded, "degraded_since_ms",
                     (json_int_t)(known ? size->since_ms : 0), "size_waits",
                     hf_control_text(waits[0] ? waits : NULL));
}

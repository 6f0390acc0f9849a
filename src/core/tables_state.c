/* Field tables of the replicated state, of its changes and of its history. */
#include "core/state.h"
#include "core/tables.h"

#define R struct hf_reason
static const struct hf_field reason_rows[] = {
    HF_U16(R, 1, code),          HF_NODE(R, 2, node),  HF_NODE(R, 3, node2),
    HF_INSTANCE(R, 4, instance), HF_U64(R, 5, number),
};
HF_TABLE(hf_table_reason, R, reason_rows);
#undef R

#define J struct hf_rejection
static const struct hf_field rejection_rows[] = {
    HF_NODE(J, 1, node),
    HF_STRUCT(J, 2, reason, &hf_table_reason),
};
static HF_TABLE(rejection_table, J, rejection_rows);
#undef J

#define T struct hf_takeover
static const struct hf_field takeover_rows[] = {
    HF_STRUCT(T, 1, cause, &hf_table_reason),
    HF_STRUCT(T, 2, choice, &hf_table_reason),
    HF_NODE(T, 3, from),
    HF_NODE(T, 4, to),
    HF_U64(T, 5, noticed_ms),
    HF_U64(T, 6, decided_ms),
    HF_U64(T, 7, online_ms),
    HF_FIXED(T, 8, HF_FIELD_U32, timings),
    HF_U64(T, 9, preempted_key),
    HF_STRUCTS(T, 10, rejections, rejection_count, &rejection_table),
};
static HF_TABLE(takeover_table, T, takeover_rows);
#undef T

#define I struct hf_instance_state
static const struct hf_field instance_rows[] = {
    HF_U32(I, 1, generation),
    HF_NODE(I, 2, owner),
    HF_U8(I, 3, goal),
    HF_BOOL(I, 4, wanted),
    HF_U8(I, 5, phase),
    HF_NODE(I, 6, target),
    HF_NODE(I, 7, last_owner),
    HF_U32(I, 8, attempt),
    HF_U64(I, 9, excluded),
    HF_U64(I, 10, since_ms),
    HF_U64(I, 11, retry_ms),
    HF_STRUCT(I, 12, reason, &hf_table_reason),
    HF_LIST(I, 13, HF_FIELD_U64, restarts, restart_count),
    HF_LIST(I, 14, HF_FIELD_U64, failovers, failover_count),
    HF_STRUCT(I, 15, takeover, &takeover_table),
    HF_TEXT(I, 16, detail),
    HF_U32_SINCE(2, I, 17, owners_had),
    HF_FIXED(I, 45, HF_FIELD_U64, measured),
};
HF_TABLE(hf_table_instance_state, I, instance_rows);
#undef I

#define N struct hf_node_state
static const struct hf_field node_rows[] = {
    HF_BOOL(N, 1, up),
    HF_BOOL(N, 2, drained),
    HF_BOOL(N, 3, quarantined),
    HF_BOOL(N, 4, fenced),
    HF_BOOL(N, 5, watchdog),
    HF_U64(N, 6, joined_epoch),
    HF_U64(N, 7, since_ms),
    HF_STRUCT(N, 8, reason, &hf_table_reason),
    HF_LIST(N, 9, HF_FIELD_U64, failures, failure_count),
    HF_ROW(N, 10, HF_FIELD_U16, speaks, 2, HF_FORMAT_FIRST),
    HF_FIXED(N, 45, HF_FIELD_U64, measured),
};
HF_TABLE(hf_table_node_state, N, node_rows);
#undef N

#define G struct hf_change
static const struct hf_field change_rows[] = {
    HF_U8(G, 1, type),
    HF_INSTANCE(G, 2, instance),
    HF_NODE(G, 3, node),
    HF_U8(G, 4, phase),
    HF_U32(G, 5, flags),
    HF_U32(G, 6, generation),
    HF_U64(G, 7, number),
    HF_U64(G, 8, noticed_ms),
    HF_STRUCT(G, 9, reason, &hf_table_reason),
    HF_STRUCT(G, 10, choice, &hf_table_reason),
    HF_FIXED(G, 11, HF_FIELD_U32, timings),
    HF_U64(G, 12, key),
    HF_STRUCTS(G, 13, rejections, rejection_count, &rejection_table),
    HF_NODE(G, 14, origin),
    HF_U64(G, 15, request),
    HF_TEXT(G, 16, text),
    HF_TEXT(G, 17, address),
    HF_TEXT(G, 18, address2),
    HF_FIXED(G, 45, HF_FIELD_U64, measured),
};
HF_TABLE(hf_table_change, G, change_rows);
#undef G

#define Y struct hf_history_record
static const struct hf_field history_rows[] = {
    HF_U64(Y, 1, index),
    HF_U64(Y, 2, wall_ms),
    HF_U8(Y, 3, type),
    HF_INSTANCE(Y, 4, instance),
    HF_NODE(Y, 5, node),
    HF_NODE(Y, 6, node2),
    HF_U8(Y, 7, phase),
    HF_U32(Y, 8, generation),
    HF_U64(Y, 9, number),
    HF_STRUCT(Y, 10, reason, &hf_table_reason),
    HF_STRUCT(Y, 11, choice, &hf_table_reason),
};
HF_TABLE(hf_table_history, Y, history_rows);
#undef Y

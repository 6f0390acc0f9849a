/* Field tables of the specification. */
#include "core/spec.h"
#include "core/tables.h"

#define C struct hf_cluster_spec
static const struct hf_field cluster_rows[] = {
    HF_TEXT(C, 1, name),
    HF_U8(C, 2, edition),
    HF_TEXT(C, 3, public_subnet),
    HF_TEXT(C, 4, private_subnet),
    HF_TEXT(C, 5, witness_disk),
    HF_LIST(C, 6, HF_FIELD_U8, fencing, fencing_count),
    HF_TEXT(C, 7, fence_agent),
    HF_TEXT(C, 8, fence_options_file),
    HF_U8(C, 9, survive),
    HF_U32(C, 10, token_ms),
    HF_U32(C, 11, quorum_loss_stop_ms),
    HF_U32(C, 12, daemon_grace_ms),
    HF_U32(C, 13, watchdog_ms),
    HF_U32(C, 14, key_watch_ms),
    HF_ROW(C, 40, HF_FIELD_U8, reserve_percent, 1, 10),
    HF_U8(C, 41, measured),
    HF_U8(C, 37, quarantine_failures),
    HF_U32(C, 38, quarantine_period_ms),
};
HF_TABLE_EXT(hf_table_cluster_spec, C, cluster_rows);
#undef C

#define N struct hf_node_spec
static const struct hf_field node_rows[] = {
    HF_TEXT(N, 1, name),
    HF_TEXT(N, 2, public_address),
    HF_TEXT(N, 3, private_address),
    HF_TEXT(N, 4, site),
    HF_U8(N, 5, role),
    HF_FIXED(N, 6, HF_FIELD_U64, capacity),
};
HF_TABLE_EXT(hf_table_node_spec, N, node_rows);
#undef N

#define D struct hf_disk_spec
static const struct hf_field disk_rows[] = {
    HF_TEXT(D, 1, device),
    HF_TEXT(D, 2, mount),
    HF_TEXT(D, 3, options),
    HF_U8(D, 4, type),
};
static HF_TABLE(disk_table, D, disk_rows);
#undef D

#define B struct hf_database_spec
static const struct hf_field database_rows[] = {
    HF_TEXT(B, 1, name),
    HF_U8(B, 2, written_by),
};
static HF_TABLE(database_table, B, database_rows);
#undef B

#define E struct hf_engine_spec
static const struct hf_field engine_rows[] = {
    HF_U8(E, 1, type),   HF_U16(E, 2, version), HF_U16(E, 3, port),      HF_TEXT(E, 4, data),
    HF_TEXT(E, 5, user), HF_TEXT(E, 6, unit),   HF_TEXT(E, 7, settings),
};
static HF_TABLE(engine_table, E, engine_rows);
#undef E

#define K struct hf_check_spec
static const struct hf_field check_rows[] = {
    HF_TEXT(K, 1, name),
    HF_TEXT(K, 2, database),
    HF_TEXT(K, 3, query),
    HF_TEXT(K, 4, expect),
};
static HF_TABLE(check_table, K, check_rows);
#undef K

#define H struct hf_health_spec
static const struct hf_field health_rows[] = {
    HF_U8(H, 1, level),
    HF_U32(H, 2, timeout_ms),
    HF_STRUCTS(H, 3, checks, check_count, &check_table),
};
static HF_TABLE(health_table, H, health_rows);
#undef H

#define F struct hf_failure_spec
static const struct hf_field failure_rows[] = {
    HF_U8(F, 1, restarts),  HF_U32(F, 2, restart_period_ms),
    HF_U8(F, 3, failovers), HF_U32(F, 4, failover_period_ms),
    HF_U32(F, 5, retry_ms),
};
static HF_TABLE(failure_table, F, failure_rows);
#undef F

#define I struct hf_instance_spec
static const struct hf_field instance_rows[] = {
    HF_TEXT(I, 1, name),
    HF_STRUCT(I, 2, engine, &engine_table),
    HF_STRUCTS(I, 3, disks, disk_count, &disk_table),
    HF_TEXT(I, 4, address),
    HF_U8(I, 5, prefix),
    HF_TEXT(I, 6, network_name),
    HF_STRUCTS(I, 7, databases, database_count, &database_table),
    HF_U64(I, 8, possible),
    HF_LIST(I, 9, HF_FIELD_U8, preferred, preferred_count),
    HF_ROW(I, 10, HF_FIELD_U32, priority, 4, 0),
    HF_BOOL(I, 11, priority_stated),
    HF_BOOL(I, 12, online),
    HF_BOOL(I, 13, start_first),
    HF_FIXED(I, 14, HF_FIELD_U64, demand),
    HF_FIXED(I, 15, HF_FIELD_U64, degraded),
    HF_TEXT(I, 16, degraded_settings),
    HF_U8(I, 17, failback),
    HF_U16(I, 18, failback_from_min),
    HF_U16(I, 19, failback_to_min),
    HF_STRUCT(I, 20, health, &health_table),
    HF_STRUCT(I, 21, failure, &failure_table),
    HF_U32(I, 22, start_timeout_ms),
    HF_U32(I, 23, stop_timeout_ms),
    HF_LIST(I, 24, HF_FIELD_U16, after, after_count),
    HF_LIST(I, 25, HF_FIELD_U16, apart_from, apart_count),
    HF_LIST(I, 26, HF_FIELD_U16, together_with, together_count),
    HF_TEXT_SINCE(2, I, 27, description),
};
HF_TABLE_EXT(hf_table_instance_spec, I, instance_rows);
#undef I

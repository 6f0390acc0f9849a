/* measures_json.c - what was measured, out of the journal as JSON. */
#include <string.h>

#include "daemon/measures.h"

static json_t *number(sqlite3_stmt *statement, int column)
{
    return json_integer((json_int_t)sqlite3_column_int64(statement, column));
}

/* Columns: start_s, resource, samples, p50, p95, p99, largest. */
static json_t *cell(sqlite3_stmt *statement)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "samples", number(statement, 2), "p50",
                     number(statement, 3), "p95", number(statement, 4), "p99", number(statement, 5),
                     "max", number(statement, 6));
}

/* The object of the row's time: the last one of rows, or a new one. */
static json_t *row_of(json_t *rows, json_int_t start_ms)
{
    json_t *last = json_array_get(rows, json_array_size(rows) - 1);
    if (json_integer_value(json_object_get(last, "start_ms")) == start_ms && last)
        return last;
    json_t *row = json_pack("{s:I}", "start_ms", start_ms);
    return json_array_append_new(rows, row) == 0 ? row : NULL;
}

static json_t *rows_json(sqlite3 *db, const char *instance,
                         const struct hf_measures_question *question)
{
    sqlite3_stmt *statement = NULL;
    json_t *rows = json_array();
    int step = sqlite3_prepare_v2(
        db,
        "SELECT start_s, resource, samples, p50, p95, p99, largest FROM measure WHERE level = ?1"
        " AND instance = ?2 AND start_s IN (SELECT DISTINCT start_s FROM measure WHERE level = ?1"
        " AND instance = ?2 ORDER BY start_s DESC LIMIT ?3) ORDER BY start_s, resource",
        -1, &statement, NULL);
    if (step == SQLITE_OK) {
        (void)sqlite3_bind_int(statement, 1, (int)question->level);
        (void)sqlite3_bind_text(statement, 2, instance, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int64(statement, 3, question->count);
    }
    while (rows && (step == SQLITE_OK || step == SQLITE_ROW) &&
           (step = sqlite3_step(statement)) == SQLITE_ROW) {
        json_int_t resource = (json_int_t)sqlite3_column_int64(statement, 1);
        json_t *row = row_of(rows, (json_int_t)sqlite3_column_int64(statement, 0) * 1000);
        if (resource >= 0 && resource < HF_MEASURES)
            (void)json_object_set_new(row, hf_measure_word((enum hf_measure)resource),
                                      cell(statement));
    }
    (void)sqlite3_finalize(statement);
    if (step == SQLITE_DONE)
        return rows;
    json_decref(rows);
    return NULL;
}

struct collected {
    sqlite3 *db;
    const struct hf_measures_question *question;
    json_t *list;
    bool failed;
};

static void collect(void *user, const char *instance)
{
    struct collected *all = user;
    struct hf_measure_demand demand;
    if (all->question->instance[0] && strcmp(all->question->instance, instance) != 0)
        return;
    json_t *rows = rows_json(all->db, instance, all->question);
    if (!rows || hf_measures_demand(all->db, instance, all->question->now_s, &demand) < 0) {
        json_decref(rows);
        all->failed = true;
        return;
    }
    (void)json_array_append_new(all->list,
                                json_pack("{s:s, s:o, s:o}", "name", instance, "measured",
                                          hf_measure_demand_json(&demand), "rows", rows));
}

json_t *hf_measures_json(sqlite3 *db, const struct hf_measures_question *question)
{
    struct collected all = {db, question, json_array(), false};
    int rc = all.list ? hf_measures_instances(db, collect, &all) : -1;
    json_t *json = rc < 0 || all.failed ? NULL : json_pack("{s:O}", "instances", all.list);
    json_decref(all.list);
    return json;
}

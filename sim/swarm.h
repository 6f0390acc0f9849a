/* swarm.h - many seeds at a time: workers, progress, coverage, what was found. */
#ifndef HF_SIM_SWARM_H
#define HF_SIM_SWARM_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_JOBS_MAX 64u

struct sim_swarm {
    uint64_t first, seeds;
    unsigned jobs;        /* processes, 1..SIM_JOBS_MAX; 1 = none but this */
    bool brief;           /* violations are named, not shrunk and traced */
    bool record;          /* every seed's event logs are replayed, not every 16th's */
    const char *progress; /* a file that gets a line every few seconds, "-" = stderr, NULL = none */
};

/*
 * Runs them; the last line on stdout is `sim: N seeds, V violations, R seeds/s`. SIGINT and SIGTERM
 * end it after the seeds under way; it then says from which seed to go on. Returns the exit status:
 * 0 nothing was found, 1 something was, 2 it could not be started, 3 it was stopped before its end.
 */
int sim_swarm(const struct sim_swarm *swarm);

#endif

/* The result of a run: one line of JSON on standard output. */
#ifndef REPORT_H
#define REPORT_H

#include "histogram.h"
#include "process-usage.h"

#include <stdbool.h>
#include <stdint.h>

/* Between two moments of a run. */
struct measurement {
    uint64_t started_at;
    uint64_t delivered;
    double seconds;
    double broker_cpu_seconds;
    double own_cpu_seconds;
    /* In which the generator had nothing to do, whether it slept or spun. */
    double idle_seconds;
    double machine_cpu_seconds;
    struct process_usage broker_before;
    /* What `report` shows as the memory of the broker; where nobody sets it, `report` looks. */
    struct process_usage broker_settled;
};

struct measurement measurement_begin(uint32_t broker_pid, uint64_t delivered);
void measurement_end(struct measurement *measurement, uint32_t broker_pid, uint64_t delivered);

/* Gives the program's exit code: 0, or 1 when messages were lost, repeated or reordered. */
int report(const struct measurement *measurement, uint32_t broker_pid, const struct histogram *latencies);

#endif

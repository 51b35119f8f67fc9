/* What a process has used so far, as the kernel counts it. */
#ifndef PROCESS_USAGE_H
#define PROCESS_USAGE_H

#include <stdint.h>

struct process_usage {
    /* User and system time of all its threads. */
    double cpu_seconds;
    uint64_t resident_bytes;
    uint64_t peak_resident_bytes;
};

/* All zero for process 0. */
struct process_usage process_usage_of(uint32_t pid);

/* What all programs and the kernel have used of all cores. */
double machine_cpu_seconds(void);

/* User and system time of this process. */
double own_cpu_seconds(void);

#endif

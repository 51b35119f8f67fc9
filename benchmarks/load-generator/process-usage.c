#include "process-usage.h"

#include "failure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void read_file(uint32_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/%s", pid, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) fail("the broker's process %u is gone", pid);
    size_t length = fread(text, 1, size - 1, file);
    text[length] = '\0';
    fclose(file);
}

struct process_usage process_usage_of(uint32_t pid)
{
    struct process_usage usage = {0};
    if (pid == 0) return usage;
    char text[4096];

    read_file(pid, "stat", text, sizeof text);
    /* The name may have spaces and parentheses in it; fields are counted from behind it. */
    const char *fields = strrchr(text, ')');
    uint64_t user = 0, system = 0;
    if (fields == NULL ||
        sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64, &user, &system) != 2)
        fail("cannot read /proc/%u/stat", pid);
    usage.cpu_seconds = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);

    read_file(pid, "statm", text, sizeof text);
    uint64_t pages = 0;
    if (sscanf(text, "%*u %" SCNu64, &pages) != 1) fail("cannot read /proc/%u/statm", pid);
    usage.resident_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);

    read_file(pid, "status", text, sizeof text);
    const char *peak = strstr(text, "VmHWM:");
    uint64_t kilobytes = 0;
    if (peak != NULL && sscanf(peak, "VmHWM: %" SCNu64, &kilobytes) == 1) usage.peak_resident_bytes = kilobytes * 1024;
    return usage;
}

double machine_cpu_seconds(void)
{
    FILE *file = fopen("/proc/stat", "r");
    uint64_t user = 0, nice = 0, system = 0, interrupts = 0, soft_interrupts = 0, stolen = 0;
    if (file == NULL || fscanf(file,
                               "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %*u %*u %" SCNu64 " %" SCNu64 " %" SCNu64, &user,
                               &nice, &system, &interrupts, &soft_interrupts, &stolen) != 6)
        fail("cannot read /proc/stat");
    fclose(file);
    return (double)(user + nice + system + interrupts + soft_interrupts + stolen) / (double)sysconf(_SC_CLK_TCK);
}

double own_cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

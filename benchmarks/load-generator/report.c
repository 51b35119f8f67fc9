#include "report.h"

#include "clock.h"
#include "connection.h"
#include "ledger.h"

#include <inttypes.h>
#include <stdio.h>

struct measurement measurement_begin(uint32_t broker_pid, uint64_t delivered)
{
    struct measurement measurement = {.delivered = delivered, .broker_before = process_usage_of(broker_pid)};
    measurement.own_cpu_seconds = own_cpu_seconds();
    measurement.idle_seconds = seconds_of(loop_idle);
    measurement.machine_cpu_seconds = machine_cpu_seconds();
    measurement.started_at = clock_now();
    return measurement;
}

void measurement_end(struct measurement *measurement, uint32_t broker_pid, uint64_t delivered)
{
    measurement->seconds = seconds_of(clock_now() - measurement->started_at);
    measurement->own_cpu_seconds = own_cpu_seconds() - measurement->own_cpu_seconds;
    measurement->idle_seconds = seconds_of(loop_idle) - measurement->idle_seconds;
    measurement->broker_cpu_seconds =
        process_usage_of(broker_pid).cpu_seconds - measurement->broker_before.cpu_seconds;
    measurement->machine_cpu_seconds = machine_cpu_seconds() - measurement->machine_cpu_seconds;
    measurement->delivered = delivered - measurement->delivered;
}

int report(const struct measurement *measurement, uint32_t broker_pid, const struct histogram *latencies)
{
    struct process_usage broker = measurement->broker_settled;
    if (broker.resident_bytes == 0) broker = process_usage_of(broker_pid);
    double others = measurement->machine_cpu_seconds - measurement->broker_cpu_seconds - measurement->own_cpu_seconds;
    printf("{\"delivered\":%" PRIu64 ",\"seconds\":%.6f,\"brokerCpuSeconds\":%.2f,\"generatorBusySeconds\":%.6f,",
           measurement->delivered, measurement->seconds, measurement->broker_cpu_seconds,
           measurement->seconds - measurement->idle_seconds);
    printf("\"otherCpuSeconds\":%.2f,", broker_pid == 0 || others < 0 ? 0 : others);
    printf("\"residentBytesBefore\":%" PRIu64 ",\"residentBytes\":%" PRIu64 ",\"peakResidentBytes\":%" PRIu64 ",",
           measurement->broker_before.resident_bytes, broker.resident_bytes, broker.peak_resident_bytes);
    if (latencies != NULL && latencies->count > 0)
        printf("\"latencyNs\":{\"p50\":%" PRIu64 ",\"p99\":%" PRIu64 ",\"p999\":%" PRIu64 ",\"maximum\":%" PRIu64 "},",
               histogram_quantile(latencies, 0.5), histogram_quantile(latencies, 0.99),
               histogram_quantile(latencies, 0.999), latencies->maximum);
    printf("\"lost\":%" PRIu64 ",\"duplicates\":%" PRIu64 ",\"reordered\":%" PRIu64 "}\n", findings.lost,
           findings.duplicates, findings.reordered);
    fflush(stdout);
    if (findings.lost + findings.duplicates + findings.reordered == 0) return 0;
    fprintf(stderr, "load-generator: %" PRIu64 " lost, %" PRIu64 " repeated, %" PRIu64 " reordered: %s\n", findings.lost,
            findings.duplicates, findings.reordered, findings.first);
    return 1;
}

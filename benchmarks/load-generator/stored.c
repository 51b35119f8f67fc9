/* Publishers that wait for acknowledgements, and nobody who receives: what comes is kept for sessions that are away. */
#include "clock.h"
#include "connection.h"
#include "failure.h"
#include "ledger.h"
#include "modes.h"
#include "publisher.h"
#include "report.h"

#define CONNECT_SECONDS 120

static const struct settings *settings;

static void run_for(double seconds)
{
    uint64_t until = loop_now + (uint64_t)(seconds * NANOSECONDS_PER_SECOND);
    uint64_t progress_at = loop_now;
    uint64_t acknowledged = messages_acknowledged;
    while (loop_now < until) {
        loop_turn(10);
        if (messages_acknowledged != acknowledged) {
            acknowledged = messages_acknowledged;
            progress_at = loop_now;
        } else if (seconds_of(loop_now - progress_at) > settings->patience_seconds) {
            fail("nothing was acknowledged for %.1f s", settings->patience_seconds);
        }
    }
}

int run_stored(const struct settings *given)
{
    settings = given;
    ledger_start(settings);
    publishers_start(settings);
    uint64_t until = clock_now() + CONNECT_SECONDS * NANOSECONDS_PER_SECOND;
    for (uint32_t opened = 0; publishers_ready < settings->publishers;) {
        if (opened < settings->publishers) publisher_connect(opened++);
        loop_turn(opened < settings->publishers ? 0 : 100);
        if (loop_now > until) fail("only %u of %u publishers are ready", publishers_ready, settings->publishers);
    }
    publishers_running = true;
    publishers_fill();
    loop_flush();
    run_for(settings->warm_up_seconds);
    struct measurement measurement = measurement_begin(settings->broker_pid, messages_acknowledged);
    run_for(settings->seconds);
    measurement_end(&measurement, settings->broker_pid, messages_acknowledged);
    return report(&measurement, settings->broker_pid, NULL);
}

/* Publishers and subscribers: connect, subscribe, warm up, measure, and wait for the last message. */
#include "clock.h"
#include "connection.h"
#include "failure.h"
#include "ledger.h"
#include "modes.h"
#include "publisher.h"
#include "report.h"
#include "subscriber.h"

/* Connections that are being opened at a time; more than the backlog of some brokers would be refused. */
#define OPENING 50
/* A million filters take some brokers a while. */
#define CONNECT_SECONDS 120
/* A message that arrives twice may do so after the last one. */
#define LINGER_SECONDS 0.05

static const struct settings *settings;
/* When the open loop's next message is due. */
static uint64_t due;
static uint32_t due_publisher;

static void open_all(uint32_t count, void (*open)(uint32_t index), const uint32_t *ready)
{
    uint64_t until = clock_now() + CONNECT_SECONDS * NANOSECONDS_PER_SECOND;
    uint32_t opened = 0;
    while (*ready < count) {
        while (opened < count && opened - *ready < OPENING) open(opened++);
        loop_turn(100);
        if (loop_now > until) fail("only %u of %u connections are ready", *ready, count);
    }
}

static void send_due(void)
{
    uint64_t interval = NANOSECONDS_PER_SECOND / settings->rate;
    while (due <= loop_now) {
        if (!publisher_send_one(due_publisher, due))
            fail("the broker is too slow for %u messages per second", settings->rate);
        if (++due_publisher == settings->publishers) due_publisher = 0;
        due += interval;
    }
    loop_flush();
}

/* Runs for some seconds and until enough arrived; false when no message has arrived for too long. */
static bool run_for(double seconds, uint32_t at_least, bool open_loop)
{
    uint64_t until = loop_now + (uint64_t)(seconds * NANOSECONDS_PER_SECOND);
    uint64_t progress_at = loop_now;
    uint64_t delivered = messages_delivered;
    uint64_t enough = delivered + at_least;
    due = loop_now;
    while (loop_now < until || delivered < enough) {
        if (open_loop) send_due();
        /* An open loop may not sleep: the kernel would wake it too late for its next message. */
        loop_turn(open_loop ? 0 : 10);
        if (messages_delivered != delivered) {
            delivered = messages_delivered;
            progress_at = loop_now;
        } else if (seconds_of(loop_now - progress_at) > settings->patience_seconds) {
            ledger_describe("nothing arrived for %.1f s", settings->patience_seconds);
            return false;
        }
    }
    return true;
}

static void drain(void)
{
    uint64_t progress_at = loop_now;
    uint64_t delivered = messages_delivered;
    while (!publishers_done() && seconds_of(loop_now - progress_at) < settings->patience_seconds) {
        loop_turn(10);
        if (messages_delivered == delivered) continue;
        delivered = messages_delivered;
        progress_at = loop_now;
    }
    uint64_t until = loop_now + (uint64_t)(LINGER_SECONDS * NANOSECONDS_PER_SECOND);
    while (loop_now < until) loop_turn(10);
}

int run_load(const struct settings *given)
{
    settings = given;
    ledger_start(settings);
    subscribers_start(settings);
    publishers_start(settings);
    open_all(settings->subscribers + settings->frozen, subscriber_connect, &subscribers_ready);
    open_all(settings->publishers, publisher_connect, &publishers_ready);

    bool open_loop = settings->rate > 0;
    bool open_warm_up = open_loop && !settings->flood;
    publishers_running = !open_warm_up;
    if (publishers_running) publishers_fill();
    loop_flush();
    bool alive = run_for(settings->warm_up_seconds, 0, open_warm_up);
    if (open_loop && settings->flood) {
        publishers_running = false;
        drain();
    }

    histogram_clear(&latencies);
    struct measurement measurement = measurement_begin(settings->broker_pid, messages_delivered);
    if (alive) alive = run_for(settings->seconds, settings->at_least, open_loop);
    measurement_end(&measurement, settings->broker_pid, messages_delivered);

    publishers_running = false;
    drain();
    ledger_close();
    if (!alive && findings.lost == 0) fail("nothing arrived for %.1f s, then all the rest", settings->patience_seconds);
    return report(&measurement, settings->broker_pid, &latencies);
}

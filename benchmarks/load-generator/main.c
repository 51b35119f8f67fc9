/*
 * A load generator for MQTT brokers, much cheaper than any of them: one thread, one epoll loop, packets encoded once, no
 * copies. `benchmarks/src/load-generator.ts` builds and calls it; settings.h says what it can be told.
 */
#include "connection.h"
#include "modes.h"
#include "settings.h"

#include <signal.h>
#include <sys/resource.h>

static void allow_many_connections(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int count, char **arguments)
{
    signal(SIGPIPE, SIG_IGN);
    allow_many_connections();
    struct settings settings = settings_read(count, arguments);
    loop_start(&settings);
    switch (settings.mode) {
    case MODE_LOAD: return run_load(&settings);
    case MODE_IDLE: return run_idle(&settings);
    case MODE_RETAINED: return run_retained(&settings);
    case MODE_STORED: return run_stored(&settings);
    }
}

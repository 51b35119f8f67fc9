/* What one run is to do, read from the command line once and never changed. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

enum mode { MODE_LOAD, MODE_IDLE, MODE_RETAINED, MODE_STORED };

/* Who receives what a publisher sends: its partner, everybody, or one of a group. */
enum topology { TOPOLOGY_PAIRS, TOPOLOGY_FAN, TOPOLOGY_SHARED };

/* One filter for each topic; the same, one in ten with a wildcard; or one wildcard for all topics of a publisher. */
enum filters { FILTERS_EXACT, FILTERS_MIXED, FILTERS_ONE };

enum transport { TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORT_WEBSOCKET };

struct settings {
    enum mode mode;
    enum topology topology;
    enum filters filters;
    enum transport transport;
    const char *host;
    uint16_t port;
    /* 0: nobody's CPU time and memory are read. */
    uint32_t broker_pid;
    /* 4: MQTT 3.1.1, 5: MQTT 5. */
    uint32_t version;
    uint32_t qos;
    /* In a mode without load, `subscribers` is the number of connections. */
    uint32_t publishers;
    uint32_t subscribers;
    /* Subscribers beside the others that subscribe and then never read again. */
    uint32_t frozen;
    /* Messages of one publisher that are not received and acknowledged yet. */
    uint32_t outstanding;
    /* Messages published per second by all together, whether the others arrived or not; 0: a closed loop. */
    uint32_t rate;
    uint32_t payload;
    /* Of CONNECT, seconds; longer than a run, so that nobody has to ping. */
    uint32_t keep_alive;
    /* Topics of each publisher. */
    uint32_t topics;
    /* Levels of a topic of a publisher that has only one. */
    uint32_t depth;
    /* Retained messages. */
    uint32_t messages;
    /* With MQTT 5: each message has the properties that a request has. */
    bool properties;
    /* Sessions that outlive their connection. */
    bool persistent;
    /* With `rate`: the warm-up is a closed loop all the same, so that a frozen subscriber is really full. */
    bool flood;
    /* Never sleeps: a broker that wakes another core for each small write would be measured by what that costs. */
    bool spin;
    double warm_up_seconds;
    double seconds;
    /* A measurement goes on until so many messages were delivered, however slow the machine is. */
    uint32_t at_least;
    /* How long a message may be missing until it counts as lost. */
    double patience_seconds;
};

/* Ends the program with a sentence when an option is unknown or its value is out of its range. */
struct settings settings_read(int count, char **arguments);

#endif

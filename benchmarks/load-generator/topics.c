#include "topics.h"

#include "failure.h"

#include <stdio.h>
#include <string.h>

#define MAXIMUM_LENGTH 8192

/* The only topic of a publisher, with as many levels as are wanted. */
static void write_single(char *text, const struct settings *settings, uint32_t flow)
{
    int at = snprintf(text, MAXIMUM_LENGTH, "bench/flow/%05u", flow);
    for (uint32_t level = 3; level < settings->depth; level++)
        at += snprintf(text + at, (size_t)(MAXIMUM_LENGTH - at), "/level");
}

static void write_name(char *text, const struct settings *settings, uint32_t flow, uint32_t index)
{
    if (settings->topics == 1) write_single(text, settings, flow);
    else snprintf(text, MAXIMUM_LENGTH, "bench/%05u/floor/%03u/room/%07u/temperature", flow, index % 1000, index);
}

struct topic_list topics_of(const struct settings *settings, uint32_t flow)
{
    char text[MAXIMUM_LENGTH];
    write_name(text, settings, flow, 0);
    struct topic_list list = {.count = settings->topics, .stride = (uint32_t)strlen(text) + 1};
    list.names = allocate(list.count, list.stride);
    for (uint32_t index = 0; index < list.count; index++) {
        write_name(text, settings, flow, index);
        memcpy(list.names + (size_t)index * list.stride, text, list.stride);
    }
    return list;
}

uint32_t filter_count(const struct settings *settings)
{
    return settings->filters == FILTERS_ONE ? 1 : settings->topics;
}

/* One in ten has a wildcard: half of them "+" in the middle, half "#" at the end; no filter matches the topic of another. */
static void write_mixed(char *text, uint32_t flow, uint32_t index)
{
    if (index % 20 == 0)
        snprintf(text, MAXIMUM_LENGTH, "bench/%05u/+/%03u/room/%07u/temperature", flow, index % 1000, index);
    else if (index % 20 == 10)
        snprintf(text, MAXIMUM_LENGTH, "bench/%05u/floor/%03u/room/%07u/#", flow, index % 1000, index);
    else snprintf(text, MAXIMUM_LENGTH, "bench/%05u/floor/%03u/room/%07u/temperature", flow, index % 1000, index);
}

const char *filter_of(const struct settings *settings, uint32_t flow, uint32_t index)
{
    static const char group[] = "$share/bench/";
    static char text[sizeof group + MAXIMUM_LENGTH];
    char *at = text;
    if (settings->topology == TOPOLOGY_SHARED) {
        memcpy(at, group, sizeof group);
        at += sizeof group - 1;
    }
    if (settings->filters == FILTERS_ONE) snprintf(at, 64, "bench/%05u/#", flow);
    else if (settings->filters == FILTERS_MIXED) write_mixed(at, flow, index);
    else write_name(at, settings, flow, index);
    return text;
}

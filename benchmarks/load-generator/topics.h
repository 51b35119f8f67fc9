/* The Topic Names that are published to and the Topic Filters that match them. */
#ifndef TOPICS_H
#define TOPICS_H

#include "settings.h"

/* The `topics` names of publisher `flow`, one after the other, each ending in a zero and all of one length. */
struct topic_list {
    char *names;
    uint32_t count;
    uint32_t stride;
};

struct topic_list topics_of(const struct settings *settings, uint32_t flow);

/* How many filters a subscriber needs for the topics of `flow`, and each of them; valid until the next call. */
uint32_t filter_count(const struct settings *settings);
const char *filter_of(const struct settings *settings, uint32_t flow, uint32_t index);

#endif

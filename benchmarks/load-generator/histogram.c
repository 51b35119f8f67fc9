#include "histogram.h"

#include <string.h>

void histogram_clear(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
}

/* The largest value of a bucket. */
static uint64_t upper_bound(uint32_t bucket)
{
    if (bucket < (1u << HISTOGRAM_PRECISION_BITS)) return bucket;
    uint32_t shift = (bucket >> HISTOGRAM_PRECISION_BITS) - 1;
    uint64_t low = (bucket & ((1u << HISTOGRAM_PRECISION_BITS) - 1)) + (1u << HISTOGRAM_PRECISION_BITS);
    return ((low + 1) << shift) - 1;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)histogram->count + 0.5);
    if (wanted == 0) wanted = 1;
    uint64_t seen = 0;
    for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->buckets[bucket];
        if (seen < wanted) continue;
        uint64_t bound = upper_bound(bucket);
        return bound < histogram->maximum ? bound : histogram->maximum;
    }
    return histogram->maximum;
}

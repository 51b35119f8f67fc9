/*
 * Latencies in buckets whose width grows with the value: 128 to each power of two, so that a value read back is off by less
 * than one percent, whatever its size. Recording costs a few instructions and no memory.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_PRECISION_BITS 7
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_PRECISION_BITS + 1) << HISTOGRAM_PRECISION_BITS)

struct histogram {
    uint64_t count;
    uint64_t maximum;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

static inline uint32_t histogram_bucket(uint64_t value)
{
    if (value < (1u << HISTOGRAM_PRECISION_BITS)) return (uint32_t)value;
    uint32_t shift = 63 - (uint32_t)__builtin_clzll(value) - HISTOGRAM_PRECISION_BITS;
    return ((shift + 1) << HISTOGRAM_PRECISION_BITS) + (uint32_t)(value >> shift) - (1u << HISTOGRAM_PRECISION_BITS);
}

static inline void histogram_record(struct histogram *histogram, uint64_t value)
{
    histogram->count++;
    histogram->buckets[histogram_bucket(value)]++;
    if (value > histogram->maximum) histogram->maximum = value;
}

void histogram_clear(struct histogram *histogram);

/* The value that `share` (0 to 1) of all recorded values do not exceed; 0 without any. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif

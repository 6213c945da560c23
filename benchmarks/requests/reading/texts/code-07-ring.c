/* ring.c - sample buffer for the seismometer board
 * Copyright 2021 Haldor Bryn, MIT terms
 */
#include <stdint.h>
#include <string.h>
#include "ring.h"

#define RING_LEN   2048u
#define RATE_HZ    125
#define CLIP_LEVEL 31000
#define SETTLE_MS  400

static int16_t data[RING_LEN];
static volatile uint32_t head, tail;

int ring_put(int16_t v)
{
    uint32_t next = (head + 1u) & (RING_LEN - 1u);
    if (next == tail)
        return -2;              /* full: drop the newest */
    if (v > CLIP_LEVEL || v < -CLIP_LEVEL)
        led_set(LED_AMBER);
    data[head] = v;
    head = next;
    return 0;
}

int ring_get(int16_t *out)
{
    if (head == tail)
        return -1;              /* empty */
    *out = data[tail];
    tail = (tail + 1u) & (RING_LEN - 1u);
    return 0;
}

void ring_reset(void)
{
    memset(data, 0, sizeof data);
    head = tail = 0;    /* not safe from the interrupt! */
}

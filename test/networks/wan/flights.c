/* Packets on their way across the core: a heap, the next to arrive first. */
#include "wan.h"
#include <stdlib.h>
#include <string.h>

static struct flight *heap;
static int count, capacity;
static long order;

static int is_before(const struct flight *a, const struct flight *b) {
  return a->at < b->at || (a->at == b->at && a->order < b->order);
}

/* Keeps a copy of the packet until it arrives. */
void take_off(double at, const uint8_t *packet, int length) {
  if (count == capacity) {
    capacity = capacity * 2 + 256;
    heap = realloc(heap, (size_t)capacity * sizeof(struct flight));
  }
  struct flight flight = {at, order++, length, malloc((size_t)length)};
  memcpy(flight.bytes, packet, (size_t)length);
  int i = count++;
  for (; i && is_before(&flight, &heap[(i - 1) / 2]); i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
  heap[i] = flight;
}

const struct flight *next_flight(void) { return count ? &heap[0] : NULL; }

/* Takes the next one out; its bytes are the caller's to free. */
struct flight land(void) {
  struct flight first = heap[0], last = heap[--count];
  int i = 0;
  for (int child = 1; child < count; child = i * 2 + 1) {
    if (child + 1 < count && is_before(&heap[child + 1], &heap[child])) child++;
    if (is_before(&last, &heap[child])) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = last;
  return first;
}

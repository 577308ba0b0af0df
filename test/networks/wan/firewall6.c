/* The stateful IPv6 firewall of home routers: from outside comes only what answers somebody inside. */
#include "wan.h"
#include <stdlib.h>
#include <string.h>

enum layout { NEXT_HEADER = 6, SOURCE = 8, DESTINATION = 24, SOURCE_PORT = 40, DESTINATION_PORT = 42 };
enum key { KEY_SIZE = 37 }; /* protocol, two addresses, two ports */
static const double LIFETIME = 120; /* seconds */

struct entry {
  uint8_t key[KEY_SIZE];
  double used_at;
};
static struct entry *entries;
static int entry_count;

static void write_key(uint8_t *key, const uint8_t *packet, int is_answer) {
  key[0] = packet[NEXT_HEADER];
  memcpy(key + 1, packet + (is_answer ? DESTINATION : SOURCE), 16);
  memcpy(key + 17, packet + (is_answer ? SOURCE : DESTINATION), 16);
  memcpy(key + 33, packet + (is_answer ? DESTINATION_PORT : SOURCE_PORT), 2);
  memcpy(key + 35, packet + (is_answer ? SOURCE_PORT : DESTINATION_PORT), 2);
}

/* The entry of a key, refreshed; NULL: none. `*idle` becomes one that has expired, if there is one. */
static struct entry *find(const uint8_t *key, double now, struct entry **idle) {
  for (int i = 0; i < entry_count; i++) {
    if (now - entries[i].used_at > LIFETIME) {
      *idle = &entries[i];
    } else if (!memcmp(entries[i].key, key, KEY_SIZE)) {
      entries[i].used_at = now;
      return &entries[i];
    }
  }
  return NULL;
}

void note_outbound6(const uint8_t *packet) {
  uint8_t key[KEY_SIZE];
  struct entry *idle = NULL;
  write_key(key, packet, 0);
  if (find(key, seconds_now(), &idle)) return;
  if (!idle) {
    entries = realloc(entries, (size_t)(entry_count + 1) * sizeof(struct entry));
    idle = &entries[entry_count++];
  }
  memcpy(idle->key, key, KEY_SIZE);
  idle->used_at = seconds_now();
}

int is_answer6(const uint8_t *packet) {
  uint8_t key[KEY_SIZE];
  struct entry *idle = NULL;
  write_key(key, packet, 1);
  return find(key, seconds_now(), &idle) != NULL;
}

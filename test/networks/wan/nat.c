/* The mappings of a NAT. Those of TCP are always per destination: only clients are behind NATs here. */
#include "wan.h"
#include <stdlib.h>
#include <string.h>

enum growth { MORE_MAPPINGS = 64, FIRST_RANDOM_PORT = 1024, RANDOM_PORTS = 64000 };
static const double TCP_TIMEOUT = 7200; /* seconds */

static double lifetime(const struct net *net, int protocol) { return protocol == UDP ? net->timeout : TCP_TIMEOUT; }

int is_alive(const struct net *net, const struct mapping *mapping, double now) {
  return mapping->in_use && now - mapping->used_at < lifetime(net, mapping->protocol);
}

static int is_taken(const struct net *net, int protocol, uint16_t port, double now) {
  for (int i = 0; i < net->mapping_count; i++) {
    const struct mapping *other = &net->mappings[i];
    if (other->protocol == protocol && other->outer_port == port && is_alive(net, other, now)) return 1;
  }
  return 0;
}

static uint16_t random_port(void) { return (uint16_t)(FIRST_RANDOM_PORT + drand48() * RANDOM_PORTS); }

/* The port of the host itself where it is free, as most home routers do; a symmetric NAT takes any. */
static uint16_t choose_port(const struct net *net, int protocol, uint16_t inner_port, double now) {
  uint16_t port = net->type == SYMMETRIC ? random_port() : inner_port;
  while (is_taken(net, protocol, port, now)) port = random_port();
  return port;
}

static struct mapping *free_mapping(struct net *net, double now) {
  for (int i = 0; i < net->mapping_count; i++) {
    if (!is_alive(net, &net->mappings[i], now)) return &net->mappings[i];
  }
  net->mappings = realloc(net->mappings, (size_t)(net->mapping_count + MORE_MAPPINGS) * sizeof(struct mapping));
  struct mapping *first = &net->mappings[net->mapping_count];
  memset(first, 0, MORE_MAPPINGS * sizeof(struct mapping));
  net->mapping_count += MORE_MAPPINGS;
  return first;
}

static void note_remote(struct mapping *mapping, uint32_t address, uint16_t port, double now) {
  for (int i = 0; i < mapping->remote_count; i++) {
    struct remote *remote = &mapping->remotes[i];
    if (remote->address != address || remote->port != port) continue;
    remote->used_at = now;
    return;
  }
  mapping->remotes = realloc(mapping->remotes, (size_t)(mapping->remote_count + 1) * sizeof(struct remote));
  mapping->remotes[mapping->remote_count++] = (struct remote){address, port, now};
}

/* The mapping for a packet that goes out; it is made where there is none. */
struct mapping *map_outbound(struct net *net, const uint8_t *packet) {
  double now = seconds_now();
  int protocol = packet[9], is_per_destination = net->type == SYMMETRIC || protocol == TCP;
  const uint8_t *ports = packet + header_length(packet);
  uint32_t source = source_of(packet), destination = destination_of(packet);
  uint16_t source_port = read16(ports), destination_port = read16(ports + 2);
  struct mapping *found = NULL;
  for (int i = 0; i < net->mapping_count && !found; i++) {
    struct mapping *one = &net->mappings[i];
    if (!is_alive(net, one, now) || one->protocol != protocol) continue;
    if (one->inner_address != source || one->inner_port != source_port) continue;
    int is_same = one->first_destination == destination && one->first_port == destination_port;
    if (!is_per_destination || is_same) found = one;
  }
  if (!found) {
    uint16_t port = choose_port(net, protocol, source_port, now);
    found = free_mapping(net, now);
    free(found->remotes);
    *found = (struct mapping){.in_use = 1, .protocol = protocol, .inner_address = source, .inner_port = source_port,
      .first_destination = destination, .first_port = destination_port, .outer_port = port};
  }
  found->used_at = now;
  note_remote(found, destination, destination_port, now);
  return found;
}

static int lets_in(struct net *net, struct mapping *mapping, uint32_t address, uint16_t port, double now) {
  if (net->type == FULL_CONE && mapping->protocol == UDP) return 1;
  int any_port = net->type == ADDRESS_RESTRICTED && mapping->protocol == UDP;
  for (int i = 0; i < mapping->remote_count; i++) {
    struct remote *remote = &mapping->remotes[i];
    if (now - remote->used_at >= lifetime(net, mapping->protocol)) continue;
    if (remote->address != address || (remote->port != port && !any_port)) continue;
    if (net->refreshed_from_outside) remote->used_at = now;
    return 1;
  }
  return 0;
}

/* The mapping for a packet from outside; NULL: it is not let in. */
struct mapping *find_inbound(struct net *net, const uint8_t *packet) {
  double now = seconds_now();
  const uint8_t *ports = packet + header_length(packet);
  for (int i = 0; i < net->mapping_count; i++) {
    struct mapping *one = &net->mappings[i];
    if (one->protocol != packet[9] || one->outer_port != read16(ports + 2) || !is_alive(net, one, now)) continue;
    if (!lets_in(net, one, source_of(packet), read16(ports), now)) break;
    if (net->refreshed_from_outside) one->used_at = now;
    return one;
  }
  net->filtered++;
  return NULL;
}

/* As after a router's restart. */
void forget_mappings(struct net *net) {
  for (int i = 0; i < net->mapping_count; i++) free(net->mappings[i].remotes);
  free(net->mappings);
  net->mappings = NULL;
  net->mapping_count = 0;
}

/*
 * The way of a packet: up through the NATs of its net, across the core, down through those of the other. A NAT decides when
 * the packet gets there, after the delay, so that the races of hole punching are real.
 */
#include "wan.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum layout6 { NEXT_HEADER6 = 6, DESTINATION6 = 24, DESTINATION_PORT6 = 42 };
static const double NEAR_DELAY = 0.010; /* seconds */

static void down(struct net *net, uint8_t *packet, int length);

static void deliver(struct host *host, const uint8_t *packet, int length) {
  if (!host->is_up) {
    host->lost++;
  } else if (host->mtu && length > host->mtu) {
    host->too_big++;
  } else if (write(host->tun, packet, (size_t)length) < 0) {
    host->lost++;
  } else {
    host->in++;
  }
}

static struct host *host_in(const struct net *net, uint32_t address) {
  for (int i = 0; i < host_count; i++) {
    if (hosts[i].net == net && hosts[i].address == address) return &hosts[i];
  }
  return NULL;
}

static struct net *nat_in(const struct net *net, uint32_t address) {
  for (int i = 0; i < net_count; i++) {
    if (nets[i].parent == net && nets[i].type != NO_NAT && nets[i].outer_address == address) return &nets[i];
  }
  return NULL;
}

/* A host that can be reached at the core: at it, or in a net without a NAT. */
static struct host *public_host(uint32_t address) {
  for (int i = 0; i < host_count; i++) {
    if (hosts[i].address == address && (!hosts[i].net || hosts[i].net->type == NO_NAT)) return &hosts[i];
  }
  return NULL;
}

static struct host *host6(const uint8_t *address) {
  for (int i = 0; i < host_count; i++) {
    if (hosts[i].has_address6 && !memcmp(hosts[i].address6, address, 16)) return &hosts[i];
  }
  return NULL;
}

static int is_blocked(const struct net *net, int protocol, uint16_t port) {
  return protocol == UDP && !net->udp && port != DNS_PORT;
}

static struct net *outermost(struct net *net) {
  while (net && net->parent) net = net->parent;
  return net;
}

/* Seconds until an uplink has sent a packet after those before it. */
static double queueing(struct uplink *uplink, int length, double now) {
  if (uplink->rate <= 0) return 0;
  if (uplink->free_at < now) uplink->free_at = now;
  uplink->free_at += length * 8 / uplink->rate;
  return uplink->free_at - now;
}

/* Across the core, over the uplinks of both ends. */
static void cross(struct host *from, const uint8_t *packet, int length, struct host *to, struct net *to_net) {
  struct net *from_net = outermost(from->net);
  if (to && to->net) to_net = outermost(to->net);
  struct uplink *first = from_net ? &from_net->uplink : &from->uplink;
  struct uplink *last = to_net ? &to_net->uplink : &to->uplink;
  double delay = first->delay + last->delay, kept = (1 - first->loss) * (1 - last->loss), now = seconds_now();
  if (from_net && from_net == to_net) delay = 0, kept = 1; /* one LAN */
  if (from->is_near || (to && to->is_near)) delay = NEAR_DELAY, kept = 1;
  delay += queueing(first, length, now);
  if (drand48() > kept) from->lost++;
  else take_off(now + delay, packet, length);
}

static int is_private(uint32_t address) {
  const uint8_t *byte = (const uint8_t *)&address;
  return byte[0] == 10 || (byte[0] == 192 && byte[1] == 168) || (byte[0] == 172 && byte[1] >= 16 && byte[1] < 32) ||
    (byte[0] == 100 && byte[1] >= 64 && byte[1] < 128);
}

static void multicast(struct host *from, const uint8_t *packet, int length, int is_version6) {
  if (!from->net || !from->net->multicast) return;
  for (int i = 0; i < host_count; i++) {
    struct host *to = &hosts[i];
    if (to != from && to->net == from->net && (to->has_address6 || !is_version6)) deliver(to, packet, length);
  }
}

/* Out through one NAT. Returns whether the packet goes on outside of it. */
static int pass_out(struct net *net, uint8_t *packet, int length) {
  const uint8_t *ports = packet + header_length(packet);
  uint32_t destination = destination_of(packet);
  if (packet[9] != UDP && packet[9] != TCP) return 0;
  if (is_blocked(net, packet[9], read16(ports + 2)) || (destination == net->outer_address && !net->hairpin)) {
    net->refused++;
    return 0;
  }
  if (!net->parent && is_private(destination)) return 0; /* no such place out there */
  const struct mapping *mapping = map_outbound(net, packet);
  net->out++;
  set_source(packet, net->outer_address);
  write16(packet + header_length(packet), mapping->outer_port);
  renew_checksums(packet, length);
  if (destination != net->outer_address) return 1;
  net->hairpinned++;
  down(net, packet, length);
  return 0;
}

static void send4(struct host *from, uint8_t *packet, int length) {
  uint32_t destination = destination_of(packet);
  struct net *net = from->net;
  if ((packet[16] & 0xf0) == 0xe0) return multicast(from, packet, length, 0);
  while (net && net->type != NO_NAT) {
    struct host *neighbour = host_in(net, destination);
    if (neighbour) return deliver(neighbour, packet, length);
    struct net *inner = nat_in(net, destination);
    if (inner) return down(inner, packet, length);
    if (!pass_out(net, packet, length)) return;
    net = net->parent;
  }
  if (net) {
    struct host *neighbour = host_in(net, destination);
    if (neighbour) return deliver(neighbour, packet, length);
    if (is_blocked(net, packet[9], read16(packet + header_length(packet) + 2))) {
      net->refused++;
      return;
    }
  }
  struct host *to = public_host(destination);
  struct net *to_net = to ? NULL : nat_in(NULL, destination);
  if (to || to_net) cross(from, packet, length, to, to_net);
}

static void send6(struct host *from, uint8_t *packet, int length) {
  if (packet[DESTINATION6] == 0xff) return multicast(from, packet, length, 1);
  struct host *to = host6(packet + DESTINATION6);
  if (!to) return;
  if (to->net && to->net == from->net) return deliver(to, packet, length);
  if (from->net && is_blocked(from->net, packet[NEXT_HEADER6], read16(packet + DESTINATION_PORT6))) {
    from->net->refused++;
    return;
  }
  if (from->net && from->net->firewall6) note_outbound6(packet);
  cross(from, packet, length, to, NULL);
}

/* A packet that a host has sent. */
void send_from(struct host *host, uint8_t *packet, int length) {
  int version = packet[0] >> 4;
  if (version == 4) send4(host, packet, length);
  else if (version == 6 && length >= 44) send6(host, packet, length);
}

/* In through a NAT, to a host or the next NAT behind it. */
static void down(struct net *net, uint8_t *packet, int length) {
  if (packet[9] != UDP && packet[9] != TCP) return;
  if (is_blocked(net, packet[9], read16(packet + header_length(packet)))) return;
  const struct mapping *mapping = find_inbound(net, packet);
  if (!mapping) return;
  net->in++;
  set_destination(packet, mapping->inner_address);
  write16(packet + header_length(packet) + 2, mapping->inner_port);
  renew_checksums(packet, length);
  struct host *to = host_in(net, mapping->inner_address);
  struct net *inner = nat_in(net, destination_of(packet));
  if (to) deliver(to, packet, length);
  else if (inner) down(inner, packet, length);
}

static void arrive4(uint8_t *packet, int length) {
  struct host *to = public_host(destination_of(packet));
  struct net *net = nat_in(NULL, destination_of(packet));
  uint16_t source_port = read16(packet + header_length(packet));
  if (to && !(to->net && is_blocked(to->net, packet[9], source_port))) deliver(to, packet, length);
  else if (!to && net) down(net, packet, length);
}

static void arrive6(const uint8_t *packet, int length) {
  struct host *to = host6(packet + DESTINATION6);
  if (!to) return;
  if (to->net && to->net->firewall6 && packet[NEXT_HEADER6] != ICMP6 && !is_answer6(packet)) to->net->filtered++;
  else deliver(to, packet, length);
}

/* A packet that has crossed the core. */
void arrive(uint8_t *packet, int length) {
  if (packet[0] >> 4 == 4) arrive4(packet, length);
  else arrive6(packet, length);
}

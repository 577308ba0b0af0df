/*
 * A small internet in one process: each host is a network namespace whose only interface, eth0, is a TUN of this process.
 * It carries packets between them through NATs, with delay, loss and rate. Usage and commands: plan.c.
 */
#ifndef WAN_H
#define WAN_H

#include <stdint.h>

enum limits { MAX_NETS = 128, MAX_HOSTS = 256, NAME_SIZE = 32, MAX_PACKET = 65536 };
enum protocols { TCP = 6, UDP = 17, ICMP6 = 58 };
enum ports { DNS_PORT = 53 };

/* What of a packet from outside a NAT compares with those that it has sent out (RFC 3489 names). */
enum nat_type {
  NO_NAT,
  FULL_CONE,
  ADDRESS_RESTRICTED,
  PORT_RESTRICTED,
  SYMMETRIC /* as port-restricted, and each destination sees a port of its own */
};

/* Whom a mapping has sent to, and may hear from. */
struct remote {
  uint32_t address;
  uint16_t port;
  double used_at;
};

struct mapping {
  int in_use, protocol;
  uint32_t inner_address, first_destination;
  uint16_t inner_port, first_port, outer_port;
  double used_at;
  struct remote *remotes;
  int remote_count;
};

/* The uplink to the core: seconds one way, share that is lost, bits a second (0: no limit), when it is free again. */
struct uplink {
  double delay, loss, rate, free_at;
};

/* A home, an office, a carrier: what is behind one NAT, or without one (NO_NAT). */
struct net {
  char name[NAME_SIZE];
  struct net *parent; /* the net that it hangs at; NULL: the core */
  enum nat_type type;
  uint32_t outer_address;
  int hairpin;    /* hosts inside reach each other by the outer address */
  int udp;        /* UDP gets out and in; DNS always does */
  int firewall6;  /* IPv6 from outside only as an answer */
  int multicast;  /* within the net, for mDNS */
  int refreshed_from_outside; /* what comes in keeps a mapping alive */
  double timeout; /* seconds that a mapping of UDP lives unused */
  struct uplink uplink;
  struct mapping *mappings;
  int mapping_count;
  long in, out, filtered, hairpinned, refused;
};

struct host {
  char name[NAME_SIZE];
  struct net *net; /* NULL: at the core */
  uint32_t address;
  uint8_t address6[16];
  int has_address6, tun, namespace, is_up;
  int is_near; /* 10 ms from everybody and without loss: the resolver of everybody's provider */
  int mtu;     /* larger packets are lost in silence; 0: no limit */
  struct uplink uplink;
  long in, out, lost, too_big;
};

/* A packet on its way across the core. */
struct flight {
  double at;
  long order; /* first sent, first there, where the time is the same */
  int length;
  uint8_t *bytes;
};

extern struct net nets[MAX_NETS];
extern int net_count;
extern struct host hosts[MAX_HOSTS];
extern int host_count;

/* packet.c */
double seconds_now(void);
uint16_t read16(const uint8_t *at);
void write16(uint8_t *at, uint16_t value);
uint32_t source_of(const uint8_t *packet);
uint32_t destination_of(const uint8_t *packet);
void set_source(uint8_t *packet, uint32_t address);
void set_destination(uint8_t *packet, uint32_t address);
int header_length(const uint8_t *packet);
void renew_checksums(uint8_t *packet, int length);

/* nat.c */
int is_alive(const struct net *net, const struct mapping *mapping, double now);
struct mapping *map_outbound(struct net *net, const uint8_t *packet);
struct mapping *find_inbound(struct net *net, const uint8_t *packet);
void forget_mappings(struct net *net);

/* flights.c */
void take_off(double at, const uint8_t *packet, int length);
const struct flight *next_flight(void); /* NULL: none */
struct flight land(void);

/* paths.c */
void send_from(struct host *host, uint8_t *packet, int length);
void arrive(uint8_t *packet, int length);

/* firewall6.c */
void note_outbound6(const uint8_t *packet);
int is_answer6(const uint8_t *packet);

/* plan.c */
void obey(char *line);

#endif

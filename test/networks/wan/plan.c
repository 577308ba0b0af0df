/*
 * The plan and the commands, which come as lines on standard input. Each is answered with one line: `ok`, if nothing else is
 * said here. Lines of the plan:
 *
 *   net  NAME PARENT|- TYPE OUTER_IPV4|- [key=value…]      TYPE: none full addr port sym
 *   host NAME NET|- IPV4|- IPV6|- [key=value…]             -> the descriptor of its network namespace
 *
 * Keys of whatever hangs at the core ("-"): delay=ms, loss=% (both one way), rate=kbit/s. Keys of a net: hairpin, udp, fw6,
 * mdns, refresh (0 or 1), timeout=s. Keys of a host: up, near (0 or 1), mtu=bytes.
 *
 * Commands:
 *
 *   set NAME key=value… | flush NET | ext NET IPV4 | move HOST NET IPV4 | count NAME -> a JSON object
 */
#define _GNU_SOURCE
#include "wan.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum words { MAX_WORDS = 24 };
static const double DEFAULT_TIMEOUT = 60; /* seconds */

struct net nets[MAX_NETS];
int net_count;
struct host hosts[MAX_HOSTS];
int host_count;

static struct net *find_net(const char *name) {
  for (int i = 0; i < net_count; i++) {
    if (!strcmp(nets[i].name, name)) return &nets[i];
  }
  return NULL;
}

static struct host *find_host(const char *name) {
  for (int i = 0; i < host_count; i++) {
    if (!strcmp(hosts[i].name, name)) return &hosts[i];
  }
  return NULL;
}

static void fail_with_errno(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static void fail(const char *what, const char *which) {
  fprintf(stderr, "wan: %s: %s\n", what, which);
  exit(1);
}

/* Makes a network namespace, with a TUN as its eth0. This process stays in the last one that it made. */
static void make_namespace(struct host *host) {
  if (unshare(CLONE_NEWNET)) fail_with_errno("no network namespace");
  host->namespace = open("/proc/self/ns/net", O_RDONLY);
  host->tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  struct ifreq request = {.ifr_name = "eth0", .ifr_flags = IFF_TUN | IFF_NO_PI};
  if (host->tun < 0 || ioctl(host->tun, TUNSETIFF, &request)) fail_with_errno("no TUN");
}

static int set_uplink(struct uplink *uplink, const char *key, double value) {
  if (!strcmp(key, "delay")) uplink->delay = value / 1000;
  else if (!strcmp(key, "loss")) uplink->loss = value / 100;
  else if (!strcmp(key, "rate")) uplink->rate = value * 1000;
  else return 0;
  return 1;
}

static int set_net(struct net *net, const char *key, double value) {
  if (!strcmp(key, "hairpin")) net->hairpin = (int)value;
  else if (!strcmp(key, "udp")) net->udp = (int)value;
  else if (!strcmp(key, "fw6")) net->firewall6 = (int)value;
  else if (!strcmp(key, "mdns")) net->multicast = (int)value;
  else if (!strcmp(key, "refresh")) net->refreshed_from_outside = (int)value;
  else if (!strcmp(key, "timeout")) net->timeout = value;
  else return set_uplink(&net->uplink, key, value);
  return 1;
}

static int set_host(struct host *host, const char *key, double value) {
  if (!strcmp(key, "up")) host->is_up = (int)value;
  else if (!strcmp(key, "near")) host->is_near = (int)value;
  else if (!strcmp(key, "mtu")) host->mtu = (int)value;
  else return set_uplink(&host->uplink, key, value);
  return 1;
}

/* Exactly one of `net` and `host` is given. */
static void set_all(struct net *net, struct host *host, char **pairs, int count) {
  for (int i = 0; i < count; i++) {
    char *value = strchr(pairs[i], '=');
    if (!value) fail("not key=value", pairs[i]);
    *value++ = 0;
    int is_known = net ? set_net(net, pairs[i], atof(value)) : set_host(host, pairs[i], atof(value));
    if (!is_known) fail("unknown key", pairs[i]);
  }
}

static enum nat_type read_type(const char *word) {
  static const char *const names[] = {"none", "full", "addr", "port", "sym"};
  for (int i = 0; i <= SYMMETRIC; i++) {
    if (!strcmp(word, names[i])) return (enum nat_type)i;
  }
  fail("unknown type of NAT", word);
  return NO_NAT;
}

static void add_net(char **words, int count) {
  if (net_count == MAX_NETS) fail("too many nets", words[1]);
  struct net *net = &nets[net_count++];
  *net = (struct net){.parent = find_net(words[2]), .type = read_type(words[3]), .udp = 1, .firewall6 = 1,
    .multicast = 1, .refreshed_from_outside = 1, .timeout = DEFAULT_TIMEOUT};
  snprintf(net->name, NAME_SIZE, "%s", words[1]);
  if (words[4][0] != '-') net->outer_address = inet_addr(words[4]);
  set_all(net, NULL, words + 5, count - 5);
  puts("ok");
}

static void add_host(char **words, int count) {
  if (host_count == MAX_HOSTS) fail("too many hosts", words[1]);
  struct host *host = &hosts[host_count++];
  *host = (struct host){.net = find_net(words[2]), .is_up = 1};
  snprintf(host->name, NAME_SIZE, "%s", words[1]);
  if (words[3][0] != '-') host->address = inet_addr(words[3]);
  if (words[4][0] != '-') host->has_address6 = inet_pton(AF_INET6, words[4], host->address6) == 1;
  set_all(NULL, host, words + 5, count - 5);
  make_namespace(host);
  printf("%d\n", host->namespace);
}

static void print_counts(const struct net *net, const struct host *host) {
  if (net) {
    int alive = 0;
    for (int i = 0; i < net->mapping_count; i++) alive += is_alive(net, &net->mappings[i], seconds_now());
    printf("{\"in\":%ld,\"out\":%ld,\"filtered\":%ld,\"hairpinned\":%ld,\"refused\":%ld,\"mappings\":%d}\n", net->in,
      net->out, net->filtered, net->hairpinned, net->refused, alive);
  } else {
    printf("{\"in\":%ld,\"out\":%ld,\"lost\":%ld,\"tooBig\":%ld}\n", host->in, host->out, host->lost, host->too_big);
  }
}

static void command(char **words, int count) {
  struct net *net = count > 1 ? find_net(words[1]) : NULL;
  struct host *host = count > 1 ? find_host(words[1]) : NULL;
  if (!net && !host) fail("nothing has this name", count > 1 ? words[1] : words[0]);
  if (!strcmp(words[0], "count")) return print_counts(net, host);
  if (!strcmp(words[0], "set")) set_all(net, host, words + 2, count - 2);
  else if (!strcmp(words[0], "flush") && net) forget_mappings(net);
  else if (!strcmp(words[0], "ext") && net && count == 3) net->outer_address = inet_addr(words[2]);
  else if (!strcmp(words[0], "move") && host && count == 4) {
    host->net = find_net(words[2]);
    host->address = inet_addr(words[3]);
  } else fail("unknown command", words[0]);
  puts("ok");
}

/* Does what one line says. A line that is wrong ends the process. */
void obey(char *line) {
  char *words[MAX_WORDS];
  int count = 0;
  for (char *word = strtok(line, " \t\r\n"); word && count < MAX_WORDS; word = strtok(NULL, " \t\r\n")) {
    words[count++] = word;
  }
  if (!count) return;
  if (!strcmp(words[0], "net") && count >= 5) add_net(words, count);
  else if (!strcmp(words[0], "host") && count >= 5) add_host(words, count);
  else command(words, count);
  fflush(stdout);
}

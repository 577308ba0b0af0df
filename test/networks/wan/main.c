/* The loop: packets of all hosts, commands, and what arrives when its time has come. It ends with its standard input. Usage: plan.c. */
#define _GNU_SOURCE
#include "wan.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum sizes { INPUT_SIZE = 8192, BATCH = 32, LEAST_PACKET = 20 };

static void read_packets(struct host *host) {
  static uint8_t packet[MAX_PACKET];
  for (int i = 0; i < BATCH; i++) {
    int length = (int)read(host->tun, packet, sizeof packet);
    if (length < LEAST_PACKET) return;
    if (!host->is_up) {
      host->lost++;
    } else if (host->mtu && length > host->mtu) {
      host->too_big++;
    } else {
      host->out++;
      send_from(host, packet, length);
    }
  }
}

/* Returns 0 once there is nothing more to come. */
static int read_commands(void) {
  static char input[INPUT_SIZE];
  static size_t length;
  ssize_t count = read(STDIN_FILENO, input + length, sizeof input - length - 1);
  if (count <= 0) return 0;
  length += (size_t)count;
  input[length] = 0;
  for (char *end = strchr(input, '\n'); end; end = strchr(input, '\n')) {
    *end = 0;
    obey(input);
    length -= (size_t)(end + 1 - input);
    memmove(input, end + 1, length + 1);
  }
  return 1;
}

static struct timespec until_next_flight(void) {
  const struct flight *next = next_flight();
  double wait = next ? next->at - seconds_now() : 1;
  if (wait < 0) wait = 0;
  return (struct timespec){(time_t)wait, (long)((wait - (double)(time_t)wait) * 1e9)};
}

int main(void) {
  srand48(time(NULL) ^ getpid());
  struct pollfd polled[MAX_HOSTS + 1];
  for (;;) {
    while (next_flight() && next_flight()->at <= seconds_now()) {
      struct flight flight = land();
      arrive(flight.bytes, flight.length);
      free(flight.bytes);
    }
    for (int i = 0; i < host_count; i++) polled[i] = (struct pollfd){hosts[i].tun, POLLIN, 0};
    polled[host_count] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
    struct timespec wait = until_next_flight();
    if (ppoll(polled, (nfds_t)host_count + 1, &wait, NULL) <= 0) continue;
    for (int i = 0; i < host_count; i++) {
      if (polled[i].revents & POLLIN) read_packets(&hosts[i]);
    }
    if (polled[host_count].revents && !read_commands()) return 0;
  }
}

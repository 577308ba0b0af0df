/* Reading and changing IPv4 packets. Addresses stay in the order of the network. */
#include "wan.h"
#include <string.h>
#include <time.h>

enum offsets { CHECKSUM = 10, PROTOCOL = 9, SOURCE = 12, DESTINATION = 16, UDP_CHECKSUM = 6, TCP_CHECKSUM = 16 };

double seconds_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

uint16_t read16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }

void write16(uint8_t *at, uint16_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static uint32_t read_address(const uint8_t *at) {
  uint32_t address;
  memcpy(&address, at, sizeof address);
  return address;
}

uint32_t source_of(const uint8_t *packet) { return read_address(packet + SOURCE); }
uint32_t destination_of(const uint8_t *packet) { return read_address(packet + DESTINATION); }
void set_source(uint8_t *packet, uint32_t address) { memcpy(packet + SOURCE, &address, sizeof address); }
void set_destination(uint8_t *packet, uint32_t address) { memcpy(packet + DESTINATION, &address, sizeof address); }
int header_length(const uint8_t *packet) { return (packet[0] & 15) * 4; }

static uint32_t add_words(const uint8_t *at, int length, uint32_t sum) {
  for (; length > 1; length -= 2, at += 2) sum += read16(at);
  return length ? sum + (uint32_t)(at[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

/* After a change of addresses or ports. */
void renew_checksums(uint8_t *packet, int length) {
  int header = header_length(packet), protocol = packet[PROTOCOL];
  write16(packet + CHECKSUM, 0);
  write16(packet + CHECKSUM, fold(add_words(packet, header, 0)));
  if (protocol != UDP && protocol != TCP) return;
  uint8_t *checksum = packet + header + (protocol == UDP ? UDP_CHECKSUM : TCP_CHECKSUM);
  write16(checksum, 0);
  uint32_t pseudo_header = add_words(packet + SOURCE, 8, (uint32_t)(protocol + length - header));
  uint16_t sum = fold(add_words(packet + header, length - header, pseudo_header));
  write16(checksum, sum == 0 && protocol == UDP ? 0xffff : sum); /* 0 would say that there is none */
}

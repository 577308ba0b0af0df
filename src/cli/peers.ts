/** How torrents and their peers are named. */

import { createHash } from 'node:crypto'
import type { FoundPeer, WebTorrentDHT } from '../index.js'
import { place, shortId } from './text.js'

/** Addresses from here on, 240.0.0.0/4, are names for nodes whose own address is not known. */
const FIRST_MADE_UP = 240

/** The info hash that stands for a text: its SHA-1, in hex. */
export function hashOf(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}

/** One line on a peer that a lookup has found. */
export function describePeer({ host, port, id }: FoundPeer, dht: WebTorrentDHT): string {
  const isKnownPlace = Number.parseInt(host, 10) < FIRST_MADE_UP
  const where = isKnownPlace ? place(host, port) : `address unknown, port ${port}`
  const who = id ? `node ${shortId(id)}${id.equals(dht.nodeId) ? ' (this one)' : ''}` : ''
  return `${where.padEnd(28)} ${who}`.trimEnd()
}

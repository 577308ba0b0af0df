/** The messages of WebTorrent trackers, as far as they carry offers and answers. Ids are binary strings: each character is a byte. */

import { MAX_SDP_BYTES, parseJsonObject } from '../wire/signal.js'
import { hashOfNetwork } from './network-hash.js'

const ID_BYTES = 20
/** BEP 20: who made the client. */
const PEER_ID_PREFIX = '-WD0100-'
/** Characters of a tracker's reason. */
const MAX_REASON = 200

/** The info hash at which nodes of a network meet, as a binary string. */
export function infoHashOf(network: string): string {
  return hashOfNetwork(network).toString('latin1')
}

/** A new id of a peer. In hex: not all trackers take binary strings in ids. */
export function createPeerId(): string {
  return PEER_ID_PREFIX + randomHex(ID_BYTES - PEER_ID_PREFIX.length)
}

export function createOfferId(): string {
  return randomHex(ID_BYTES)
}

/** The peer that a socket is to its tracker. */
export interface TrackerPeer {
  infoHash: string
  peerId: string
}

/** Joins the swarm, stays in it, and has the tracker pass one offer each to other peers, which it chooses at random. */
export function encodeAnnounce(
  { infoHash, peerId }: TrackerPeer,
  { isFirst, isDoor, offers }: { isFirst: boolean; isDoor: boolean; offers: OfferToCarry[] }
): string {
  return JSON.stringify({
    action: 'announce',
    info_hash: infoHash,
    peer_id: peerId,
    uploaded: 0,
    downloaded: 0,
    left: isDoor ? 0 : 1, // so trackers count doors as seeders
    event: isFirst ? 'started' : undefined,
    numwant: offers.length,
    offers: offers.map(({ offerId, sdp }) => ({ offer_id: offerId, offer: { type: 'offer', sdp } }))
  })
}

export interface OfferToCarry {
  offerId: string
  sdp: string
}

export function encodeAnswer(
  { infoHash, peerId }: TrackerPeer,
  { isDoor, offerId, from, sdp }: { isDoor: boolean; offerId: string; from: string; sdp: string }
): string {
  return JSON.stringify({
    action: 'announce',
    info_hash: infoHash,
    peer_id: peerId,
    left: isDoor ? 0 : 1, // an answer is an announce, too
    to_peer_id: from,
    offer_id: offerId,
    answer: { type: 'answer', sdp }
  })
}

export function encodeStop({ infoHash, peerId }: TrackerPeer): string {
  return JSON.stringify({
    action: 'announce',
    info_hash: infoHash,
    peer_id: peerId,
    left: 1,
    event: 'stopped'
  })
}

export interface CarriedOffer {
  kind: 'offer'
  offerId: string
  /** The id of the peer that made it. */
  from: string
  sdp: string
}

export type TrackerMessage =
  | CarriedOffer
  | { kind: 'answer'; offerId: string; sdp: string }
  /** The response to an announce. */
  | {
      kind: 'announced'
      /** Seconds until the next announce. */
      interval: number
      /** How many are in the swarm, this one included; `null` if the tracker does not say. */
      doors: number | null
      newcomers: number | null
    }
  | { kind: 'refused'; reason: string }

/** Reads a message of a tracker; `undefined` if it is none of these, or for somebody else. */
export function parseTrackerMessage(
  text: string,
  { infoHash, peerId }: TrackerPeer
): TrackerMessage | undefined {
  const from = parseJsonObject(text)
  if (!from) return undefined
  const reason = from['failure reason']
  // A tracker that cannot read a message does not know what it is about.
  const isOurs = from.info_hash === infoHash || (reason !== undefined && from.info_hash === undefined)
  if (!isOurs || from.peer_id === peerId) return undefined
  if (typeof reason === 'string') return { kind: 'refused', reason: reason.slice(0, MAX_REASON) }
  if (from.action !== 'announce') return undefined
  if (from.offer !== undefined) return parseOffer(from)
  if (from.answer !== undefined) return parseAnswer(from)
  const { interval, 'min interval': shortest, complete, incomplete } = from
  return {
    kind: 'announced',
    interval: readCount(interval) ?? readCount(shortest) ?? 0,
    doors: readCount(complete),
    newcomers: readCount(incomplete)
  }
}

function parseOffer({ offer, offer_id, peer_id }: Record<string, unknown>): CarriedOffer | undefined {
  const sdp = parseDescription(offer, 'offer')
  if (sdp === undefined || !isId(offer_id) || !isId(peer_id)) return undefined
  return { kind: 'offer', offerId: offer_id, from: peer_id, sdp }
}

function parseAnswer({ answer, offer_id }: Record<string, unknown>): TrackerMessage | undefined {
  const sdp = parseDescription(answer, 'answer')
  return sdp === undefined || !isId(offer_id) ? undefined : { kind: 'answer', offerId: offer_id, sdp }
}

function parseDescription(value: unknown, expected: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { type, sdp } = value as { type?: unknown; sdp?: unknown }
  const isDescription = type === expected && typeof sdp === 'string' && sdp.length <= 2 * MAX_SDP_BYTES
  return isDescription ? sdp : undefined
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length === ID_BYTES
}

function readCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}

function randomHex(length: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(length / 2))).toString('hex')
}

/**
 * Proves this node's id in its offers and answers, and checks those of others (bep.md, "Ids that prove themselves"). An id that looks
 * bound to a key counts only with a proof, so stripping the proof gains nothing. Any other id is a claim.
 */

import { asBuffer } from './as-buffer.js'
import { idOfKey, looksBound, sha256 } from './bound-id.js'
import type { Counters } from './counters.js'
import { WebTorrentDHTError } from './errors.js'
import { Id } from './id.js'
import type { ResolvedOptions } from './options.js'
import type { Description } from './wire/description.js'
import { fingerprintOf, readKeyLine, writeKeyLine } from './wire/key-line.js'

/** For a connection of the DHT's. */
export const FOR_NODE = 'node'
/** For a link over WebSocket: the nonces of both ends stand in place of a certificate. */
export const FOR_WEBSOCKET = 'websocket'

/** The purpose of a description that an application's protocol uses. */
export function forDial(protocol: string): string {
  return `dial ${protocol}`
}

export class Proofs {
  readonly #options: Pick<ResolvedOptions, 'id' | 'idLength' | 'keyPair' | 'hasBoundIds' | 'platform'>
  readonly #counters: Counters
  readonly #nobody: Buffer

  constructor(
    options: Pick<ResolvedOptions, 'id' | 'idLength' | 'keyPair' | 'hasBoundIds' | 'platform'>,
    counters: Counters
  ) {
    this.#options = options
    this.#counters = counters
    this.#nobody = Buffer.alloc(options.idLength)
  }

  /** Whether an id counts only with a proof. */
  needsProof(id: Id): boolean {
    return this.#options.hasBoundIds && looksBound(id.bytes)
  }

  /**
   * The description with the proof in it, if this node has a key.
   *
   * @param to the node that it is for; `null` if it is not known yet
   * @throws WebTorrentDHTError `ENOTPROVEN` for a fingerprint that is not SHA-256
   */
  async prove<Given extends Description>(description: Given, purpose: string, to: Id | null): Promise<Given> {
    const { keyPair } = this.#options
    if (!keyPair) return description
    const words = wordsOf(description, purpose, to?.bytes ?? this.#nobody)
    if (!words)
      throw new WebTorrentDHTError('ENOTPROVEN', 'the description has no single SHA-256 fingerprint')
    const signature = asBuffer(new Uint8Array(await keyPair.sign(words)))
    return { ...description, sdp: writeKeyLine(description.sdp, { publicKey: keyPair.publicKey, signature }) }
  }

  /**
   * Checks the proof in a description.
   *
   * @returns whether the id is proven; else it is a claim
   * @throws WebTorrentDHTError `ENOTPROVEN` for an id that needs a proof, without a valid one
   */
  async check(id: Id, description: Description, purpose: string): Promise<boolean> {
    if (!this.needsProof(id)) return false
    if (await this.#isProven(id, description, purpose)) return true
    throw this.refuse(id)
  }

  /** Counts an id that came without its proof. */
  refuse(id: Id): WebTorrentDHTError {
    this.#counters.drops['not proven']++
    return new WebTorrentDHTError('ENOTPROVEN', `the node does not prove that ${id.hex} is its id`)
  }

  async #isProven(id: Id, description: Description, purpose: string): Promise<boolean> {
    const line = readKeyLine(description.sdp)
    if (!line || !id.equals(Id.of(idOfKey(line.publicKey)))) return false
    // An offer over HTTP, or in `signals`, is made before it is known whom it is for, and so is the answer on a link over WebSocket.
    const mayBeForAnybody =
      (description.type === 'offer' && purpose === FOR_NODE) || purpose === FOR_WEBSOCKET
    const receivers = [this.#options.id.bytes, ...(mayBeForAnybody ? [this.#nobody] : [])]
    for (const to of receivers) {
      const words = wordsOf(description, purpose, to)
      if (words && (await this.#options.platform.verify(line.signature, words, line.publicKey))) return true
    }
    return false
  }
}

/** The message that is signed: the purpose, the receiver, and the certificate that DTLS will enforce. */
function wordsOf({ type, sdp }: Description, purpose: string, to: Buffer): Buffer | undefined {
  const fingerprint = fingerprintOf(sdp)
  return fingerprint && Buffer.concat([sha256('wdht signal 1', type, '\0', purpose), to, fingerprint])
}

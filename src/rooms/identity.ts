/** Signs this member's packets, and checks those of others: they are passed on by members that could change them. */

import type { Awaitable } from '../awaitable.js'
import { isIdOfKey } from '../bound-id.js'
import { encodeContent, encodeSigned, type Header, type Packet, signedMessage } from './packets.js'

export interface Keys {
  readonly publicKey: Uint8Array
  sign(message: Buffer): Awaitable<Uint8Array | ArrayBuffer>
}

export interface IdentityOptions {
  infoHash: Buffer
  /** `null`: the id of this node is a claim, and nothing is passed on for it. */
  keys: Keys | null
  verify(signature: Buffer, message: Buffer, publicKey: Buffer): Awaitable<boolean>
}

export class Identity {
  readonly #options: IdentityOptions

  constructor(options: IdentityOptions) {
    this.#options = options
  }

  /** @returns `null` if this node has no key */
  async sign(header: Header, body?: Uint8Array): Promise<Buffer | null> {
    const { infoHash, keys } = this.#options
    if (!keys) return null
    const content = encodeContent(header, body)
    const signature = await keys.sign(signedMessage(infoHash, content))
    return encodeSigned(content, keys.publicKey, new Uint8Array(signature))
  }

  /** Whether a packet is signed by the node with this id. */
  async isBy(id: string, { signed }: Packet): Promise<boolean> {
    if (!signed || !isIdOfKey(id, signed.key)) return false
    try {
      return await this.#options.verify(signed.signature, signed.message, signed.key)
    } catch {
      return false
    }
  }
}

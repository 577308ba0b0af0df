/** Notes: each browser keeps one in the DHT, signed with its key, and reads those of others by their links. */

import { type ReadonlySignal, signal } from '@preact/signals'
import type { RecordVersion, WebTorrentDHT } from 'webtorrent-dht'
import { count, readableText } from '../text.js'
import { getKeyPair } from './key-pair.js'
import { fragmentOf } from './link-fragment.js'
import { needNodes } from './need-nodes.js'
import { explain, type Result, UserError } from './result.js'
import { checkValue } from './value-actions.js'

/** A key pair may have other values as well. */
const SALT = 'note'
/** Milliseconds between two looks at a note of somebody else. */
const LOOK_EVERY = 15_000
const KEY_DIGITS = 64

/** What a link to this page has before the public key. */
export const NOTE = 'note'

export interface ReadNote {
  /** In hex. */
  key: string
  text: string
  /** 0: nothing was found. */
  version: number
}

export class Notes {
  readonly #dht: WebTorrentDHT
  readonly #ownKey = signal('')
  readonly #read = signal<ReadNote | null>(null)
  #reading = new AbortController()

  constructor(dht: WebTorrentDHT) {
    this.#dht = dht
  }

  /** The public key of this browser's note in hex; empty until it is kept. */
  get ownKey(): ReadonlySignal<string> {
    return this.#ownKey
  }

  /** The note of somebody else that is open. */
  get read(): ReadonlySignal<ReadNote | null> {
    return this.#read
  }

  /** This browser's note, as it was kept last; empty if there is none. */
  async ownText(): Promise<string> {
    const pair = await getKeyPair()
    await needNodes(this.#dht)
    const found = await this.#dht.promises.record(pair, { salt: SALT }).get()
    if (found) this.#ownKey.value = toHex(pair.publicKey)
    return found ? textOf(found) : ''
  }

  /** Keeps a text, in the place of the one before. */
  async keep(text: string): Promise<Result> {
    const value = checkValue(text)
    const pair = await getKeyPair()
    await needNodes(this.#dht)
    const { seq, nodes } = await this.#dht.promises.record(pair, { salt: SALT }).set(value)
    this.#ownKey.value = toHex(pair.publicKey)
    return {
      tone: 'success',
      text: `Version ${seq} is kept by ${count(nodes, 'node')}, signed. Only this browser can change it; whoever has the link reads it.`
    }
  }

  /** Opens somebody's note, and follows it. @param onFailed gets what goes wrong later @throws UserError if it is no link to a note */
  open(typed: string, onFailed: (reason: string) => void): void {
    const key = (fragmentOf(typed, NOTE) ?? typed).trim().toLowerCase()
    if (key.length !== KEY_DIGITS || !/^[0-9a-f]+$/.test(key)) {
      throw new UserError('That is no link to a note: one ends with “#note=” and 64 digits.')
    }
    this.#reading.abort()
    this.#reading = new AbortController()
    this.#read.value = { key, text: '', version: 0 }
    void this.#follow(key, this.#reading.signal).catch(error => onFailed(explain(error)))
  }

  async #follow(key: string, signal: AbortSignal): Promise<void> {
    const record = this.#dht.promises.record(key, { salt: SALT })
    try {
      for await (const version of record.watch({ interval: LOOK_EVERY, signal })) {
        this.#read.value = { key, text: textOf(version), version: version.seq }
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}

function textOf({ value }: RecordVersion): string {
  return value instanceof Uint8Array ? readableText(value) : ''
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
}

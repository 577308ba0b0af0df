/** Compares what A has sent with what a transcript has. What A chooses has a name there, and is the same wherever that stands. */

import { sdpOf } from './scripted-peer.js'
import type { Value, Values } from './transcript.js'

const ID_BYTES = 20
const idOf = (letter: string) => Buffer.alloc(ID_BYTES, letter)

export class Names {
  readonly #known = new Map<string, Buffer>()

  /** Bytes and the like, for a message. */
  toWire(value: Value): unknown {
    if (Array.isArray(value)) return value.map(item => this.toWire(item))
    if (typeof value !== 'object' || value === null) return value
    const { hex, offer, answer, alone } = value
    if (typeof hex === 'string') return Buffer.from(hex, 'hex')
    if (typeof value.var === 'string') return this.#known.get(value.var)
    if (typeof offer === 'string') return signal(offer, 'offer')
    if (typeof answer === 'string') return signal(answer, 'answer')
    if (typeof alone === 'string') return { id: idOf(alone) }
    return this.toWireAll(value)
  }

  toWireAll(values: Values): Record<string, unknown> {
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, this.toWire(value)]))
  }

  /** Whether a message has all that is due: it may have more. Notes what is named in it. */
  fits(due: Value, found: unknown): boolean {
    if (due === null) return found === undefined
    if (typeof due === 'number') return found === due
    if (typeof due === 'string') return isBytes(found, Buffer.from(due))
    if (Array.isArray(due)) {
      return (
        Array.isArray(found) &&
        found.length === due.length &&
        due.every((item, i) => this.fits(item, found[i]))
      )
    }
    if (typeof due.hex === 'string') return isBytes(found, Buffer.from(due.hex, 'hex'))
    if (typeof due.var === 'string') return this.#name(due.var, found)
    if (typeof due.announcers === 'string') return areAnnouncers(due.announcers, found)
    for (const type of ['offer', 'answer'] as const) {
      const letter = due[type]
      if (typeof letter === 'string') return this.fits({ id: letter.repeat(ID_BYTES), type }, found)
    }
    if (typeof due.alone === 'string') return this.fits({ id: due.alone.repeat(ID_BYTES), sdp: null }, found)
    const given = (found ?? {}) as Record<string, unknown>
    return Object.entries(due).every(([key, value]) => this.fits(value, given[key]))
  }

  #name(name: string, found: unknown): boolean {
    const known = this.#known.get(name)
    if (known) return isBytes(found, known)
    if (!(found instanceof Uint8Array)) return false
    this.#known.set(name, Buffer.from(found))
    return true
  }
}

function signal(letter: string, type: string): object {
  return { id: idOf(letter), type, sdp: sdpOf(letter), extensions: ['introduce'] }
}

function isBytes(found: unknown, due: Buffer): boolean {
  return found instanceof Uint8Array && due.equals(found)
}

function areAnnouncers(letters: string, found: unknown): boolean {
  if (!Array.isArray(found) || found.length !== letters.length) return false
  return [...letters].every((letter, i) => isBytes(found[i].subarray(-ID_BYTES), idOf(letter)))
}

/** Sends messages: over the connection to each member where there is one to all, else signed and passed on by members. */

import { invalid, readSafely } from '../arguments.js'
import { WebTorrentDHTError } from '../errors.js'
import type { Identity } from './identity.js'
import type { Link } from './link.js'
import type { Member, Receivers } from './member.js'
import type { Members } from './members.js'
import type { Mesh } from './mesh.js'
import { type Outgoing, readOutgoing } from './outgoing.js'
import { encodeContent, encodeUnsigned, type Kind, MAX_BODY_BYTES, type PartHeader } from './packets.js'
import { Window } from './streams.js'
import type { Talk } from './talk.js'

const MAX_CHANNEL = 256

export interface SendingParts {
  own: string
  members: Members
  mesh: Mesh
  identity: Identity
  talk: Talk
}

type Labels = Omit<PartHeader, 't' | 'i' | 'end' | 'from'>

export class Sending {
  readonly #parts: SendingParts
  /** The number of the next message: greater than those of an earlier visit. */
  #next = Date.now()
  #isClosed = false

  constructor(parts: SendingParts) {
    this.#parts = parts
  }

  close(): void {
    this.#isClosed = true
  }

  /** As `send` of a room. */
  async send(data: unknown, to: Receivers | null | undefined, channel: string | undefined): Promise<number> {
    if (this.#isClosed) throw new WebTorrentDHTError('ECLOSED', 'the room was left')
    if (
      channel !== undefined &&
      (typeof channel !== 'string' || channel === '' || channel.length > MAX_CHANNEL)
    ) {
      throw invalid('channel', channel, `text of 1 to ${MAX_CHANNEL} characters`)
    }
    const outgoing = readSafely('data', () => readOutgoing(data))
    const named = channel === undefined ? {} : { channel }
    const labels = { n: this.#next++, ...named }
    if (outgoing.isStream)
      return this.#sendStream(outgoing, { ...labels, k: 'stream' }, await this.linksTo(to))
    const { kind: k, bytes } = outgoing
    const { members, mesh } = this.#parts
    const isToAll = to === undefined || to === null
    const isPassedOn = isToAll && members.all.some(({ id }) => !mesh.linkTo(id))
    if (isPassedOn) return this.#passOn(bytes, { ...labels, k })
    return this.#sendDirectly(bytes, { ...labels, k }, await this.linksTo(to))
  }

  /** The links to members, made now where there are none. */
  async linksTo(to: Receivers | null | undefined): Promise<Link[]> {
    const { members, mesh } = this.#parts
    const all = to === undefined || to === null
    const ids = all ? members.all.map(({ id }) => id) : readReceivers(to)
    const strangers = ids.filter(id => !members.get(id))
    if (strangers.length > 0) throw new WebTorrentDHTError('ENOTFOUND', `${strangers[0]} is not in the room`)
    const links = await Promise.allSettled(ids.map(async id => mesh.linkTo(id) ?? mesh.connect(id)))
    return links.flatMap(result => {
      if (result.status === 'fulfilled') return [result.value]
      if (all) return []
      throw result.reason
    })
  }

  async #sendDirectly(bytes: Buffer, labels: Labels, links: Link[]): Promise<number> {
    const parts = [...partsOf(bytes, labels)].map(({ header, body }) =>
      encodeUnsigned(encodeContent(header, body))
    )
    const [first, ...others] = parts as [Buffer, ...Buffer[]]
    if (others.length === 0) return links.filter(link => link.sendBytes(first)).length
    const sent = links.map(async link => {
      for (const part of parts) if (!(await link.write(part))) return false
      return true
    })
    return (await Promise.all(sent)).filter(Boolean).length
  }

  /** Has members pass it on: to all of them, those included that this one is connected to. */
  async #passOn(bytes: Buffer, labels: Labels): Promise<number> {
    const { own, identity, members, mesh, talk } = this.#parts
    await talk.introduce()
    const count = members.size
    for (const { header, body } of partsOf(bytes, labels)) {
      const signed = await identity.sign({ ...header, from: own }, body)
      if (!signed) return this.#sendDirectly(bytes, labels, [...mesh.links]) // an id that is a claim
      await Promise.all(mesh.links.map(link => link.write(signed)))
    }
    return count
  }

  async #sendStream(
    { parts, labels: named }: Extract<Outgoing, { isStream: true }>,
    labels: Labels,
    links: Link[]
  ): Promise<number> {
    const { talk } = this.#parts
    const readers = links.map(link => {
      const window = new Window()
      const close = () => window.close()
      talk.window(link.id, labels.n, window)
      link.once('close', close)
      return { link, window, isOut: false, forget: () => link.off('close', close) }
    })
    let i = 0
    const sendPart = (body: Buffer, isEnd: boolean) => {
      const header: PartHeader = {
        t: 'part',
        ...labels,
        ...(i === 0 && named),
        i,
        ...(isEnd && { end: 1 as const })
      }
      const packet = encodeUnsigned(encodeContent(header, body))
      const part = i++
      return Promise.all(
        readers.map(async reader => {
          if (reader.isOut) return
          const isSent = (await reader.window.whenRoomFor(part)) && (await reader.link.write(packet))
          reader.isOut = !isSent
        })
      )
    }
    try {
      for await (const body of parts) {
        await sendPart(body, false)
        if (readers.every(({ isOut }) => isOut)) break
      }
      await sendPart(Buffer.alloc(0), true)
    } finally {
      for (const { link, forget } of readers) {
        talk.window(link.id, labels.n, null)
        forget()
      }
    }
    return readers.filter(({ isOut }) => !isOut).length
  }
}

function* partsOf(
  bytes: Buffer,
  labels: Labels & { k: Kind }
): Generator<{ header: PartHeader; body: Buffer }> {
  const count = Math.max(1, Math.ceil(bytes.length / MAX_BODY_BYTES))
  for (let i = 0; i < count; i++) {
    const body = bytes.subarray(i * MAX_BODY_BYTES, (i + 1) * MAX_BODY_BYTES)
    yield { header: { t: 'part', ...labels, i, ...(i === count - 1 && { end: 1 as const }) }, body }
  }
}

/** @throws WebTorrentDHTError `EINVAL` */
function readReceivers(to: Receivers): string[] {
  const receivers: readonly unknown[] = Array.isArray(to) ? to : [to]
  return receivers.map(receiver => {
    const id = typeof receiver === 'string' ? receiver : (receiver as Partial<Member> | null)?.id
    if (typeof id === 'string') return id.toLowerCase()
    throw invalid('to', receiver, 'a member, the id of one, or an array of these')
  })
}

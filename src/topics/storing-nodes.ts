/** The nodes that store the values under a topic: those nearest to its info hash. */

import { WebTorrentDHTError } from '../errors.js'
import type { Id } from '../id.js'
import type { End, Values } from '../krpc/ledger.js'
import type { PromiseOptions } from '../reaching/abortable.js'
import type { Contact } from '../upstream-events.js'
import type { TopicValue } from '../wire/topic-value.js'
import type { TopicDHT } from './topic.js'

/** Milliseconds in which a node has to reply. */
const REPLY_TIMEOUT = 5000
/** Milliseconds for all replies of a node: one that gives little each time must not hold up the others. */
const READING_TIME = 10_000
/** Replies of a node that are read. */
const MAX_PAGES = 64

/** Looks for the nodes nearest to a topic. */
export async function findStoringNodes(
  dht: TopicDHT,
  infoHash: Id,
  options: PromiseOptions
): Promise<StoringNode[]> {
  // The lookup is for the nodes that it meets, not for peers.
  for await (const _ of dht.promises.lookup(infoHash.bytes, options));
  const { lookupWidth } = dht.socket.node.options
  const nearest = dht._tables.get(infoHash.hex)?.closest(infoHash.bytes, lookupWidth) ?? []
  return nearest.map(contact => new StoringNode(dht, infoHash, contact))
}

export class StoringNode {
  readonly #dht: TopicDHT
  readonly #infoHash: Id
  readonly #contact: Contact

  constructor(dht: TopicDHT, infoHash: Id, contact: Contact) {
    this.#dht = dht
    this.#infoHash = infoHash
    this.#contact = contact
  }

  /** Stores a value there. @throws WebTorrentDHTError `EREFUSED`, or why no reply came */
  async put(value: TopicValue): Promise<void> {
    await this.#ask('put_topic', { ...value, token: this.#contact.token })
  }

  /** The values that are stored there, as far as they came. @returns `null` if none did */
  async get(): Promise<TopicValue[] | null> {
    const end = performance.now() + READING_TIME
    const all: TopicValue[] = []
    for (let page = 0; page < MAX_PAGES && performance.now() < end; page++) {
      const after = all.at(-1)?.k
      const reply = await this.#ask('get_topic', after ? { after } : {}).catch(() => null)
      if (!reply) return page === 0 ? null : all
      const stored = (reply.stored ?? []) as TopicValue[] // as its shape has it
      all.push(...stored)
      if (reply.more !== 1 || stored.length === 0) break
    }
    return all
  }

  #ask(method: string, fields: Record<string, unknown>): Promise<Values> {
    const { host, port } = this.#contact
    const args = { id: this.#dht.nodeId, info_hash: this.#infoHash.bytes, ...fields }
    return new Promise((resolve, reject) => {
      const onEnd = (end: End) => {
        if (end.kind === 'replied') resolve(end.values)
        else reject(end.kind === 'refused' ? refusal(end.error) : end.error)
      }
      this.#dht.socket.node.outbound.ask({ host, port }, { method, args, timeout: REPLY_TIMEOUT, onEnd })
    })
  }
}

/** @param error as it came: a list of a code and a text */
function refusal(error: unknown): WebTorrentDHTError {
  const [code, text] = Array.isArray(error) ? error : []
  return new WebTorrentDHTError('EREFUSED', `a node refused: ${String(text ?? code)}`, { cause: error })
}

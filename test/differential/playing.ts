/** Makes calls on a node, and says what came of each, in a form that is the same for both implementations. */

import { randomBytes } from 'node:crypto'
import bencode from 'bencode'
import type { BittorrentDHT } from '../../src/upstream.js'
import { within } from '../helpers/nodes.js'
import { createKeyPair } from '../helpers/values.js'
import type { Call, Named, Signing, Step, WrongCall } from './calls.js'
import type { Network } from './network.js'

const PATIENCE = 90_000
/** Ports that callers choose: others are what the nodes see. */
const PORTS = [1, 6881, 65535]

/** What came of a call. Only what both implementations can have alike is here. */
export interface Outcome {
  thrown?: true
  returned?: unknown
  /** What each call of the callback got. */
  callbacks?: unknown[][]
  /** Ports of the peers that were emitted: as they were announced; 0 for those that were not chosen, however many. */
  peers?: number[]
  /** What the nodes of the network were told to store. */
  told?: string[]
  result?: unknown
  /** Of the steps in the life of a node. */
  steps?: { step: Step; isThrown: boolean; calls: number | undefined }[]
}

/** What the calls of one sequence have in common: the same for both implementations. */
export class Names {
  readonly hashes = [0, 1, 2, 3].map(() => randomBytes(20))
  readonly pairs = [createKeyPair(), createKeyPair()]
  /** Values that were put. */
  /** The last version that was stored under each key. */
  readonly #stored = new Map<string, string>()
  readonly puts: { key: string; salt: string | null }[] = []

  /** Notes a value that was put, for a `get` of the same sequence. */
  note({ v, signing }: Of<'put'>, { returned, callbacks }: Outcome): void {
    if (typeof returned !== 'string') return
    this.puts.push({ key: returned, salt: signing?.salt ?? null })
    if (callbacks?.[0]?.[0] === null) this.#stored.set(returned, JSON.stringify({ v, seq: signing?.seq }))
  }

  /** Whether the very version is stored. */
  isStored({ v, signing }: Of<'put'>, { returned }: Outcome): boolean {
    return this.#stored.get(String(returned)) === JSON.stringify({ v, seq: signing?.seq })
  }

  as({ n, as }: Named, from: readonly Buffer[] = this.hashes): Buffer | Uint8Array | string {
    return inForm(from[n] ?? Buffer.alloc(20), as)
  }
}

function inForm(bytes: Buffer, as: Named['as']): Buffer | Uint8Array | string {
  if (as === 'Buffer') return bytes
  if (as === 'Uint8Array') return new Uint8Array(bytes)
  return as === 'hex' ? bytes.toString('hex') : bytes.toString('hex').toUpperCase()
}

type Callback = (...args: unknown[]) => void

/** Collects the outcome of a call: what it throws, returns, and calls back with. */
class Attempt {
  readonly outcome: Outcome = {}
  readonly #ended: Promise<void>
  #end: () => void = () => {}

  constructor() {
    this.#ended = new Promise(resolve => {
      this.#end = resolve
    })
  }

  make(call: (callback: Callback) => unknown, show: (args: unknown[]) => unknown[]): this {
    const callbacks: unknown[][] = []
    this.outcome.callbacks = callbacks
    try {
      this.outcome.returned = call((...args) => {
        callbacks.push(show(args))
        this.#end()
      })
    } catch {
      this.outcome.thrown = true
      this.#end()
    }
    return this
  }

  async ended(what: string): Promise<Outcome> {
    await within(what, this.#ended, PATIENCE)
    await turn() // a second callback would come now
    return this.outcome
  }
}

/** Makes a call. What is not over when it resolves is in the outcome later. */
export async function play(call: Call, dht: BittorrentDHT, names: Names, network: Network): Promise<Outcome> {
  switch (call.do) {
    case 'lookup':
      return lookUp(call, dht, names)
    case 'announce':
      return announce(call, dht, names, network)
    case 'put':
      return put(call, dht, names, network)
    case 'get':
      return get(call, dht, names)
    case 'addNode':
      return addNode(call, dht, network)
    case 'removeNode':
      return removeNode(call, dht, names, network)
    case 'toJSON':
      return new Attempt().make(
        () => stateOf(dht),
        () => []
      ).outcome
    case 'wrong':
      return wrong(call.call, network)
    case 'life':
      return live(call.steps, network, names)
  }
}

type Of<Kind extends Call['do']> = Extract<Call, { do: Kind }>

async function lookUp({ hash, isStopped }: Of<'lookup'>, dht: BittorrentDHT, names: Names): Promise<Outcome> {
  const infoHash = names.hashes[hash.n]
  const peers: number[] = []
  const onPeer = ({ port }: { port: number }, of: Buffer) => {
    if (infoHash?.equals(of)) peers.push(port)
  }
  dht.on('peer', onPeer)
  const attempt = new Attempt().make(
    callback => {
      const stop = dht.lookup(names.as(hash), callback)
      if (isStopped) stop()
      return typeof stop
    },
    ([error, nodes]) => [textOf(error), nodes]
  )
  const outcome = await attempt.ended('lookup')
  dht.off('peer', onPeer)
  const chosen = peers.filter(port => PORTS.includes(port))
  const isAny = chosen.length < peers.length
  outcome.peers = [...chosen, ...(isAny ? [0] : [])].sort((a, b) => a - b)
  return outcome
}

async function announce(
  { hash, port }: Of<'announce'>,
  dht: BittorrentDHT,
  names: Names,
  network: Network
): Promise<Outcome> {
  const before = network.told.length
  const outcome = await new Attempt()
    .make(
      callback => dht.announce(names.as(hash), port, callback),
      ([error, nodes]) => [textOf(error), nodes]
    )
    .ended('announce')
  outcome.told = toldOf(network, before, names.hashes[hash.n])
  return outcome
}

async function put(
  { v, isBare, signing }: Of<'put'>,
  dht: BittorrentDHT,
  names: Names,
  network: Network
): Promise<Outcome> {
  const before = network.told.length
  const isPlain = typeof v === 'string' || Buffer.isBuffer(v)
  const given = signing ? { v, ...signed(v, signing, names) } : isBare && isPlain ? v : { v }
  let key: Buffer | undefined
  const outcome = await new Attempt()
    .make(
      callback => {
        key = dht.put(given as Buffer, callback)
        return key.toString('hex')
      },
      ([error, of, nodes]) => [
        textOf(error),
        of instanceof Uint8Array ? Buffer.from(of).toString('hex') : of,
        nodes
      ]
    )
    .ended('put')
  outcome.told = toldOf(network, before, key)
  return outcome
}

function signed(v: unknown, { pair, seq, salt, cas, by }: Signing, names: Names): Record<string, unknown> {
  const keys = names.pairs[pair]
  if (!keys) throw new Error('no such pair')
  const salted = salt ? { salt: Buffer.from(salt) } : {}
  const ways = {
    sign: { sign: keys.sign },
    sig: { sig: keys.sign(bencode.encode({ ...salted, seq, v }).subarray(1, -1)) }
  }
  return {
    k: keys.k,
    seq,
    ...ways[by],
    ...(salt !== null && { salt: Buffer.from(salt) }),
    ...(cas !== null && { cas })
  }
}

async function get(
  { of, as, salt, cache, verify }: Of<'get'>,
  dht: BittorrentDHT,
  names: Names
): Promise<Outcome> {
  const wanted = names.puts[of % Math.max(names.puts.length, 1)]
  const key = wanted ? Buffer.from(wanted.key, 'hex') : (names.hashes[3] as Buffer)
  const ofWanted = salt === 'right' && wanted?.salt ? { salt: Buffer.from(wanted.salt) } : {}
  const options = {
    ...(salt === 'wrong' ? { salt: Buffer.from('another') } : ofWanted),
    ...(cache !== null && { cache }),
    ...(verify !== null && { verify: () => verify })
  }
  return new Attempt()
    .make(
      callback => dht.get(inForm(key, as), options, callback),
      ([error, value]) => [textOf(error), value ? shown(value) : value]
    )
    .ended('get')
}

function shown(value: object): unknown {
  const { v, seq, k, sig, id, token } = value as Record<string, unknown>
  return JSON.parse(
    JSON.stringify({ v, seq, k, sig: sig && 'signed', id: Buffer.isBuffer(id), token: token !== undefined })
  )
}

/** The table, by the numbers of its nodes; whatever else is there is `?`. */
function tableOf(dht: BittorrentDHT, network: Network): string {
  const numbers = dht.nodes.toArray().map(({ id }) => network.nodes.findIndex(node => node.nodeId.equals(id)))
  return numbers.sort().join()
}

async function addNode({ n, withId }: Of<'addNode'>, dht: BittorrentDHT, network: Network): Promise<Outcome> {
  const node = network.nodes[n]
  const contact = node && dht.nodes.get(node.nodeId)
  const place = contact ? { host: contact.host, port: contact.port } : { host: '127.0.0.1', port: 9 }
  const id = node?.nodeId ?? Buffer.alloc(20, 3)
  const outcome = new Attempt().make(
    () => dht.addNode(withId ? { ...place, id } : place),
    () => []
  ).outcome
  outcome.result = tableOf(dht, network)
  if (!node) dht.removeNode(id) // nobody is there, and searches would wait for it
  return outcome
}

async function removeNode(
  { id }: Of<'removeNode'>,
  dht: BittorrentDHT,
  names: Names,
  network: Network
): Promise<Outcome> {
  const ids = [...network.nodes.map(({ nodeId }) => nodeId), names.hashes[3] as Buffer]
  const contact = dht.nodes.get(ids[id.n] as Buffer)
  const outcome = new Attempt().make(
    () => dht.removeNode(names.as(id, ids)),
    () => []
  ).outcome
  const without = tableOf(dht, network)
  if (contact) dht.addNode({ host: contact.host, port: contact.port, id: contact.id })
  outcome.result = [without, tableOf(dht, network)]
  return outcome
}

function stateOf(dht: BittorrentDHT): unknown {
  const state = dht.toJSON()
  const values = Object.entries(state.values).map(([key, value]) => [key, fieldsOf(value)])
  return JSON.parse(JSON.stringify({ fields: Object.keys(state).sort(), values: values.sort() }))
}

/** Without `bencoded`, which says that a value is no bytes: upstream's are lost then. */
function fieldsOf(value: object): string {
  const fields = Object.keys(value).filter(name => name !== 'bencoded')
  return fields.sort().join()
}

/** Only what is thrown at once counts: upstream may throw later, or never be done. So the node is of no further use. */
async function wrong({ method, args }: WrongCall, network: Network): Promise<Outcome> {
  const dht = network.createAlone({ bootstrap: false })
  dht.on('warning', () => {})
  const call = dht[method] as (...args: unknown[]) => unknown
  const { outcome } = new Attempt().make(
    () => void call.apply(dht, args),
    () => []
  )
  await new Promise<void>(resolve => dht.destroy(resolve))
  return outcome
}

/** The life of a node that is alone, from its making until everything is over. */
async function live(steps: Step[], network: Network, names: Names): Promise<Outcome> {
  const dht = network.createAlone({ bootstrap: false })
  const events: Record<string, number> = {}

  dht.on('error', () => (events.error = (events.error ?? 0) + 1))
  dht.on('warning', () => {})
  const attempts: Attempt[] = []
  for (const step of [...steps, 'destroy'] as const) {
    const attempt = new Attempt().make(
      callback => takeStep(step, dht, names, callback),
      ([error]) => [textOf(error)]
    )
    attempts.push(attempt)
  }
  await attempts.at(-1)?.ended('destroy')
  for (let i = 0; i < 5; i++) await turn()
  const shown = attempts.map(({ outcome: { thrown, callbacks } }, i) => {
    const step = steps[i] ?? 'destroy'
    const isCounted = step !== 'listen' // whether it listens before it is destroyed is a matter of time
    return { step, isThrown: thrown !== undefined, calls: isCounted ? callbacks?.length : undefined }
  })
  return { steps: shown, result: events }
}

function takeStep(step: Step, dht: BittorrentDHT, names: Names, callback: Callback): unknown {
  const hash = names.hashes[3] as Buffer
  switch (step) {
    case 'listen':
      return dht.listen(0, '127.0.0.1', () => callback())
    case 'destroy':
      return dht.destroy(() => callback())
    case 'address':
      return typeof dht.address().port
    case 'toJSON':
      return typeof dht.toJSON()
    case 'lookup':
      return typeof dht.lookup(hash, callback)
    case 'announce':
      return dht.announce(hash, 1, callback)
    case 'put':
      return dht.put('text', callback).toString('hex')
    case 'get':
      return dht.get(hash, callback)
  }
}

function toldOf({ told }: Network, since: number, key: Buffer | undefined): string[] {
  const name = key?.toString('hex') ?? 'none'
  const news = told.slice(since).filter(line => line.includes(name))
  return [...new Set(news.map(line => line.replace(` ${name}`, '')))].sort()
}

/** `null`, or `error`; of those that BEP 44 numbers, the code. */
function textOf(error: unknown): unknown {
  return error ? codeOf(error) : (error ?? null)
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown }
  return code === 301 || code === 302 ? String(code) : 'error'
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

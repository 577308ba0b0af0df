/** 16 nodes with chosen ids beside a hash or key. Does a lookup or get still find what honest nodes store there? */

import { createHash } from 'node:crypto'
import { Id } from '../../../src/id.js'
import { encode } from '../../../src/wire/bencode.js'
import { encodeNode } from '../../../src/wire/compact.js'
import { answerWith } from '../../../test/helpers/answers.js'
import type { SimulatedNode } from '../../../test/simulation/node.js'
import type { World } from './world.js'

const SECONDS = 1000
export const SYBILS = 16
/** Bytes that a chosen id has in common with its key: a few seconds of work where ids are bound to keys. */
const COMMON_BYTES = 3
/** Nodes for each key that is attacked at a time, so that most nodes are honest. */
const NODES_PER_KEY = 64
const MAX_KEYS = 4
const NAMED = 8
const JOINING = 30 * SECONDS
const SETTLED = 5 * SECONDS
const METHODS = { find_node: 'target', get_peers: 'info_hash', get: 'target' } as const

export interface SybilFigures {
  lookups: { total: number; found: number }
  gets: { total: number; found: number }
}

/** A torrent or a value that somebody stores, and that the sybils hide. */
interface Secret {
  kind: 'lookups' | 'gets'
  key: Buffer
  value: Buffer
  owner: SimulatedNode
}

/**
 * Every other time what is looked for was stored before the sybils came.
 *
 * @param rounds how often keys are attacked: each time one for 64 nodes, and at most 4
 * @param askers nodes that look for each of them
 */
export async function attackKeys(world: World, rounds: number, askers: number): Promise<SybilFigures> {
  const figures: SybilFigures = { lookups: { total: 0, found: 0 }, gets: { total: 0, found: 0 } }
  const atOnce = Math.min(MAX_KEYS, Math.max(1, Math.floor(world.honest.length / NODES_PER_KEY)))
  let count = 0
  for (let round = 0; round < rounds; round++) {
    const secrets = Array.from({ length: atOnce }, () =>
      create(world, count++ % 2 === 0 ? 'lookups' : 'gets')
    )
    const isStoredBefore = round % 2 === 1
    if (isStoredBefore) await storeAll(world, secrets)
    const sybils: SimulatedNode[] = []
    for (const secret of secrets) sybils.push(...(await join(world, secret.key)))
    await world.clock.sleep(JOINING)
    if (!isStoredBefore) await storeAll(world, secrets)
    for (const secret of secrets) await look(world, secret, askers, figures)
    for (const sybil of sybils) world.population.kill(sybil)
    if (round < rounds - 1) await world.clock.sleep(JOINING)
  }
  return figures
}

function create(world: World, kind: Secret['kind']): Secret {
  const { random } = world
  const value = random.bytes(20)
  const key = kind === 'gets' ? createHash('sha1').update(encode(value)).digest() : random.bytes(20)
  const [owner] = world.pick(1)
  if (!owner) throw new Error('no honest node is ready')
  return { kind, key, value, owner }
}

/** Nodes that name each other alone to whoever asks for their key, store what they get, and give nothing. */
async function join({ population, random }: World, key: Buffer): Promise<SimulatedNode[]> {
  const ids = Array.from({ length: SYBILS }, () =>
    Buffer.concat([key.subarray(0, COMMON_BYTES), random.bytes(key.length - COMMON_BYTES)])
  )
  const fellows = ids.slice(0, NAMED).map(id => encodeNode({ id: Id.of(id), host: '240.0.0.1', port: 1 }))
  const sybils: SimulatedNode[] = []
  for (const nodeId of ids) {
    const sybil = await population.add({ nodeId })
    const { recursion } = sybil.dht.socket.node
    const passOn = recursion.passOn.bind(recursion)
    const isKey = (target: Uint8Array) =>
      key.subarray(0, COMMON_BYTES).equals(target.subarray(0, COMMON_BYTES))
    recursion.passOn = (...args) => (isKey(args[3].bytes) ? undefined : passOn(...args))
    for (const [method, name] of Object.entries(METHODS)) {
      answerWith(sybil.dht, method, (args, { id }, answer) => {
        if (!isKey((args as Record<string, Buffer>)[name] as Buffer)) return answer()
        const token = method !== 'find_node' && { token: sybil.dht._generateToken(id.hex) }
        return { values: { nodes: Buffer.concat(fellows), ...token } }
      })
    }
    sybils.push(sybil)
  }
  return sybils
}

async function storeAll(world: World, secrets: Secret[]): Promise<void> {
  for (const { key, value, kind, owner } of secrets) {
    if (kind === 'lookups') await world.call(owner, done => owner.dht.announce(key, 6881, done))
    else await world.call(owner, done => owner.dht.put({ v: value }, done))
  }
  await world.clock.sleep(SETTLED)
}

async function look(world: World, secret: Secret, askers: number, figures: SybilFigures): Promise<void> {
  const { key, value, kind, owner } = secret
  const others = world.pick(askers + 1).filter(node => node !== owner)
  for (const asker of others.slice(0, askers)) {
    const isFound =
      kind === 'lookups'
        ? await world.finds(asker, key, owner)
        : await world.call<boolean>(asker, done =>
            asker.dht.get(key, (_, found) => done(Buffer.isBuffer(found?.v) && found.v.equals(value)))
          )
    figures[kind].total++
    if (isFound) figures[kind].found++
  }
}

/** Few addresses open as many connections as they can to a bootstrap node, and come back when one is closed. Who gets in, and stays? */

import { Id } from '../../src/id.js'
import { createNode, destroyAll, eventually } from '../helpers/nodes.js'
import { RawClient } from '../helpers/raw-client.js'
import { createNewcomer, timeToJoin } from './newcomer.js'
import type { AttackRow } from './row.js'

const DEADLINE = 40_000

export interface FillSettings {
  addresses: number
  connections: number
  newcomers: number
}

export interface Filled {
  /** Newcomers that were connected to the bootstrap node. */
  joined: number
  /**
   * Newcomers that are still in, after the attacker has come back as often as it has connections: connected to the bootstrap node, or, if
   * they released that connection when asked, to another newcomer.
   */
  stayed: number
  /** The most connections of one attacking address at the end. */
  mostSeats: number
}

export async function runFill({ addresses, connections, newcomers }: FillSettings): Promise<Filled> {
  const node = await createNode({ exemptLocal: false })
  const { table } = node.socket.node
  const clients = new Set<RawClient>()
  let made = 0
  let isOver = false
  const keep = async (number: number) => {
    while (!isOver) {
      const from = `127.0.0.${2 + (number % addresses)}`
      const client = await RawClient.connect(node, { id: near(node.nodeId, number % 40), from }).catch(
        () => null
      )
      if (!client) continue
      made++
      clients.add(client)
      client.onQuery = query => {
        if (query.q === 'release') client.sendMessage({ t: query.t, y: 'e', e: [409, 'needed'] })
        else client.reply(query, { nodes: Buffer.alloc(0) })
      }
      await client.whenClosed
      clients.delete(client)
    }
  }
  const keeping = Array.from({ length: connections }, (_, i) => keep(i))
  await eventually(() => made >= connections, DEADLINE)
  const honest = Array.from({ length: newcomers }, (_, i) => createNewcomer(node, `127.0.1.${1 + i}`))
  const times = await Promise.all(honest.map(timeToJoin))
  const before = made
  await eventually(() => made >= before + connections, DEADLINE)
  const honestIds = [node, ...honest].map(({ nodeId }) => Id.of(nodeId))
  const stayed = honest.filter(({ socket }) => honestIds.some(id => socket.node.table.get(id))).length
  const seats = Array.from({ length: addresses }, (_, i) => seatsOf(`127.0.0.${2 + i}`))
  isOver = true
  await Promise.all([...clients].map(client => client.close()))
  await destroyAll(...honest, node)
  await Promise.all(keeping)
  return { joined: times.filter(time => time !== null).length, stayed, mostSeats: Math.max(...seats) }

  function seatsOf(address: string): number {
    return [...table.all].filter(
      ({ isOpen, isDisplaced, origin }) => isOpen && !isDisplaced && origin === address
    ).length
  }
}

/** An id that shares so many leading bits with another one. */
function near(id: Uint8Array, bits: number): Buffer {
  const other = Buffer.from(id)
  other[bits >> 3] = (other[bits >> 3] ?? 0) ^ (0x80 >> (bits % 8))
  crypto.getRandomValues(other.subarray((bits >> 3) + 1))
  return other
}

/** Rows of the table of attacks. */
export async function fill(): Promise<AttackRow[]> {
  const rows: AttackRow[] = []
  for (const [addresses, wanted] of [
    [1, 12],
    [8, 11]
  ] as const) {
    const { joined, stayed, mostSeats } = await runFill({ addresses, connections: 60, newcomers: 12 })
    rows.push({
      attack: `60 connections at a bootstrap node, ${addresses} address${addresses > 1 ? 'es' : ''}`,
      measured: `${joined} of 12 newcomers got in, ${stayed} are still in; at most ${mostSeats} seats an address`,
      wanted: `${wanted} of 12`,
      isAsWanted: stayed >= wanted
    })
  }
  return rows
}

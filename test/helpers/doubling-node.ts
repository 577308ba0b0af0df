/** A node with a method of its own, and a neighbour who asks it: what tests of messages that come in have in common. */

import type { Test } from 'tape'
import type { PeerConnection } from '../../src/connections/peer-connection.js'
import { createFields } from '../../src/krpc/fields.js'
import { type Asker, defineMethod, type Reply } from '../../src/krpc/method.js'
import { encode } from '../../src/wire/bencode.js'
import { integer, shape } from '../../src/wire/check.js'
import { bytesOf } from './fake-neighbours.js'
import { createRouteNode, type RouteNode, type RouteNodeOptions } from './route-node.js'

/** Seconds' worth of messages that may come at once. */
export const BURST = 10

interface DoubleOptions {
  answer?: (number: number, asker: Asker) => Reply | Promise<Reply>
  isUse?: boolean
}

/** A method that doubles a number. It takes even ones only, and charges stores. */
function createDouble({
  answer = number => ({ values: { number: 2 * number } }),
  isUse = true
}: DoubleOptions = {}) {
  const { id } = createFields(20)
  const number = integer(0, 1000)
  const asked: Asker[] = []
  const method = defineMethod({
    name: 'double',
    query: shape({ id, number }),
    reply: shape({ id, number }),
    isUse,
    check: ({ number }) => (number % 2 === 0 ? undefined : 'an odd number'),
    charge: rateLimits => (rateLimits.take('stores') ? undefined : 'too many stores'),
    respond({ number }, asker) {
      asked.push(asker)
      return answer(number, asker)
    }
  })
  return { method, asked }
}

/** A node A that knows how to double, with a neighbour N. */
export function createDoublingNode(t: Test, options: DoubleOptions & RouteNodeOptions = {}) {
  const { answer, isUse, ...given } = options
  const node = createRouteNode(t, { takesQueries: false, ...given })
  const { method, asked } = createDouble({ ...(answer && { answer }), ...(isUse !== undefined && { isUse }) })
  node.inbound.addMethod(method)
  const neighbour = node.neighbours.add('N')
  /** Asks the neighbour. */
  const ask = (method = 'ping', timeout?: number) => {
    const query = node.ask(neighbour, { method, args: {}, ...(timeout !== undefined && { timeout }) })
    bytesTo(neighbour)
    return query
  }
  return { node, neighbour, asked, ask }
}

export const doubleBytes = (number: unknown, { by = 'N', t = 'qq' } = {}) =>
  encode({ t, y: 'q', q: 'double', a: { id: bytesOf(by), number } })

export const pingBytes = (by: string) => encode({ t: 'pp', y: 'q', q: 'ping', a: { id: bytesOf(by) } })

export const unknownBytes = (args: unknown = {}) => encode({ t: 'uu', y: 'q', q: 'unheard_of', a: args })

/** The errors that went to a neighbour: codes and texts. */
export const errorsTo = ({ neighbours }: RouteNode, to: string | PeerConnection) =>
  neighbours.takeMessages(to).map(message => {
    if (message.kind !== 'error') throw new Error(`sent what is ${message.kind}`)
    return `${message.transaction} ${message.code} ${message.text}`
  })

/** The replies that went to a neighbour, as they are on the wire. */
export const bytesTo = (connection: PeerConnection) =>
  (connection.peer as unknown as { sent: Buffer[] }).sent.splice(0)

/** What is seen of sockets, addresses and fields where this package differs from upstream: see the table of differences. */

import { EventEmitter } from 'node:events'
import type { Test } from 'tape'
import type { KRPCMessage, Peer } from '../../src/upstream.js'
import {
  ask,
  bind,
  closing,
  createEchoing,
  createHasty,
  createSockets,
  echoOn,
  type Implementation,
  nextEvent,
  nextQueries,
  nextQuery,
  placeOf,
  recordEvents,
  soon
} from '../helpers/implementations.js'

const ID = Buffer.alloc(20, 1)

/** `calls back`, or what was thrown. */
function endOfCall(call: (callback: () => void) => void): Promise<unknown> {
  return soon(
    'the end of a call',
    new Promise(resolve => {
      try {
        call(() => resolve('calls back'))
      } catch (error) {
        resolve((error as { code?: unknown }).code)
      }
    })
  )
}

async function createDestroyed({ createSocket }: Implementation) {
  const socket = createSocket()
  await soon('destroy', new Promise<void>(resolve => socket.destroy(resolve)))
  return socket
}

export async function askedAfterDestroy(_: Test, implementation: Implementation) {
  const socket = await createDestroyed(implementation)
  return endOfCall(callback => socket.query({ host: '127.0.0.1', port: 1 }, { q: 'hello' }, callback))
}

export async function destroyedTwice(_: Test, implementation: Implementation) {
  const socket = await createDestroyed(implementation)
  return endOfCall(callback => socket.destroy(callback))
}

/** Which of the methods about connections a listener gets. */
export async function reservedMethods(t: Test, implementation: Implementation) {
  const { server, client, place } = await createHasty(t, implementation)
  echoOn(server)
  const heard: string[] = []
  server.on('query', ({ q }) => heard.push(String(q)))
  for (const q of ['peer_connection', 'release', 'neighbours', 'dial', 'echo']) {
    await ask(client, place, { q, a: { n: 1 } })
  }
  return heard
}

export async function textWhereNobodyIs(t: Test, implementation: Implementation) {
  const gone = implementation.createSocket()
  const place = await bind(gone)
  await soon('destroy', new Promise<void>(resolve => gone.destroy(resolve)))
  const client = closing(t, implementation.createSocket({ timeout: 300 }))
  const { error } = await ask(client, place, { q: 'hello' })
  return [error?.code, error?.message === 'Query timed out' ? 'Query timed out' : 'why']
}

export async function addressOfNamedPeer(t: Test, implementation: Implementation) {
  const { client, place } = await createEchoing(t, implementation)
  const { from } = await ask(client, { host: 'localhost', port: place.port }, { q: 'echo' })
  return placeOf(from) === placeOf(place) ? 'where it is' : `${from?.address}`.replace(/\d+$/, 'N')
}

export async function transactionOfNamedPeer(t: Test, implementation: Implementation) {
  const { client, place } = await createEchoing(t, implementation)
  const update = nextEvent(client, 'update')
  const transaction = client.query({ host: 'localhost', port: place.port }, { q: 'echo' })
  await update
  return typeof transaction
}

export async function addressBeforeUse(t: Test, { createSocket }: Implementation) {
  const socket = closing(t, createSocket())
  try {
    const { address, port } = socket.address()
    return `${address}:${port}`
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

export async function addressByDefault(t: Test, { createSocket }: Implementation) {
  const socket = closing(t, createSocket())
  await soon('listening', new Promise<void>(resolve => socket.bind(0, resolve)))
  return socket.address().address
}

export async function listeningUnasked(t: Test, implementation: Implementation) {
  const { client, place } = await createEchoing(t, implementation)
  const events = recordEvents(client, ['listening'])
  const { error } = await ask(client, place, { q: 'echo' })
  return [...events, error?.message ?? 'responded']
}

export async function ownDatagramSocket(t: Test, { createSocket }: Implementation) {
  const given: unknown = Object.assign(new EventEmitter(), {
    send() {},
    close(this: EventEmitter) {
      this.emit('close')
    }
  })
  return closing(t, createSocket({ socket: given })).socket === given
}

export async function rawQuery(t: Test, implementation: Implementation) {
  const { client, place } = await createEchoing(t, implementation)
  const events = recordEvents(client, ['response', 'warning'])
  client.send(place, { t: Buffer.from([9, 9]), y: 'q', q: 'echo', a: {} })
  // After it the response to the first is there.
  const { error } = await ask(client, place, { q: 'after' })
  return [...events.slice(0, -1), error === null ? 'response' : 'error']
}

export async function keysOfRawQuery(t: Test, implementation: Implementation) {
  const { server, client, place } = await createSockets(t, implementation)
  const message = { t: Buffer.from('tt'), y: 'q', q: 'hello', a: {}, v: 'WD', ro: 1 }
  const asked = nextQuery(server)
  client.send(place, message)
  return Object.keys((await asked)[0]).sort()
}

async function createDHTAndAsker(t: Test, { createDHT, createRPC }: Implementation) {
  const dht = closing(t, createDHT())
  await soon('listening', new Promise<void>(resolve => dht.listen(0, '127.0.0.1', resolve)))
  const asker = closing(t, createRPC())
  return { dht, asker, place: { host: '127.0.0.1', port: dht.address().port } }
}

export async function unknownKeyOfFindNode(t: Test, implementation: Implementation) {
  const { dht, asker, place } = await createDHTAndAsker(t, implementation)
  const asked = nextQuery(dht._rpc)
  await ask(asker, place, { q: 'find_node', a: { target: ID, want: ['n6'] } })
  return Object.keys((await asked)[0].a ?? {}).sort()
}

/** Whether an id that somebody else claims is in the table of k-rpc. */
export async function claimedId(t: Test, { createRPC, createSocket }: Implementation) {
  const server = closing(t, createRPC())
  server.on('query', (query: KRPCMessage, peer: Peer) => server.response(peer, query, {}))
  const client = closing(t, createSocket())
  const { error } = await ask(client, await bind(server), { q: 'hello', a: { id: ID } })
  return [error, server.nodes.get(ID) !== null]
}

export async function responseToGoneAsker(t: Test, implementation: Implementation) {
  const { server, client, place } = await createSockets(t, implementation)
  const asked = nextQueries(server, 1)
  client.query(place, { q: 'held' })
  const [[query, peer]] = (await asked) as [[KRPCMessage, Peer]]
  const isGone = implementation.isOurs ? nextEvent(server.socket, 'node_disconnected') : null
  client.destroy()
  await isGone
  const sent = new Promise<unknown>(resolve => server.response(peer, query, {}, resolve))
  return ((await soon('response', sent)) as { code?: unknown } | null)?.code ?? 'sent'
}

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

export async function deepArguments(t: Test, implementation: Implementation) {
  const { server, client, place } = await createHasty(t, implementation)
  echoOn(server)
  const outcomes: string[] = []
  for (const depth of [10, 40]) {
    const { error } = await ask(client, place, { q: 'echo', a: nested(depth) })
    outcomes.push(error ? 'refused' : 'arrived')
  }
  return outcomes
}

export async function deepResponse(t: Test, implementation: Implementation) {
  const { server, client, place } = await createHasty(t, implementation)
  server.on('query', (query, peer) => server.response(peer, query, { deep: nested(Number(query.a)) }))
  const outcomes: unknown[] = []
  for (const depth of [10, 40]) {
    const { error } = await ask(client, place, { q: 'deep', a: depth })
    outcomes.push(error?.code ?? 'arrived')
  }
  return outcomes
}

export async function prototypeKey(t: Test, implementation: Implementation) {
  const { server, client, place } = await createHasty(t, implementation)
  let isAdmin: unknown
  server.on('query', query => {
    isAdmin = query.a?.admin
  })
  echoOn(server)
  const { error: none } = await ask(client, place, { q: 'echo', a: { admin: 0 } })
  const { error } = await ask(client, place, {
    q: 'echo',
    a: Object.fromEntries([['__proto__', { admin: 1 }]])
  })
  return [none, error ? 'refused' : isAdmin]
}

export async function widthOfSearches(t: Test, { createRPC }: Implementation) {
  return closing(t, createRPC()).k
}

/** The code of a query that was cancelled. */
export async function codeOfCancelled(t: Test, implementation: Implementation) {
  const { client, place } = await createSockets(t, implementation)
  let transaction = 0
  const outcome = new Promise<unknown>(resolve => {
    transaction = client.query(place, { q: 'held' }, error => resolve(error?.code)) ?? 0
  })
  client.cancel(transaction)
  return outcome
}

/** k-rpc: its table, and what a node is made of. */

import type { Contact } from '../../src/upstream.js'
import {
  ask,
  closing,
  echoOn,
  nextEvent,
  onBoth,
  placeOf,
  SHORT_TIMEOUT
} from '../helpers/implementations.js'
import { createNetwork, createPair, createServers, search } from './k-rpc-nodes.js'

onBoth('populate fills the table by a query of the application’s own', async (t, implementation) => {
  const { first, client } = await createNetwork(t, implementation)
  const nodes: Contact[] = []
  client.on('node', node => nodes.push(node))
  const { error, count } = await search(client, 'populate', { q: 'meet', a: { n: 1 } })
  t.deepEqual([error, count], [null, 4])
  t.ok(client.nodes.get(first.rpc.id), 'who was asked directly is in the table')
  const node = nodes.find(({ id }) => id.equals(first.rpc.id))
  t.equal(node && placeOf(node), placeOf(first.place))
  t.equal(typeof node?.seen, 'number')
})

onBoth('a node is in the table, and an event, once it has asked or responded', async (t, implementation) => {
  const { server, client, place } = await createPair(t, implementation)
  echoOn(server)
  const [there, back] = [nextEvent(server, 'node'), nextEvent(client, 'node')]
  t.equal((await ask(client, place, { q: 'echo' })).error, null)
  const [asker] = (await there) as [Contact]
  const [responder] = (await back) as [Contact]
  t.deepEqual([asker.id, responder.id], [client.id, server.id])
  t.equal(placeOf(responder), placeOf(place))
  t.ok(server.nodes.get(client.id) && client.nodes.get(server.id))
  t.equal(client.nodes.count(), 1)
})

onBoth('fields, bind, address, errors and clear are as they were', async (t, implementation) => {
  const { server, client, place } = await createPair(t, implementation)
  const id = Buffer.alloc(20, 5)
  t.deepEqual(closing(t, implementation.createRPC({ id })).id, id)
  t.deepEqual([client.id.length, client.concurrency, client.destroyed, client.pending], [20, 16, false, []])
  t.deepEqual(client.bootstrap.map(placeOf), [placeOf(place)])
  t.equal(server.address().port, place.port)
  const error = nextEvent(client, 'error')
  client.bind(place.port, '127.0.0.1')
  t.equal(((await error)[0] as { code?: string }).code, 'EADDRINUSE')
  echoOn(server)
  await ask(client, place, { q: 'echo' })
  client.clear()
  t.equal(client.nodes.count(), 0)
  t.equal((await ask(client, place, { q: 'echo' })).error, null)
})

onBoth('a k-rpc-socket that the application has made can be handed in', async (t, implementation) => {
  const { server, place } = await createPair(t, implementation)
  echoOn(server)
  const krpcSocket = implementation.createSocket()
  const rpc = closing(t, implementation.createRPC({ krpcSocket }))
  closing(t, krpcSocket)
  t.ok(rpc.socket === krpcSocket)
  t.deepEqual((await ask(rpc, place, { q: 'echo' })).message?.r?.id, server.id)
})

onBoth('who does not answer a search leaves the table', async (t, implementation) => {
  const [gone] = await createServers(t, implementation, 1)
  const { server } = await createPair(t, implementation, { timeout: SHORT_TIMEOUT })
  const contact = { id: Buffer.alloc(20, 9), ...(gone?.place ?? { host: '', port: 0 }) }
  await new Promise<void>(resolve => gone?.rpc.destroy(resolve))
  server.nodes.add(contact)
  t.ok(server.nodes.get(contact.id))
  const { count } = await search(server, 'closest', { q: 'walk', a: {} })
  t.deepEqual([count, server.nodes.get(contact.id)], [0, null])
})

onBoth('ids may have another length', async (t, implementation) => {
  const { server, client } = await createPair(t, implementation, { idLength: 32 })
  server.on('query', (query, peer) => server.response(peer, query, { n: 1 }, server.nodes.toArray()))
  t.equal(client.id.length, 32)
  const { count, replies } = await search(client, 'closest', { q: 'walk', a: { n: 1 } })
  t.deepEqual([count, replies[0]?.[0].r?.id], [1, server.id])
  t.ok(client.nodes.get(server.id) && server.nodes.get(client.id))
})

/** When a node says that it is ready, and what becomes of calls that are made before. */

import test from 'tape'
import WebTorrentDHT, { type CarryOffer } from '../../src/index.js'
import { createNode, destroyAll, placeOf, within } from '../helpers/nodes.js'

const LOCAL = { simple_peer_opts: { config: { iceServers: [] } } }
const INFO_HASH = Buffer.alloc(20, 1)

/** A way in that is closed until `open` is called. */
function createGate(node: WebTorrentDHT) {
  let open = () => {}
  let asked = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  const wasAsked = new Promise<void>(resolve => {
    asked = resolve
  })
  const carry: CarryOffer = async (offer, { signal }) => {
    asked()
    await Promise.race([
      opened,
      new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
    ])
    const response = await fetch(`http://${placeOf(node)}/`, { method: 'POST', body: JSON.stringify(offer) })
    return response.json()
  }
  return { carry, open, wasAsked }
}

const lookUp = (node: WebTorrentDHT) =>
  new Promise<unknown[]>(resolve => node.lookup(INFO_HASH, (...result) => resolve(result)))

test("'ready' comes with the first connection, and the search for others goes on", async t => {
  const deaf = await createNode()
  deaf.socket.node.connector.receiver = { receive: () => {} }
  const node = new WebTorrentDHT({ ...LOCAL, bootstrap: placeOf(deaf) })
  t.teardown(() => destroyAll(node, deaf))
  await within('ready', new Promise<void>(resolve => node.once('ready', resolve)))
  t.deepEqual([node.status, node.nodes.count(), node._rpc.isSearching], ['connected', 1, true])
})

test('calls that are made before a node has joined wait for it', async t => {
  const first = await createNode()
  const { carry, open, wasAsked } = createGate(first)
  const node = new WebTorrentDHT({ ...LOCAL, entrances: [carry] })
  t.teardown(() => destroyAll(node, first))
  const ended: string[] = []
  const note = (name: string) => (error: Error | null) => {
    ended.push(name)
    return error
  }
  const announced = new Promise<Error | null>(resolve =>
    node.announce(INFO_HASH, 4000, error => resolve(note('announce')(error)))
  )
  const got = new Promise<Error | null>(resolve => node.get(INFO_HASH, error => resolve(note('get')(error))))
  const put = new Promise<Error | null>(resolve =>
    node.put({ v: Buffer.from('early') }, error => resolve(note('put')(error)))
  )
  const lookedUp = lookUp(node)
  await within('the offer', wasAsked)
  t.deepEqual([ended, Boolean(node.ready)], [[], false], 'nothing has ended')
  open()
  const [error, visited] = await within('the lookup', lookedUp)
  t.deepEqual([error, visited], [null, 1], 'the lookup asked the node that let this one in')
  t.deepEqual(await within('the others', Promise.all([announced, got, put])), [null, null, null])
})

test('a call that waits for joining ends when the node is destroyed, and when nobody lets it in', async t => {
  const first = await createNode()
  const { carry, wasAsked } = createGate(first)
  const node = new WebTorrentDHT({ ...LOCAL, entrances: [carry] })
  const lookedUp = lookUp(node)
  await within('the offer', wasAsked)
  await destroyAll(node, first)
  const [closed] = await within('the lookup', lookedUp)
  t.equal((closed as { code?: string }).code, 'ECLOSED')
  const refuse: CarryOffer = async () => {
    throw new Error('nobody is there')
  }
  const alone = new WebTorrentDHT({ ...LOCAL, entrances: [refuse] })
  alone.on('warning', () => {})
  t.teardown(() => destroyAll(alone))
  await within('the lookup', lookUp(alone))
  t.equal(alone.status, 'joining', 'it has tried once, and goes on')
})

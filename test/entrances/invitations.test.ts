/** Two people, and two texts that they pass on. */

import test, { type Test } from 'tape'
import { readInvitation, writeInvitation } from '../../src/entrances/invitation-text.js'
import WebTorrentDHT, {
  type Invitation,
  type SimplePeerOptions,
  type WebTorrentDHTOptions
} from '../../src/index.js'
import { SimplePeer } from '../../src/simple-peer.js'
import { text as bep } from '../docs/bep-text.js'
import { countsOf, createJoined, createNode, destroyAll, eventually, within } from '../helpers/nodes.js'

const SETTINGS = { network: 'webtorrent-dht', idLength: 20 }

/** A node that nothing leads in. */
function createLoner(t: Test, options: WebTorrentDHTOptions = {}): WebTorrentDHT {
  const node = new WebTorrentDHT({
    bootstrap: false,
    simple_peer_opts: { config: { iceServers: [] } },
    ...options
  })
  t.teardown(() => destroyAll(node))
  return node
}

test('the vector of docs/beps/ways-in.md is an invitation', t => {
  const [vector = ''] = /^ {4}wdht.*$/m.exec(bep) ?? []
  const signal = readInvitation(vector, SETTINGS)?.signal
  t.equal(signal?.id.hex, '006b0cba1653c2a8bbe570cc79190ac5dd6ded7c')
  t.deepEqual(signal?.extensions, ['introduce', 'release', 'route'])
  const sdp = signal?.sdp ?? ''
  for (const line of [
    'ice-ufrag:abcd',
    'ice-pwd:abcdefghijklmnopqrstuv',
    'candidate:1 1 UDP 2130706431 192.0.2.1 40000 typ host'
  ])
    t.ok(sdp.includes(`a=${line}\r\n`), line)
  t.equal(signal && writeInvitation(signal, null, SETTINGS)?.text, vector.trim())
  t.end()
})

const codeOf = (promise: Promise<unknown>) => promise.then(String, ({ code }) => code)
const messageOf = (promise: Promise<unknown>) => promise.then(String, ({ message }) => message)
const idOf = ({ nodeId }: WebTorrentDHT) => nodeId.toString('hex')

async function connect(invitation: Invitation, guest: WebTorrentDHT): Promise<string[]> {
  const { text, whenConnected } = await guest.accept(invitation.text)
  const ids = await within('the connection', Promise.all([invitation.accept(text), whenConnected]))
  return ids.map(id => id.toString('hex'))
}

test('two nodes without any server are a network by two texts', async t => {
  const [host, guest] = [createLoner(t), createLoner(t)]
  const invitation = await host.invite()
  const { text, whenConnected } = await guest.accept(invitation.text)
  const startedAt = performance.now()
  t.equal((await invitation.accept(text)).toString('hex'), idOf(guest))
  t.equal((await whenConnected).toString('hex'), idOf(host))
  t.comment(
    `${invitation.text.length} and ${text.length} characters, open ${Math.round(performance.now() - startedAt)} ms after the second`
  )
  for (const part of [invitation.text, text]) t.match(part, /^wdht[\w-]{100,396}$/)
  const { key } = await host.promises.put('a value')
  t.equal(String((await guest.promises.get(key))?.v), 'a value')
  for (const node of [host, guest]) t.deepEqual([node.status, countsOf(node).pending], ['connected', 0])
})

test('a guest meets the rest of the network', async t => {
  const server = await createNode()
  const host = await createJoined(server)
  const guest = createLoner(t)
  t.teardown(() => destroyAll(server, host))
  await connect(await host.invite(), guest)
  t.ok(await eventually(() => guest.nodes.get(server.nodeId) !== null), 'the server is in its table')
})

test('one node invites several, and an id that is a claim does, too', async t => {
  const [host, claimed, proven] = [
    createLoner(t),
    createLoner(t, { nodeId: '0f'.repeat(20) }),
    createLoner(t)
  ]
  const invitations = [await host.invite(), await host.invite()] as const
  t.deepEqual(await connect(invitations[0], claimed), [idOf(claimed), idOf(host)])
  t.deepEqual(await connect(invitations[1], proven), [idOf(proven), idOf(host)])
  t.deepEqual(await connect(await claimed.invite(), proven), [idOf(proven), idOf(claimed)])
})

test('a link has the text in its fragment, and is accepted as it is', async t => {
  const [host, guest] = [createLoner(t), createLoner(t)]
  const invitation = await host.invite()
  const link = invitation.link('https://example.org/page?a=$&#old')
  t.equal(link, `https://example.org/page?a=$&#invitation=${invitation.text}`)
  for (const page of ['', 'foo', '/page', 7 as unknown as string])
    t.throws(() => invitation.link(page), { code: 'EINVAL' })
  const { text } = await guest.accept(`Come in: ${link}\n`)
  await invitation.accept(`Here: ${text}`)
})

test('extensions of the application are named in both texts', async t => {
  const [host, guest] = [
    createLoner(t, { extensions: ['paint', 'é'] }),
    createLoner(t, { extensions: ['é'] })
  ]
  const invitation = await host.invite()
  const { text } = await guest.accept(invitation.text)
  const read = [invitation.text, text].map(part => readInvitation(part, SETTINGS)?.signal.extensions)
  t.deepEqual(read, [
    ['introduce', 'release', 'route', 'trickle', 'paint', 'é'],
    ['introduce', 'release', 'route', 'trickle', 'é']
  ])
})

test('what is no invitation is refused, and quoted', async t => {
  const [host, guest] = [createLoner(t), createLoner(t)]
  const invitation = await host.invite()
  const { text: answer } = await guest.accept(invitation.text)
  const other = await host.invite()
  const changed = invitation.text.slice(0, -3) + (invitation.text.endsWith('AAA') ? 'BBB' : 'AAA')
  const none = /should be an invitation: a text that begins with 'wdht', or one with it$/
  const cut = /should be an invitation, whole; this one was cut or changed$/
  const foreign =
    /should be an invitation of the network '[\w-]+'; this one is of another network, or was changed$/
  const wrong: [text: string, says: RegExp][] = [
    ['', none],
    ['hello', none],
    [7 as unknown as string, /^text is 7; it should be an invitation, as text$/],
    [answer, /should be an invitation; this is an answer: give it to invitation\.accept$/],
    [invitation.text.slice(0, -1), cut],
    [invitation.text.slice(0, 60), cut],
    [changed, /this one .*was .*changed$/]
  ]
  for (const [text, says] of wrong) {
    const error = await guest.accept(text).catch(error => error)
    t.equal(error.code, 'EINVAL')
    t.match(error.message, says)
  }
  t.equal(await codeOf(host.accept(invitation.text)), 'EINVAL', 'its own')
  const stranger = createLoner(t, { network: 'another' })
  t.match(await messageOf(stranger.accept(invitation.text)), foreign)
  t.match(
    await messageOf(invitation.accept(invitation.text)),
    /this is an invitation: give it to dht\.accept$/
  )
  for (const text of ['hello', invitation.text, answer.slice(1)])
    t.equal(await codeOf(invitation.accept(text)), 'EINVAL')
  t.equal(await codeOf(other.accept(answer)), 'EINVAL', 'an answer to another one')
  for (const options of [{ lifetime: 999 }, { lifetime: 'long' }, { signal: 1 }, { life: 1 }] as object[]) {
    t.equal(await codeOf(host.invite(options)), 'EINVAL')
    t.equal(await codeOf(guest.accept(invitation.text, options)), 'EINVAL')
  }
  await invitation.accept(answer) // none of this has used it up
})

test('an id without its proof is refused', async t => {
  const [host, guest] = [createLoner(t), createLoner(t)]
  const invitation = await host.invite()
  const offer = readInvitation(invitation.text, SETTINGS)?.signal
  const forged =
    offer &&
    writeInvitation(
      {
        ...offer,
        sdp: offer.sdp.replace(
          /^(a=fingerprint:sha-256 )(..)/m,
          (_, name, byte) => name + (byte === '00' ? '11' : '00')
        )
      },
      null,
      SETTINGS
    )
  t.equal(await codeOf(guest.accept(forged?.text ?? '')), 'ENOTPROVEN')
  const bare =
    offer && writeInvitation({ ...offer, sdp: offer.sdp.replace(/^a=x-wdht-key.*\r\n/m, '') }, null, SETTINGS)
  t.equal(await codeOf(guest.accept(bare?.text ?? '')), 'ENOTPROVEN')
})

test('an invitation is for one', async t => {
  const [host, first, second] = [createLoner(t), createLoner(t), createLoner(t)]
  const invitation = await host.invite()
  const late = await second.accept(invitation.text)
  await connect(invitation, first)
  t.equal(await codeOf(invitation.accept(late.text)), 'EREFUSED')
})

test('those who are connected already need no answer', async t => {
  const [host, guest] = [createLoner(t), createLoner(t)]
  await connect(await host.invite(), guest)
  const { text, whenConnected } = await guest.accept((await host.invite()).text)
  t.equal(text, '')
  t.equal((await whenConnected).toString('hex'), idOf(host))
})

test('an invitation is void when its time is over, when it is aborted, and when its node is destroyed', async t => {
  const [host, guest] = [createLoner(t), createLoner(t)]
  const short = await host.invite({ lifetime: 1000 })
  t.ok(short.expiresAt <= Date.now() + 1000)
  const { text, whenConnected } = await guest.accept(short.text, { lifetime: 1000 })
  t.equal(await codeOf(within('its end', whenConnected)), 'ETIMEDOUT')
  t.ok(await eventually(() => countsOf(host).existing === 0), 'the connection is closed')
  t.equal(await codeOf(short.accept(text)), 'ETIMEDOUT')

  const abort = new AbortController()
  const aborted = await host.invite({ signal: abort.signal })
  const accepted = await guest.accept(aborted.text, { signal: abort.signal })
  abort.abort(new Error('enough'))
  t.equal(await accepted.whenConnected.catch(String), 'Error: enough')
  t.equal(await aborted.accept(accepted.text).catch(String), 'Error: enough')
  t.equal(await host.invite({ signal: abort.signal }).catch(String), 'Error: enough')
  for (const node of [host, guest]) t.equal(countsOf(node).existing, 0)

  const invitation = await host.invite()
  const last = await guest.accept(invitation.text)
  await destroyAll(host, guest)
  t.equal(await codeOf(invitation.accept(last.text)), 'ECLOSED')
  t.equal(await codeOf(last.whenConnected), 'ECLOSED')
  t.equal(await codeOf(host.invite()), 'ECLOSED')
})

test('whoever came from elsewhere is a stranger, of whom others are named', async t => {
  class FarPeer extends SimplePeer {
    constructor(options: SimplePeerOptions) {
      super(options)
      Object.defineProperty(this, 'remoteAddress', { get: () => '203.0.113.7', set: () => {} })
    }
  }
  const [host, near] = [createLoner(t, { simple_peer_constructor: FarPeer }), createLoner(t)]
  t.ok(host.socket.node.connector.surroundings.isLocal)
  await connect(await host.invite(), near)
  t.notOk(host.socket.node.connector.surroundings.isLocal)
  t.ok(near.socket.node.connector.surroundings.isLocal)
})

test('so many may wait, and no more', async t => {
  const node = createLoner(t)
  const abort = new AbortController()
  await Promise.all(Array.from({ length: 8 }, () => node.invite({ signal: abort.signal })))
  t.equal(await codeOf(node.invite()), 'EFULL')
  abort.abort()
  t.ok(await node.invite(), 'there is room again')
})

/** Places in `bootstrap` with schemes of their own: each names an entrance, whose code is loaded when it is used. */

import test from 'tape'
import type { CarriedSignal, Entrance } from '../../src/entrances/entrance.js'
import type { EntranceSettings, Scheme } from '../../src/entrances/schemes.js'
import { WebTorrentDHTError } from '../../src/errors.js'
import { nodePlatform } from '../../src/platform-node.js'
import { resolveWaysIn } from '../../src/ways-in.js'
import { failureOf } from '../helpers/calls.js'

const OFFER: CarriedSignal = { type: 'offer', sdp: 'v=0' }

/** A scheme `door:`, and what was asked of it. */
function createScheme(open: (place: string) => Promise<Partial<Entrance>> = async () => ({})) {
  const opened: [place: string, settings: EntranceSettings][] = []
  const scheme: Scheme = {
    prefix: 'door:',
    form: 'door: and a name',
    isPlace: place => /^door:[a-z]+$/i.test(place),
    isLocal: place => place.endsWith(':here'),
    async open(place, settings) {
      opened.push([place, settings])
      return { name: place, ...(await open(place)) }
    }
  }
  return { opened, schemes: [scheme] }
}

test('places with a scheme are entrances, and all others are asked over HTTP', t => {
  const { opened, schemes } = createScheme()
  const own: Entrance = { name: 'own', serve: () => {} }
  const given = { bootstrap: ['door:here', '127.0.0.1:1', 'DOOR:there', 'http://a/'], entrances: [own] }
  const { bootstrap, entrances } = resolveWaysIn(given, nodePlatform, schemes)
  t.deepEqual(
    bootstrap.map(({ host }) => host),
    ['127.0.0.1', 'a']
  )
  t.deepEqual(
    entrances.map(({ name, isLocal }) => [name, isLocal]),
    [
      ['door:here', true],
      ['DOOR:there', false],
      ['own', undefined]
    ]
  )
  t.equal(entrances[2], own, 'the very object: its methods may need it')
  t.deepEqual(opened, [], 'nothing is loaded yet')
  t.end()
})

test('an entrance is loaded once, with the name of the network', async t => {
  const answer: CarriedSignal = { type: 'answer', sdp: 'v=0' }
  const served: string[] = []
  const { opened, schemes } = createScheme(async place => ({
    request: async () => answer,
    serve: () => void served.push(place)
  }))
  const {
    entrances: [entrance]
  } = resolveWaysIn({ bootstrap: 'door:a', network: 'club' }, nodePlatform, schemes)
  const { signal } = new AbortController()
  t.equal(await entrance?.request?.(OFFER, { signal }), answer)
  await entrance?.serve?.(async () => answer, { signal, address: null, listening: null })
  t.deepEqual(served, ['door:a'])
  await entrance?.serve?.(async () => answer, { signal: AbortSignal.abort(), address: null, listening: null })
  t.deepEqual(served, ['door:a'], 'not once it was told to stop')
  t.deepEqual(opened, [['door:a', { network: 'club', platform: nodePlatform }]])
})

test('an entrance that could not be loaded is loaded again', async t => {
  let isOnline = false
  const answer: CarriedSignal = { type: 'answer', sdp: 'v=0' }
  const { opened, schemes } = createScheme(async () => {
    if (!isOnline) throw new Error('offline')
    return { request: async () => answer }
  })
  const {
    entrances: [entrance]
  } = resolveWaysIn({ nodes: 'door:a' }, nodePlatform, schemes)
  const request = async () => entrance?.request?.(OFFER, { signal: new AbortController().signal })
  t.equal(((await failureOf(request())) as Error).message, 'offline')
  isOnline = true
  t.equal(await request(), answer)
  t.equal(opened.length, 2)
  t.equal(opened[0]?.[1].network, 'webtorrent-dht', 'the name by default')
})

test('a wrong place of a scheme is quoted, with what it should be', t => {
  const { schemes } = createScheme()
  for (const bootstrap of ['door:', 'door:1', ['127.0.0.1:1', 'door:80']]) {
    t.throws(
      () => resolveWaysIn({ bootstrap }, nodePlatform, schemes),
      (error: unknown) =>
        error instanceof WebTorrentDHTError &&
        error.code === 'EINVAL' &&
        /options\.bootstrap is 'door:.*door: and a name/.test(error.message)
    )
  }
  t.end()
})

test('a wrong place is quoted, with the nearest scheme, or the port that it lacks', t => {
  const all = /; it should be 'host:port', .*\bwss:.*'tabs:', or false/
  const port = /; it should be 'host:port', of which the port is missing, or a URL: 'https:\/\/…'$/
  const wrong: [bootstrap: unknown, says: RegExp][] = [
    ['dht.example.org', port],
    ['127.0.0.1', port],
    ['tabs', /'tabs:', or false; the nearest is 'tabs:'$/],
    ['tab:', /; the nearest is 'tabs:'$/],
    ['htps://dht.example.org', /; the nearest is 'https:'$/],
    ['udp://tracker.example.org:80', /or false$/],
    ['https://user:secret@dht.example.org', /or false$/],
    ['', all],
    [7, all]
  ]
  for (const [bootstrap, says] of wrong)
    t.throws(
      () => resolveWaysIn({ bootstrap } as { bootstrap: string }, nodePlatform),
      (error: unknown) =>
        error instanceof WebTorrentDHTError && error.code === 'EINVAL' && says.test(error.message),
      String(bootstrap)
    )
  t.end()
})

test('the default place is for nodes that know no other way', t => {
  const entrances = [{ name: 'own', serve: () => {} }]
  const hostsOf = (given: Parameters<typeof resolveWaysIn>[0]) =>
    resolveWaysIn(given, nodePlatform).bootstrap.map(({ host, port }) => `${host}:${port}`)
  t.deepEqual(hostsOf({}), ['127.0.0.1:16881'])
  t.deepEqual(hostsOf({ entrances: [] }), ['127.0.0.1:16881'])
  t.deepEqual(hostsOf({ entrances }), [])
  t.deepEqual(hostsOf({ entrances, bootstrap: true }), ['127.0.0.1:16881'])
  t.deepEqual(hostsOf({ entrances, bootstrap: 'a:1' }), ['a:1'])
  t.end()
})

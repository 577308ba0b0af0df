/** The order in which a link over WebSocket tries the URLs of a place. */

import test from 'tape'
import { KnownSchemes } from '../../src/entrances/known-schemes.js'
import { type LinkOptions, openLink } from '../../src/entrances/websocket-client.js'
import { parsePlace } from '../../src/place.js'

const PLACE = '192.0.2.7:8080'

/** @returns the schemes of the WebSockets that were opened, in order; none leads anywhere */
async function schemesTried(given: { scheme?: string; known?: 'http' | 'https'; first?: string }) {
  const place = parsePlace(PLACE)
  if (!place) throw new Error('no place')
  const asked: string[] = []
  const openLinkSocket = async (url: string) => {
    asked.push(new URL(url).protocol)
    throw new Error('nobody is there')
  }
  const ownPlace = given.scheme === undefined ? undefined : { ...place, scheme: given.scheme }
  const schemes = new KnownSchemes(given.known ? [{ ...place, scheme: given.known }] : [])
  const platform = { openLinkSocket, allowsHttp: true, ownPlace }
  const options = {
    options: { platform },
    schemes,
    first: given.first ?? null,
    signal: new AbortController().signal
  }
  await openLink(place, options as unknown as LinkOptions).catch(() => {})
  return asked
}

test('a link tries TLS first, but in a page that came without', async t => {
  t.deepEqual(await schemesTried({}), ['wss:', 'ws:'], 'in Node.js')
  t.deepEqual(await schemesTried({ scheme: 'http' }), ['ws:', 'wss:'])
  t.deepEqual(
    await schemesTried({ scheme: 'http', known: 'https' }),
    ['wss:', 'ws:'],
    'what has answered comes first'
  )
  t.deepEqual(await schemesTried({ scheme: 'https', known: 'http' }), ['ws:', 'wss:'])
})

test('a link begins with the URL that WebRTC has found', async t => {
  t.deepEqual(await schemesTried({ first: `http://${PLACE}/` }), ['ws:'])
  t.deepEqual(await schemesTried({ scheme: 'http', first: `https://${PLACE}/` }), ['wss:'])
})

/** Values that are wrong as some argument, and wrong options. */

export const ID = Buffer.alloc(20, 7)
const HEX = ID.toString('hex')
export const nothing = () => {}

export const NOT_OBJECTS = [5, true, 'text', [], ID, nothing, 5n, Symbol('s')]
export const NOT_FUNCTIONS = [5, true, 'text', {}, [], ID]
export const NOT_BYTES_OR_HEX = [
  undefined,
  null,
  5,
  5n,
  true,
  {},
  [],
  nothing,
  Symbol('s'),
  Array(20).fill(7)
]
export const NOT_IDS = [
  ...NOT_BYTES_OR_HEX,
  ...[
    '',
    'my-room',
    HEX.slice(1),
    `${HEX}0`,
    `${HEX.slice(1)}g`,
    HEX.repeat(2),
    `magnet:?xt=urn:btih:${HEX}`
  ],
  ...['JBSWY3DPEBLW64TMMQQQJBSWY3DPEBLW', ' '.repeat(40), '\ud800'.repeat(40)],
  ...[Buffer.alloc(0), Buffer.alloc(19), Buffer.alloc(21), new Float64Array(20), new ArrayBuffer(20)]
]
export const NOT_NUMBERS = ['6881', true, {}, [], [6881], 6881n, Number.NaN, nothing]
export const NOT_PORTS = [...NOT_NUMBERS, -1, 65536, 1.5, Number.POSITIVE_INFINITY]
export const NOT_TAGS = [undefined, null, 5, '', {}, ID, 'k-rpc-webrtc']
export const NOT_PROTOCOLS = [undefined, null, 5, '', 'x'.repeat(65), '€'.repeat(22), '\ud800', {}, ID]
/** Options that no method has. */
export const UNKNOWN_OPTIONS = [{ timeout: 1 }, { sald: 'x' }, new AbortController().signal]
export const NOT_SIGNALS = [5, true, 'text', {}, new AbortController(), nothing]
export const NOT_PEERS = [
  ...[undefined, null, ...NOT_OBJECTS, {}],
  ...[{ host: '127.0.0.1' }, { host: 5, port: 1 }, { port: 1 }, { host: '127.0.0.1', port: 'x' }],
  ...[
    { host: '127.0.0.1', port: 65536 },
    { host: '127.0.0.1', port: -1 },
    { host: '127.0.0.1', port: null }
  ],
  ...['text', 5, {}, new Float64Array(20)].map(id => ({ host: '127.0.0.1', port: 1, id }))
]
export const NOT_QUERIES = [undefined, null, ...NOT_OBJECTS, {}, { a: {} }, { q: 5 }, { q: null }]
/** What bencode has no place for. */
export const NOT_BENCODED = [1.5, Number.NaN, 5n, Symbol('s'), nothing, new Date(0)].map(x => ({ x }))

function withServers(iceServers: unknown) {
  return { config: { iceServers } }
}

/** Wrong options, for each class that takes them. */
export const WRONG_OPTIONS: Record<string, unknown[]> = {
  nodeId: without(NOT_IDS, undefined, null),
  id: without(NOT_IDS, undefined, null),
  bootstrap: [
    5,
    'text',
    'host:99999',
    'host:0',
    'ftp://x:1',
    'ws://user:secret@x:1',
    {},
    [[]],
    { host: 'x' },
    [null],
    '\ud800'
  ],
  host: [5, true, {}, nothing],
  hash: [5, 'text', {}, () => 'text', () => new Uint8Array(0)],
  idLength: [...NOT_NUMBERS, 0, -1, 1.5, 65],
  verify: NOT_FUNCTIONS,
  maxAge: [...NOT_NUMBERS, -1, 2 ** 31],
  timeout: [...NOT_NUMBERS, 0, -1, Number.POSITIVE_INFINITY],
  ...Object.fromEntries(
    ['concurrency', 'backgroundConcurrency', 'maxTables', 'maxValues', 'maxPeers', 'timeBucketOutdated'].map(
      name => [name, [...NOT_NUMBERS, -1]]
    )
  ),
  ...Object.fromEntries(
    ['k', 'lookupWidth', 'maxConnections', 'maxPendingConnections'].map(name => [
      name,
      [...NOT_NUMBERS, 0, 1.5]
    ])
  ),
  extensions: [5, 'text', {}, [5], ['']],
  simple_peer_opts: [
    ...[5, 'text', nothing, { config: 'text' }, { wrtc: {} }, { wrtc: { RTCPeerConnection: 5 } }],
    ...[5, {}, 'stun:x', [5], [null], [{}], [{ urls: 5 }], [{ urls: 'stun.example.org' }]].map(withServers),
    ...[[{ urls: ['stun:x', 'http://x'] }], [{ urls: '' }], [{ urls: 'turn://x' }]].map(withServers)
  ],
  simple_peer_constructor: NOT_FUNCTIONS,
  http_address: [5, 'text', {}, { port: 1 }, { address: 'x', port: 0 }],
  peer_connection_timeout: [...NOT_NUMBERS, 0, -1],
  limits: [{ typo: 1 }, { queries: 0 }, { queries: '5' }],
  httpLimits: [{ typo: 1 }, { bodyBytes: 0 }],
  tls: [5, 'text', {}, { cert: 'x' }, { cert: '', key: 'x' }, () => 5],
  turn: [
    ...[5, 'text', [], {}, { urls: 'turn:a', typo: 1 }, { urls: 'turn:a' }, { urls: 'turn:a', secret: 5 }],
    ...['stun:a', 'turn://a', 'turn:a:0', 'turn:a:65536', 'turn:a b', [], [5], 5].map(urls => ({
      urls,
      secret: 's'
    })),
    ...[0, 59, 60.5, 86_401, '60'].map(lifetime => ({ urls: 'turn:a', secret: 's', lifetime }))
  ],
  useTurn: [5, 'text', {}],
  requestListener: NOT_FUNCTIONS,
  store: [5, 'text', {}, { values: {}, peers: {} }],
  krpc: [5, 'text', {}],
  krpcSocket: [5, 'text', {}]
}

/** Some values less. */
export function without(values: unknown[], ...left: unknown[]): unknown[] {
  return values.filter(value => !left.includes(value))
}

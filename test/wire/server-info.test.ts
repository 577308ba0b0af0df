import { deepStrictEqual, ok } from 'node:assert'
import fc from 'fast-check'
import test from 'tape'
import { parseHost } from '../../src/place.js'
import { encodeServerInfo, isServerInfo, parseServerInfo } from '../../src/wire/server-info.js'

const parse = (value: unknown) => parseServerInfo(Buffer.from(JSON.stringify(value)))

test('server info parses to the place that was encoded, with its host as URLs have it', t => {
  fc.assert(
    fc.property(
      fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()),
      fc.integer({ min: 1, max: 65535 }),
      (host, port) => {
        const bytes = encodeServerInfo({ host, port })
        ok(isServerInfo(bytes))
        const server = parseServerInfo(bytes)
        deepStrictEqual(server, { host: parseHost(host), port })
        deepStrictEqual(server && parseServerInfo(encodeServerInfo(server)), server)
      }
    )
  )
  t.pass('100 places')
  t.end()
})

test('no bytes and no JSON make it throw', t => {
  const json = fc.json().map(text => Buffer.from(text))
  const almost = fc
    .record({ host: fc.jsonValue(), port: fc.jsonValue() })
    .map(server => Buffer.from(JSON.stringify({ http_server: server })))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), json, almost), bytes => {
      isServerInfo(bytes)
      const server = parseServerInfo(bytes)
      if (!server) return
      if (typeof server.host !== 'string' || !(server.port > 0 && server.port < 65536))
        throw new Error('no place')
    }),
    { numRuns: 5000 }
  )
  t.pass('5,000 inputs')
  t.end()
})

test('a port that cannot be made a number is none', t => {
  for (const port of [{ toString: 'x', valueOf: 'y' }, [{ toString: 'x' }], ['1'], {}, true, null])
    t.equal(parse({ http_server: { host: 'example.org', port } }), undefined)
  t.end()
})

test('a port may be a string of digits, as the predecessor sends it', t => {
  t.deepEqual(parse({ http_server: { host: 'example.org', port: '16881' } }), {
    host: 'example.org',
    port: 16881
  })
  t.end()
})

test('what names no place is dropped', t => {
  const places: [string, unknown][] = [
    ['port 0', { host: 'a', port: 0 }],
    ['port 65536', { host: 'a', port: 65536 }],
    ['port 99999', { host: 'a', port: 99_999 }],
    ['half a port', { host: 'a', port: 1.5 }],
    ['a negative port', { host: 'a', port: -1 }],
    ['no port', { host: 'a' }],
    ['a port that is an object', { host: 'a', port: { valueOf: 1 } }],
    ['no host', { port: 1 }],
    ['an empty host', { host: '', port: 1 }],
    ['a host that is a number', { host: 1, port: 1 }],
    ['a host that is a list', { host: ['a'], port: 1 }],
    ['a host that is a URL', { host: 'http://a/', port: 1 }],
    ['a host with a password', { host: 'user:password@a', port: 1 }],
    ['a host with a line break', { host: 'a\nb', port: 1 }],
    ['a long host', { host: 'a'.repeat(256), port: 1 }],
    ['a list', [1]],
    ['a string', 'a:1'],
    ['null', null]
  ]
  for (const [name, server] of places) t.equal(parse({ http_server: server }), undefined, name)
  for (const value of [null, [], 1, 'a', {}]) t.equal(parse(value), undefined, JSON.stringify(value))
  t.end()
})

test('bencode is never taken for server info', t => {
  for (const bytes of ['d1:a1:be', 'le', 'i1e', '1:a', ''])
    t.notOk(isServerInfo(Buffer.from(bytes)), `'${bytes}'`)
  t.end()
})

import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import test from 'tape'
import { Id } from '../../src/id.js'
import { decodeNodes, decodePeer, encodeNode, encodePeer, isIPv4 } from '../../src/wire/compact.js'

const ids = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(Id.of)
const address = fc.record({ host: fc.ipV4(), port: fc.nat(65535) }, { noNullPrototype: true })

for (const idLength of [20, 32]) {
  const node = fc.tuple(ids(idLength), address).map(([id, place]) => ({ id, ...place }))

  test(`compact nodes with ids of ${idLength} bytes decode to what was encoded`, t => {
    fc.assert(
      fc.property(fc.array(node, { maxLength: 20 }), nodes => {
        const encoded = Buffer.concat(nodes.map(encodeNode))
        deepStrictEqual(encoded.length, nodes.length * (idLength + 6))
        deepStrictEqual(decodeNodes(encoded, idLength), nodes)
      })
    )
    t.pass('100 inputs')
    t.end()
  })

  test(`compact peers with and without ids of ${idLength} bytes decode to what was encoded`, t => {
    fc.assert(
      fc.property(address, fc.option(ids(idLength)), (place, id) => {
        deepStrictEqual(decodePeer(encodePeer({ ...place, id }), idLength), { ...place, id })
      })
    )
    t.pass('100 inputs')
    t.end()
  })

  test(`any bytes decode to whole nodes, and to a peer or none, with ids of ${idLength} bytes`, t => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), input => {
        const buffer = Buffer.from(input)
        const nodes = decodeNodes(buffer, idLength)
        if (nodes.length !== Math.floor(buffer.length / (idLength + 6))) throw new Error('not all nodes')
        if (!Buffer.concat(nodes.map(encodeNode)).equals(buffer.subarray(0, nodes.length * (idLength + 6))))
          throw new Error('differs')
        const peer = decodePeer(buffer, idLength)
        if ((peer === undefined) !== buffer.length < 6) throw new Error('peer')
        if (peer?.id && peer.id.bytes.length !== idLength) throw new Error('id')
      }),
      { numRuns: 1000 }
    )
    t.pass('1,000 inputs')
    t.end()
  })
}

test('a peer as BEP 5 has it is the beginning of a peer with an id: old nodes read it', t => {
  const withId = encodePeer({ host: '10.1.2.3', port: 6881, id: Id.of(Buffer.alloc(20, 7)) })
  const without = encodePeer({ host: '10.1.2.3', port: 6881, id: null })
  t.ok(withId.subarray(0, 6).equals(without))
  t.end()
})

test('a host that is not IPv4 and a port that is none are encoded as something of the right length', t => {
  for (const host of ['::1', 'example.org', '', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.-4']) {
    t.notOk(isIPv4(host), `'${host}' is not IPv4`)
    t.equal(encodePeer({ host, port: 99_999, id: null }).length, 6)
  }
  t.ok(isIPv4('0.0.0.0') && isIPv4('255.255.255.255') && isIPv4('127.0.0.1'))
  t.end()
})

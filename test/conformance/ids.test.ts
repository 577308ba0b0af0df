/** The ids and proofs of conformance/vectors.json. */

import test from 'tape'
import { idOfKey, looksBound } from '../../src/bound-id.js'
import { describeEnd } from '../../src/connections/websocket-handshake.js'
import { Counters } from '../../src/counters.js'
import { WebTorrentDHTError } from '../../src/errors.js'
import { Id } from '../../src/id.js'
import { resolveOptions } from '../../src/options.js'
import { browserPlatform } from '../../src/platform-browser.js'
import { nodePlatform } from '../../src/platform-node.js'
import { Proofs } from '../../src/proofs.js'
import { vectors } from './vectors.js'

test('vectors: the ids of keys', t => {
  for (const { name, seed, key, id } of vectors.boundIds) {
    t.equal(Buffer.from(idOfKey(key)).toString('hex'), id, name)
    t.equal(
      resolveOptions({ key: Buffer.from(seed, 'hex'), platform: nodePlatform }).id.hex,
      id,
      `${name}: of a node`
    )
  }
  for (const { name, id, looksBound: expected } of vectors.looks) {
    t.equal(looksBound(Buffer.from(id, 'hex')), expected, name)
  }
  t.end()
})

for (const platform of [nodePlatform, browserPlatform]) {
  for (const { name, by, checkedBy, type, purpose, sdp, verdict } of vectors.proofs) {
    test(`vector, proof in ${platform === nodePlatform ? 'Node.js' : 'a page'}: ${name}`, async t => {
      const nodeId = Buffer.from(checkedBy, 'hex')
      const proofs = new Proofs(resolveOptions({ nodeId, platform }), new Counters())
      t.equal(await verdictOf(proofs.check(Id.fromHex(by), { type, sdp }, purpose)), verdict)
    })
  }
}

async function verdictOf(check: Promise<boolean>): Promise<string> {
  try {
    return (await check) ? 'proven' : 'claim'
  } catch (error) {
    if (error instanceof WebTorrentDHTError && error.code === 'ENOTPROVEN') return 'refused'
    throw error
  }
}

test('vectors: the fingerprints of links over WebSocket', t => {
  for (const { name, type, serverNonce, clientNonce, fingerprint } of vectors.webSocketFingerprints) {
    const nonces = { server: Buffer.from(serverNonce, 'hex'), client: Buffer.from(clientNonce, 'hex') }
    t.equal(describeEnd(type, nonces).sdp, `v=0\r\na=fingerprint:sha-256 ${fingerprint}\r\n`, name)
  }
  t.end()
})

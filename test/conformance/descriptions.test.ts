/** The descriptions of conformance/vectors.json: the role in DTLS of an answer, and the candidates that are used. */

import test, { type Test } from 'tape'
import { nodePlatform } from '../../src/platform-node.js'
import { SimplePeer } from '../../src/simple-peer.js'
import { limitCandidates } from '../../src/wire/candidates.js'
import { signalOf } from '../helpers/raw-client.js'
import { vectors } from './vectors.js'

const roleIn = (sdp: string) => /^a=setup:(\w+)/m.exec(sdp)?.[1] ?? ''

for (const { name, offer, due } of vectors.roles) {
  test(`vector: ${name} is answered with a role that is due`, async t => {
    const answering = await answeringPeer(t)
    answering.signal({ type: 'offer', sdp: offer })
    const role = roleIn((await signalOf(answering)).sdp)
    t.ok(due.includes(role), `${role}: ${due.join(' or ')}`)
  })
}

for (const { name, from, candidates, used } of vectors.candidates) {
  test(`vector, candidates: ${name}`, t => {
    const sdp = `v=0\r\n${candidates.join('\r\n')}\r\n`
    const left = limitCandidates(sdp, from).split('\r\n')
    t.deepEqual(
      left.filter(line => line.startsWith('a=candidate:')),
      used.map(i => candidates[i])
    )
    t.end()
  })
}

async function answeringPeer(t: Test): Promise<SimplePeer> {
  const platform = await nodePlatform.loadWebRTC()
  const config = { ...platform.config, iceServers: [] }
  const peer = new SimplePeer({ ...platform, trickle: false, config, initiator: false })
  t.teardown(() => peer.destroy())
  return peer
}

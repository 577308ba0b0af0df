/** How libdatachannel is led round its races: what the two ends of an attempt do, and when. */

import { setTimeout as pause } from 'node:timers/promises'
import test from 'tape'
import { nodePlatform } from '../../src/platform-node.js'
import { SimplePeer } from '../../src/simple-peer.js'
import type { Description } from '../../src/wire/description.js'
import { within } from '../helpers/nodes.js'

/** Milliseconds that an answer takes over a relay, while the two ends are near each other. */
const SIGNAL_TIME = 200

test('a careful answering side makes no ICE checks before its answer is there', async t => {
  const platform = await nodePlatform.loadWebRTC()
  const config = { ...platform.config, iceServers: [], careful: true }
  const options = { ...platform, trickle: false, config }
  const offering = new SimplePeer({ ...options, initiator: true })
  const answering = new SimplePeer({ ...options, initiator: false })
  t.teardown(() => {
    for (const peer of [offering, answering]) peer.destroy()
  })
  const states: string[] = []
  answering.on('iceStateChange', state => states.push(state))
  offering.on('signal', (offer: Description) => answering.signal(offer))
  const answer = await new Promise<Description>(resolve => answering.on('signal', resolve))
  await pause(SIGNAL_TIME)
  t.notOk(states.includes('connected'))
  offering.signal(answer)
  await within(
    'the connection',
    Promise.all([offering, answering].map(peer => new Promise(resolve => peer.on('connect', resolve))))
  )
  t.ok(states.includes('connected'))
})

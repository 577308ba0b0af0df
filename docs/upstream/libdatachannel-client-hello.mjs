/**
 * Counts the connections of libdatachannel that lose the first flight of DTLS, and with it a second. It needs node-datachannel alone:
 *
 *     npm install node-datachannel
 *     node libdatachannel-client-hello.mjs [connections of each kind, 40]
 */

import { setTimeout as pause } from 'node:timers/promises'
import nodeDataChannel from 'node-datachannel'

/** Milliseconds from the answer's arrival that tell a connection which lost the flight from one that did not. */
const LOST = 900
const TIMEOUT = 5000
const COUNT = Number(process.argv[2] ?? 40)

/** `answer`: milliseconds on its way. `role`: of the answering side. `bare`: whether the offer has no candidates. */
const KINDS = [
  ...[0, 5, 40].map(answer => ({ answer, role: 'active', bare: false })),
  ...[0, 5, 40].map(answer => ({ answer, role: 'passive', bare: false })),
  { answer: 5, role: 'passive', bare: true },
  { answer: 5, role: 'active', bare: true }
]

console.log(
  'answering side | offer              | answer on its way | lost the flight | did not open | median'
)
for (const kind of KINDS) {
  const times = []
  for (let i = 0; i < COUNT; i++) times.push(await connect(kind))
  const opened = times.filter(Number.isFinite).sort((a, b) => a - b)
  const lost = opened.filter(time => time >= LOST).length
  const columns = [
    `DTLS ${kind.role === 'active' ? 'client' : 'server'}`.padEnd(14),
    (kind.bare ? 'without candidates' : 'with candidates').padEnd(18),
    `${kind.answer} ms`.padEnd(17),
    `${lost} of ${COUNT}`.padEnd(15),
    `${COUNT - opened.length}`.padEnd(12),
    `${Math.round(opened[opened.length >> 1] ?? Number.NaN)} ms`
  ]
  console.log(columns.join(' | '))
}
process.exit() // `cleanup` crashed while connections were closing

/** Connects two ends in this process. @returns milliseconds from the answer's arrival to the open channel; infinite if it fails */
async function connect({ answer, role, bare }) {
  const [offering, answering] = ['offering', 'answering'].map(
    name => new nodeDataChannel.PeerConnection(name, { iceServers: [] })
  )
  const channel = offering.createDataChannel('test')
  const opened = new Promise(resolve => channel.onOpen(() => resolve(true)))
  const isThere = new Promise(resolve => answering.onDataChannel(() => resolve(true)))
  const offer = await describe(offering)
  // An end that is offered `active` answers `passive`, and one that is offered `actpass` answers `active`.
  const shown = role === 'passive' ? offer.replace('a=setup:actpass', 'a=setup:active') : offer
  answering.setRemoteDescription(
    bare ? shown.replace(/^a=(candidate:|end-of-candidates).*\r\n/gm, '') : shown,
    'offer'
  )
  const description = await describe(answering)
  await pause(answer)
  const at = performance.now()
  const isOpen = accepts(offering, description) && (await within(opened)) && (await within(isThere))
  const time = performance.now() - at
  for (const end of [offering, answering]) end.close()
  return isOpen ? time : Number.POSITIVE_INFINITY
}

/** An end whose ICE is up already may throw "Got a remote candidate without ICE transport". */
function accepts(end, description) {
  try {
    end.setRemoteDescription(description, 'answer')
    return true
  } catch {
    return false
  }
}

function within(event) {
  return Promise.race([event, pause(TIMEOUT, false, { ref: false })])
}

/** The local description with all candidates. */
function describe(end) {
  return new Promise(resolve => {
    const look = () => {
      if (end.gatheringState() === 'complete') resolve(end.localDescription().sdp)
    }
    end.onGatheringStateChange(look)
    look()
  })
}

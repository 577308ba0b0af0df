/** Asks TURN servers for a relayed address, as WebRTC does, with credentials of the kind that newcomers get. */

import { grantTurn, type ResolvedTurn } from '../entrances/turn-credentials.js'
import { nodePlatform } from '../platform-node.js'
import { SimplePeer } from '../simple-peer.js'
import type { Description } from '../wire/description.js'
import { bad, type Finding, good } from './finding.js'

const USER = 'doctor'

/** @param timeout milliseconds for each server */
export function checkTurn(turn: ResolvedTurn, timeout: number): Promise<Finding[]> {
  return Promise.all(turn.urls.map(url => checkOne({ ...turn, urls: [url] }, url, timeout)))
}

async function checkOne(turn: ResolvedTurn, url: string, timeout: number): Promise<Finding> {
  const { signTurn } = nodePlatform
  if (!signTurn) return bad(`${url} cannot be asked here`)
  const { urls, username, credential } = grantTurn(turn, signTurn, USER)
  const { config, ...options } = await nodePlatform.loadWebRTC()
  const peer = new SimplePeer({
    ...options,
    initiator: true,
    trickle: false,
    iceCompleteTimeout: timeout,
    config: { ...config, iceServers: [{ urls, username, credential }], iceTransportPolicy: 'relay' }
  })
  try {
    const sdp = await gathered(peer, timeout)
    if (/ typ relay /.test(sdp)) return good(`${url} relays for this machine`)
    return bad(`${url} does not relay: it does not answer, or knows another --turn-secret`)
  } finally {
    peer.destroy()
  }
}

/** The description with all candidates; empty if it does not come in time. */
function gathered(peer: SimplePeer, timeout: number): Promise<string> {
  return new Promise(resolve => {
    // simple-peer's own clock starts with the first candidate.
    const deadline = setTimeout(() => resolve(''), timeout)
    const end = (sdp: string) => {
      clearTimeout(deadline)
      resolve(sdp)
    }
    peer.once('signal', ({ sdp }: Description) => end(sdp))
    peer.once('error', () => end(''))
  })
}

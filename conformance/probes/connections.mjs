/** Connections of WebRTC that the prober makes, by offers of its own or by answers. */

import { RTCPeerConnection } from 'node-datachannel/polyfill'

const isCandidate = line => line.startsWith('a=candidate:')

/**
 * An offer of a data channel. It says that it is a second attempt, so that the other end, if it is on libdatachannel too, goes about it with
 * care: first attempts on one machine fail now and then.
 */
export async function createOffer() {
  const connection = new RTCPeerConnection({ iceServers: [] })
  const channel = connection.createDataChannel('probe')
  channel.binaryType = 'arraybuffer'
  const gathered = whenGathered(connection)
  await connection.setLocalDescription(await connection.createOffer())
  await gathered
  const sdp = connection.localDescription.sdp.replace(/^m=/m, 'a=x-wdht-careful\r\nm=')
  return { connection, channel, sdp }
}

/** The candidates come after the answer: libdatachannel is not ready for them before. */
export async function acceptAnswer(connection, sdp) {
  await connection.setRemoteDescription({ type: 'answer', sdp: withoutCandidates(sdp) })
  for (const line of sdp.split('\r\n').filter(isCandidate)) {
    await connection.addIceCandidate({ candidate: line.slice('a='.length), sdpMid: '0' })
  }
}

/**
 * An answer. Who begins DTLS has to be ready first, or a second is lost: so where it is this end, it leaves the ICE checks to the other one, which
 * makes them once it has the answer.
 *
 * @param isPassive whether the other end begins DTLS
 */
export async function createAnswer(offer, isPassive) {
  const connection = new RTCPeerConnection({ iceServers: [] })
  const gathered = whenGathered(connection)
  const sdp = isPassive ? offer.replace(/^a=setup:actpass/m, 'a=setup:active') : withoutCandidates(offer)
  await connection.setRemoteDescription({ type: 'offer', sdp })
  await connection.createAnswer()
  await gathered
  return { connection, sdp: connection.localDescription.sdp }
}

export function withoutCandidates(sdp) {
  const lines = sdp.split(/\r?\n/)
  return lines.filter(line => !isCandidate(line) && line !== 'a=end-of-candidates').join('\r\n')
}

function whenGathered(connection) {
  return new Promise(resolve =>
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') resolve()
    })
  )
}

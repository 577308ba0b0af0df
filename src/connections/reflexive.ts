/** Watches whether a peer gets the candidate that a STUN server shows it, and what that says of the server and of the NAT. */

import type { NetworkKind } from '../network-kind.js'
import type { SimplePeer } from '../simple-peer.js'
import type { Network } from './network.js'

/** Milliseconds from the first candidate on that a server is given before the next one is asked. */
const PATIENCE = 400

/** The part of an `RTCPeerConnection` that is used here. */
interface Ice {
  readonly iceGatheringState: string
  readonly localDescription: { sdp: string } | null
  addEventListener?(event: string, listener: (event: CandidateEvent) => void): void
}

interface CandidateEvent {
  /** `url`: the server that has shown it, where the browser says so. */
  candidate?: { candidate?: string; url?: string | null } | null
  /** Of an error: that of the socket, partly hidden. */
  address?: string | null
}

interface Reflexive {
  address: string
  port: string
  /** Of the socket that it belongs to, as far as it is told. */
  base: string
  isHidden: boolean
}

/** @param asked the STUN servers that it was given */
export function watchReflexive(peer: SimplePeer, asked: readonly string[], network: Network): void {
  const [server] = asked
  const { _pc: ice } = peer as { _pc?: Ice | null }
  if (server === undefined || typeof peer.once !== 'function') return // whoever gave the class hears of it later
  if (asked.length > 1 && ice) watchTrial(ice, network)
  if (asked.length === 1) watchServer(peer, ice ?? undefined, () => network.unanswered(server))
}

/** @param onUnanswered called if the description lacks the candidate, and it does not follow soon */
function watchServer(peer: SimplePeer, ice: Ice | undefined, onUnanswered: () => void): void {
  let since = performance.now()
  let hasBegun = false
  let isShown = false
  let timer: ReturnType<typeof setTimeout> | undefined
  ice?.addEventListener?.('icecandidate', ({ candidate }) => {
    if (!hasBegun) since = performance.now()
    hasBegun = true
    isShown ||= isReflexive(candidate?.candidate ?? '')
  })
  peer.once('signal', ({ sdp }: { sdp?: string }) => {
    if (isShown || isReflexive(sdp ?? '')) return
    const canFollow = ice?.addEventListener && ice.iceGatheringState !== 'complete'
    const rest = canFollow ? since + PATIENCE - performance.now() : 0
    if (rest <= 0) return onUnanswered()
    timer = setTimeout(() => {
      if (!isShown) onUnanswered()
    }, rest)
    timer.unref?.() // not where jsdom's timers are the global ones
  })
  peer.once('close', () => clearTimeout(timer))
}

/** Of a peer that asks two servers: whether these see one port or two. Neither is blamed for what is missing. */
function watchTrial(ice: Ice, network: Network): void {
  let hasFailed = false
  const look = ({ candidate }: CandidateEvent): void => {
    if (candidate?.url && isReflexive(candidate.candidate ?? '')) network.servers.prefer(candidate.url)
    const kind = kindOf(ice.localDescription?.sdp ?? '', ice.iceGatheringState === 'complete' && !hasFailed)
    if (kind !== 'unknown') network.learn(kind)
  }
  // Chromium tries IPv6 from `::1`, too, where there is no other: that fails, and tells nothing of the NAT.
  ice.addEventListener?.('icecandidateerror', ({ address }) => {
    hasFailed ||= !address?.includes(':')
  })
  for (const event of ['icecandidate', 'icegatheringstatechange']) ice.addEventListener?.(event, look)
}

/** A relayed candidate comes with it: a TURN server shows both. */
function isReflexive(text: string): boolean {
  return / typ (srflx|relay)\b/.test(text)
}

/**
 * The kind of NAT in a description for which two servers were asked: one port, or two of one socket.
 *
 * @param isComplete whether both servers have answered
 */
export function kindOf(sdp: string, isComplete: boolean): NetworkKind {
  const all = reflexivesOf(sdp)
  const isOther = (a: Reflexive, b: Reflexive) => a.address === b.address && a.port !== b.port
  const isSymmetric = all.some(one => all.some(other => one.base === other.base && isOther(one, other)))
  if (isSymmetric) return 'symmetric'
  const isUnclear = all.some(one => one.isHidden && all.some(other => isOther(one, other)))
  return isComplete && all.length > 0 && !isUnclear ? 'nat' : 'unknown'
}

/** Browsers hide which socket a candidate belongs to. libwebrtc gives all of one the same foundation, Firefox does not. */
function reflexivesOf(sdp: string): Reflexive[] {
  const isOnly = sdp.match(/^a=candidate:\S+ 1 udp .* typ host/gim)?.length === 1
  const pattern = /^a=candidate:(\S+) 1 udp \d+ ([\d.]+) (\d+) typ srflx(?: raddr (\S+) rport (\d+))?/gim
  return [...sdp.matchAll(pattern)].map(
    ([, foundation = '', address = '', port = '', own, ownPort = '0']) => {
      const isHidden = ownPort === '0' || ownPort === '9'
      const base = isHidden ? (isOnly ? 'only' : foundation) : `${own} ${ownPort}`
      return { address, port, base, isHidden: isHidden && !isOnly }
    }
  )
}

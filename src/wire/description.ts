/** Session descriptions. */

/** An SDP offer or answer, as WebRTC has it. */
export interface Description {
  type: 'offer' | 'answer'
  sdp: string
}

/** A session-level attribute of offers that want a slower, surer way: see node-datachannel.ts. SDP parsers ignore unknown attributes. */
export const CAREFUL = 'a=x-wdht-careful'

/** The same of offers that are made while an earlier one to the same node is under way: whoever answers them ends neither. */
const BESIDE = 'a=x-wdht-beside'

/** Marks an offer as one that wants the surer way. */
export function markCareful(sdp: string): string {
  return addLine(sdp, CAREFUL)
}

export function isCareful(sdp: string): boolean {
  return hasLine(sdp, CAREFUL)
}

/** Marks an offer as one beside another. */
export function markBeside<D extends Description>(offer: D): D {
  return { ...offer, sdp: addLine(offer.sdp, BESIDE) }
}

export function isBeside({ sdp }: Description): boolean {
  return hasLine(sdp, BESIDE)
}

/**
 * libdatachannel names itself in the `o=` line, and no other implementation that was looked at uses that name: browsers, werift,
 * roamhq, aiortc, pion. An attribute of our own would not tell more, and would be missing where an application dials with
 * libdatachannel by itself.
 */
export function isByLibdatachannel(sdp: string): boolean {
  return /^o=rtc /m.test(sdp)
}

function hasLine(sdp: string, line: string): boolean {
  const [session = ''] = sdp.split(/^m=/m)
  return session.split(/\r?\n/).includes(line)
}

/** Adds an attribute of the session: it ends where the first `m=` begins. */
function addLine(sdp: string, line: string): string {
  return sdp.replace(/^m=/m, `${line}\r\nm=`)
}

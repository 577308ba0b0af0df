/** Session descriptions. */

/** An SDP offer or answer, as WebRTC has it. */
export interface Description {
  type: 'offer' | 'answer'
  sdp: string
}

/** A session-level attribute of offers that want a slower, surer way: see node-datachannel.ts. SDP parsers ignore unknown attributes. */
export const CAREFUL = 'a=x-wdht-careful'

/** Marks an offer as one that wants the surer way. */
export function markCareful(sdp: string): string {
  return sdp.replace(/^m=/m, `${CAREFUL}\r\nm=`)
}

/** Session descriptions. */

/** An SDP offer or answer, as WebRTC has it. */
export interface Description {
  type: 'offer' | 'answer'
  sdp: string
}

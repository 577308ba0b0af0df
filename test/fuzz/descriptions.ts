/** Session descriptions (SDP) of the WebRTC implementations that nodes run on, and mutations of them, line by line. */

const FINGERPRINT =
  '23:B3:4F:10:34:5F:12:36:BD:F1:A0:B5:AA:72:EC:25:62:D3:99:55:CA:73:66:0A:32:FB:32:0D:E1:2B:BC:CE'

/** All addresses are of this machine or reserved: a fuzzed node must not send packets to anybody. */
const LIBDATACHANNEL = [
  'v=0',
  'o=rtc 1173873772 0 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=msid-semantic:WMS *',
  'a=ice-options:ice2,trickle',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'm=application 51323 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 127.0.0.1',
  'a=mid:0',
  'a=sendrecv',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
  'a=setup:actpass',
  'a=ice-ufrag:QnIF',
  'a=ice-pwd:FSAMQjUNubDNhyUsLrfwNz',
  'a=candidate:2 1 UDP 2116026111 ::1 51323 typ host',
  'a=candidate:1 1 UDP 2114977791 127.0.0.1 51323 typ host',
  'a=end-of-candidates'
]
const CHROMIUM = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  'm=application 51324 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 127.0.0.1',
  'a=candidate:1467250027 1 udp 2122260223 5d1a2b9c-1f0e-4c4a-9a52-0c2f3f6f2f11.local 51324 typ host generation 0 network-id 1',
  'a=candidate:1467250028 1 tcp 1518280447 127.0.0.1 9 typ host tcptype active generation 0 network-id 1',
  'a=ice-ufrag:7Kq2',
  'a=ice-pwd:yB3rQ0u9C5Yv1Jm6o8XtZk2L',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sctp-port:5000',
  'a=max-message-size:262144'
]
const FIREFOX = [
  'v=0',
  'o=mozilla...THIS_IS_SDPARTA-99.0 6139045396216438562 0 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=sendrecv',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=group:BUNDLE 0',
  'a=ice-options:trickle',
  'a=msid-semantic:WMS *',
  'm=application 51325 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 127.0.0.1',
  'a=candidate:0 1 UDP 2122252543 127.0.0.1 51325 typ host',
  'a=candidate:1 1 UDP 1686052863 240.0.0.9 51325 typ srflx raddr 0.0.0.0 rport 0',
  'a=sendrecv',
  'a=end-of-candidates',
  'a=ice-pwd:0f6b2a2f7c3d4e5f8a9b0c1d2e3f4a5b',
  'a=ice-ufrag:5c9d7e1f',
  'a=mid:0',
  'a=setup:actpass',
  'a=sctp-port:5000',
  'a=max-message-size:1073741823'
]

const toText = (lines: string[]) => `${lines.join('\r\n')}\r\n`

export const [BY_LIBDATACHANNEL, BY_CHROMIUM, BY_FIREFOX] = [
  toText(LIBDATACHANNEL),
  toText(CHROMIUM),
  toText(FIREFOX)
] as const
export const OFFERS = [BY_LIBDATACHANNEL, BY_CHROMIUM, BY_FIREFOX]
export const ANSWERS = OFFERS.map(offer => offer.replace(/a=setup:\w+/, 'a=setup:passive'))

const NUMBERS = ['0', '-1', '1', '65536', '99999999999999999999', '4294967296', '1.5', '', 'x', '%n%s']
const ODD_LINES = [
  'a=candidate:',
  'a=candidate:x y z',
  'a=candidate:1 1 UDP 99999999999 999.0.0.1 99999 typ host',
  'a=candidate:1 1 UDP 2114977791 :: 0 typ host',
  'a=candidate:1 1 UDP 2114977791 ::ffff:127.0.0.1 9 typ relay raddr ::1 rport 9',
  'a=candidate:1 1 TCP 2114977791 127.0.0.1 9 typ host tcptype passive',
  'a=candidate:1 1 UDP 2114977791 x.local 9 typ host',
  `a=candidate:1 1 UDP 1 ${'a'.repeat(300)}.local 9 typ host`,
  'a=max-message-size:0',
  'a=max-message-size:1',
  'a=max-message-size:-1',
  'a=sctp-port:0',
  'a=setup:active',
  'a=setup:passive',
  'a=setup:holdconn',
  'a=setup:',
  'a=mid:',
  `a=mid:${'m'.repeat(1000)}`,
  'a=ice-ufrag:',
  `a=ice-ufrag:${'u'.repeat(257)}`,
  'a=ice-pwd:short',
  `a=ice-pwd:${'p'.repeat(300)}`,
  'a=ice-lite',
  'a=fingerprint:sha-1 00',
  `a=fingerprint:md5 ${FINGERPRINT}`,
  `a=fingerprint:sha-256 ${'G'.repeat(95)}`,
  'a=fingerprint',
  'a=end-of-candidates',
  'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
  'm=application 9 DTLS/SCTP 5000',
  'm=application 99999 UDP/DTLS/SCTP',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:1\r\na=rtpmap:96 VP8/90000',
  'm=',
  'a=rtpmap:x',
  'a=ssrc:99999999999 cname:x',
  'a=group:BUNDLE 0 1 2 3',
  'a=inactive',
  'a=',
  '=',
  'a=\0',
  'v=0',
  `a=${'x'.repeat(5000)}`
]

type LineEdit = (lines: string[], line: number, by: number) => void

const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T

const LINE_EDITS: LineEdit[] = [
  (lines, line) => lines.splice(line, 1),
  (lines, line, by) => lines.splice(line, 0, at(ODD_LINES, by)),
  (lines, line, by) => lines.splice(line, 1, at(ODD_LINES, by)),
  (lines, line, by) => lines.push(at(ODD_LINES, by + line)),
  (lines, line, by) => change(lines, line, text => text.replace(/\d+/g, at(NUMBERS, by))),
  (lines, line, by) => change(lines, line, text => text.replace(/\d+(?!.*\d)/, at(NUMBERS, by))),
  (lines, line, by) => change(lines, line, text => text.slice(0, by % (text.length + 1))),
  (lines, line, by) => change(lines, line, text => text.slice(0, 2) + 'x'.repeat(by * 8)),
  (lines, line) => lines.push(lines[line] ?? ''),
  (lines, line, by) => lines.splice(line, by),
  (lines, line, by) => lines.splice(line, 1, lines[by % lines.length] ?? ''),
  (lines, _, by) => lines.push(...Array.from({ length: by % 40 }, (_, i) => candidate(i))),
  (lines, line, by) => change(lines, line, text => text.replace(/[^a-z=]/, String.fromCharCode(by))),
  (lines, line, by) =>
    change(lines, line, text =>
      text
        .split(' ')
        .reverse()
        .join(by % 2 ? ' ' : '')
    ),
  (lines, line, by) => lines.splice(line, 0, ...at(OFFERS, by).split('\r\n')),
  (lines, line) => change(lines, line, text => text.replace(/[\r\n]?$/, '\n\0\r'))
]

function change(lines: string[], line: number, edit: (text: string) => string): void {
  lines[line] = edit(lines[line] ?? '')
}

/** A candidate on this machine, where nobody listens. */
function candidate(i: number): string {
  return `a=candidate:${i} 1 UDP ${2_000_000_000 + i} 127.0.0.${i + 1} ${9 + i} typ host`
}

/** Changes one line of a description; the numbers may be any. */
export function editLines(sdp: string, [what, where, by]: readonly [number, number, number]): string {
  const lines = sdp.split('\r\n')
  at(LINE_EDITS, what)(lines, where % lines.length, by)
  return lines.join('\r\n')
}

/** The same for bytes. What is no description is one afterwards. */
export function editDescription(bytes: Buffer, by: number): Buffer {
  const text = bytes.subarray(0, 3).toString() === 'v=0' ? bytes.toString() : at(OFFERS, by)
  return Buffer.from(editLines(text, [by, by * 7, by * 13]))
}

/** What HTTP carries, and the first message on a connection: JSON. */

import { ANSWER_SDP, ids, OFFER_SDP } from './notation.mjs'

const HEX = Buffer.from(ids('B')).toString('hex')
const CANDIDATE = 'a=candidate:2 1 UDP 1686052863 192.0.2.1 40000 typ srflx'

const body = (name, fields, parsed) => ({
  name,
  body: typeof fields === 'string' ? fields : JSON.stringify(fields),
  parsed
})
const request = (name, changes, parsed = null) =>
  body(
    name,
    typeof changes === 'string'
      ? changes
      : { id: HEX, type: 'offer', sdp: OFFER_SDP, extensions: ['introduce'], ...changes },
    parsed
  )
const response = (name, fields, parsed = null) => body(name, fields, parsed)

const offer = (changes = {}) => ({
  kind: 'offer',
  id: HEX,
  sdp: OFFER_SDP,
  extensions: ['introduce'],
  ...changes
})

/** Requests: those that are `null` get status 400. */
export const requests = [
  request('an offer', {}, offer()),
  request('an id in upper case', { id: 'AB'.repeat(20) }, offer({ id: 'ab'.repeat(20) })),
  request('no id', { id: undefined }, offer({ id: null })),
  request('no extensions', { extensions: undefined }, offer({ extensions: [] })),
  request('keys that are not known', { more: 1 }, offer()),
  request('more candidates may follow', { late: true }, offer()),
  request('nothing', ''),
  request('broken JSON', '{"type":"offer"'),
  request('a list', '[]'),
  request('null', 'null'),
  request('an answer', { type: 'answer' }),
  request('no description', { sdp: undefined }),
  request('a description that does not begin with `v=0`', { sdp: 's=-\r\n' }),
  request('a description of 8,193 bytes', { sdp: 'v=0'.padEnd(8193, 'x') }),
  request('33 candidates', {
    sdp: `v=0\r\n${'a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host\r\n'.repeat(33)}`
  }),
  request('an id of 39 digits', { id: 'a'.repeat(39) }),
  request('an id that is no hex', { id: 'z'.repeat(40) }),
  request('an id that is a number', { id: 5 }),
  request('extensions that are text', { extensions: 'introduce' }),
  request('17 extensions', { extensions: Array(17).fill('x') }),
  request('an extension of 65 bytes', { extensions: ['x'.repeat(65)] }),
  request('an extension that is a number', { extensions: [1] })
]

/** Responses with status 200: from those that are `null` nothing comes. */
export const responses = [
  response(
    'an answer',
    { id: HEX, type: 'answer', sdp: ANSWER_SDP, extensions: ['introduce'] },
    {
      kind: 'answer',
      id: HEX,
      sdp: ANSWER_SDP,
      extensions: ['introduce']
    }
  ),
  response(
    'of 0.18, without id',
    { type: 'answer', sdp: ANSWER_SDP, extensions: [] },
    {
      kind: 'answer',
      id: null,
      sdp: ANSWER_SDP,
      extensions: []
    }
  ),
  response('an id alone', { id: HEX }, { kind: 'id alone', id: HEX }),
  response('an offer', { id: HEX, type: 'offer', sdp: OFFER_SDP, extensions: [] }),
  response('nothing in it', {}),
  response('HTML', '<!doctype html>')
]

/** Candidates that follow, in requests and responses. */
export const laterCandidates = [
  body(
    'one',
    { type: 'candidates', ufrag: 'abcd', candidates: [CANDIDATE] },
    { ufrag: 'abcd', candidates: [CANDIDATE], late: false }
  ),
  body(
    'none, but more may come',
    { type: 'candidates', ufrag: 'abcd', candidates: [], late: true },
    { ufrag: 'abcd', candidates: [], late: true }
  ),
  body('nine', { type: 'candidates', ufrag: 'abcd', candidates: Array(9).fill(CANDIDATE) }, null),
  body('a line of 257 bytes', { type: 'candidates', ufrag: 'abcd', candidates: ['x'.repeat(257)] }, null),
  body('no `ufrag`', { type: 'candidates', candidates: [] }, null),
  body('another type', { type: 'candidate', ufrag: 'abcd', candidates: [] }, null),
  body('`late` is a number', { type: 'candidates', ufrag: 'abcd', candidates: [], late: 1 }, null)
]

const info = (name, server, parsed = null) =>
  body(name, typeof server === 'string' ? server : { http_server: server }, parsed)

/** The first message on a connection: those that are `null` are ignored. */
export const serverInfo = [
  info('an IPv4 address', { host: '192.0.2.1', port: 16881 }, { host: '192.0.2.1', port: 16881 }),
  info('digits as the port', { host: '192.0.2.1', port: '16881' }, { host: '192.0.2.1', port: 16881 }),
  info(
    'an IPv6 address in brackets',
    { host: '[2001:DB8::1]', port: 80 },
    { host: '[2001:db8::1]', port: 80 }
  ),
  info('a name', { host: 'DHT.example.org', port: 443 }, { host: 'dht.example.org', port: 443 }),
  info(
    'IPv4 that is written as IPv6',
    { host: '[::ffff:192.0.2.1]', port: 80 },
    { host: '192.0.2.1', port: 80 }
  ),
  info('port 0', { host: '192.0.2.1', port: 0 }),
  info('port 65536', { host: '192.0.2.1', port: 65_536 }),
  info('no host', { port: 80 }),
  info('a list', [1]),
  info('broken JSON', '{"http_server":'),
  info('511 bytes', { host: 'x'.repeat(511 - '{"http_server":{"host":"","port":80}}'.length), port: 80 })
]

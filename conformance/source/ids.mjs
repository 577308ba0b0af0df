/** Ids that are bound to a key, their proofs, and the fingerprints of links over WebSocket. */

import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { bytes, ids } from './notation.mjs'

const sha256 = (...parts) =>
  createHash('sha256')
    .update(Buffer.concat(parts.map(part => Buffer.from(part))))
    .digest()
/** RFC 8410: what comes before the seed in PKCS #8. */
const PKCS8 = bytes('302e020100300506032b657004220420')

function keyOf(seed) {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32)
  return { privateKey, publicKey }
}

function idOf(publicKey) {
  const hash = sha256('wdht id 1', publicKey).subarray(0, 18)
  return Buffer.concat([hash, sha256('wdht id tag 1', hash).subarray(0, 2)])
}

/** That of bep.md, and the first three of RFC 8032, section 7.1. */
const SEEDS = [
  '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
  '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
  '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
  'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7'
]

export const boundIds = SEEDS.map(seed => {
  const { publicKey } = keyOf(bytes(seed))
  return {
    name: `seed ${seed.slice(0, 8)}…`,
    seed,
    key: publicKey.toString('hex'),
    id: idOf(publicKey).toString('hex')
  }
})

const [own, other] = SEEDS.map(seed => keyOf(bytes(seed)))
const ownId = idOf(own.publicKey)
const turned = Buffer.from(ownId)
turned[0] ^= 1

/** Whether an id says that there is a key. */
export const looks = [
  { name: 'a bound id', id: ownId.toString('hex'), looksBound: true },
  { name: 'another hash with the tag of this one', id: turned.toString('hex'), looksBound: false },
  { name: 'a letter 20 times', id: Buffer.from(ids('A')).toString('hex'), looksBound: false },
  { name: 'zeros', id: '00'.repeat(20), looksBound: false }
]

const FINGERPRINT = Array.from({ length: 32 }, (_, i) => (255 - i).toString(16).toUpperCase()).join(':')
const OTHER_FINGERPRINT = Array.from({ length: 32 }, (_, i) => (128 + i).toString(16).toUpperCase()).join(':')
const HEAD = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n'
const MEDIA = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n'
const fingerprintLine = (fingerprint = FINGERPRINT) => `a=fingerprint:sha-256 ${fingerprint}\r\n`
const NOBODY = Buffer.alloc(20)
/** The node that checks. */
const CHECKER = Buffer.from(ids('A'))
const STRANGER = Buffer.from(ids('C'))

/** The line of a proof, by the letter of bep.md. */
function line({ key = own, type = 'offer', purpose = 'node', to = CHECKER, fingerprint = FINGERPRINT } = {}) {
  const certificate = bytes(fingerprint.replaceAll(':', ''))
  const signed = Buffer.concat([sha256('wdht signal 1', type, '\0', purpose), to, certificate])
  return `a=x-wdht-key:${Buffer.concat([key.publicKey, sign(null, signed, key.privateKey)]).toString('base64')}\r\n`
}

const sdpWith = (proof, media = fingerprintLine()) => `${HEAD}${proof}${MEDIA}${media}`

/** @param verdict `proven`, `claim` or `refused` */
const proof = (name, verdict, sdp, { id = ownId, type = 'offer', purpose = 'node' } = {}) => ({
  name,
  by: id.toString('hex'),
  checkedBy: CHECKER.toString('hex'),
  type,
  purpose,
  sdp,
  verdict
})

const dialAnswer = { type: 'answer', purpose: 'dial chat' }
const [first, ...rest] = line().split('')

export const proofs = [
  proof('an offer for the node that checks', 'proven', sdpWith(line())),
  proof('an offer for anybody', 'proven', sdpWith(line({ to: NOBODY }))),
  proof('the answer to a dial', 'proven', sdpWith(line(dialAnswer)), dialAnswer),
  proof('a link over WebSocket, for anybody', 'proven', sdpWith(line({ purpose: 'websocket', to: NOBODY })), {
    purpose: 'websocket'
  }),
  proof(
    'the fingerprint at session level, the proof at the end',
    'proven',
    `v=0\r\n${fingerprintLine()}${line()}`
  ),
  proof('a fingerprint in lower case', 'proven', sdpWith(line(), fingerprintLine(FINGERPRINT.toLowerCase()))),
  proof('the same fingerprint twice', 'proven', sdpWith(line(), fingerprintLine().repeat(2))),
  proof('lines end with LF alone', 'proven', sdpWith(line()).replaceAll('\r\n', '\n')),
  proof('no fingerprint: zeros are signed', 'proven', sdpWith(line({ fingerprint: '00'.repeat(32) }), '')),
  proof('an id that does not look bound, with a proof of another', 'claim', sdpWith(line()), {
    id: STRANGER
  }),
  proof('an id that does not look bound, without a proof', 'claim', sdpWith(''), { id: STRANGER }),
  proof('no proof', 'refused', sdpWith('')),
  proof('the proof of another key', 'refused', sdpWith(line({ key: other }))),
  proof('for another node', 'refused', sdpWith(line({ to: STRANGER }))),
  proof('an answer for anybody', 'refused', sdpWith(line({ type: 'answer', to: NOBODY })), {
    type: 'answer'
  }),
  proof('a dial for anybody', 'refused', sdpWith(line({ purpose: 'dial chat', to: NOBODY })), {
    purpose: 'dial chat'
  }),
  proof('an offer whose proof is that of an answer', 'refused', sdpWith(line({ type: 'answer' }))),
  proof('a dial whose proof is that of a node', 'refused', sdpWith(line()), { purpose: 'dial chat' }),
  proof('a dial for another protocol', 'refused', sdpWith(line({ purpose: 'dial file' })), {
    purpose: 'dial chat'
  }),
  proof('another certificate', 'refused', sdpWith(line(), fingerprintLine(OTHER_FINGERPRINT))),
  proof(
    'two certificates',
    'refused',
    sdpWith(line(), fingerprintLine() + fingerprintLine(OTHER_FINGERPRINT))
  ),
  proof(
    'a second fingerprint that is no SHA-256',
    'refused',
    sdpWith(line(), `${fingerprintLine()}a=fingerprint:sha-1 AB:CD\r\n`)
  ),
  proof('the line behind the first `m=`', 'refused', sdpWith('', fingerprintLine() + line())),
  proof('the line twice', 'refused', sdpWith(line().repeat(2))),
  proof('a second line at the medium', 'refused', sdpWith(line(), fingerprintLine() + line())),
  proof('127 characters', 'refused', sdpWith(`${first}${rest.join('').replace(/.\r\n/, '\r\n')}`)),
  proof('a signature with one bit changed', 'refused', sdpWith(changed(line())))
]

function changed(keyLine) {
  const [head, text] = keyLine.trim().split(/(?<=key:)/)
  const content = Buffer.from(text, 'base64')
  content[50] ^= 1
  return `${head}${content.toString('base64')}\r\n`
}

const pairs = hash => hash.toString('hex').toUpperCase().match(/../g).join(':')

/** The descriptions of a link over WebSocket. */
export const webSocketFingerprints = [
  ['S', 'C'],
  ['C', 'S']
].flatMap(([server, client]) =>
  ['offer', 'answer'].map(type => {
    const nonces = [server.repeat(32), client.repeat(32)].map(text => Buffer.from(text))
    return {
      name: `the ${type} with the nonces ${server} and ${client}`,
      type,
      serverNonce: nonces[0].toString('hex'),
      clientNonce: nonces[1].toString('hex'),
      fingerprint: pairs(sha256('wdht websocket 1', type, '\0', ...nonces))
    }
  })
)

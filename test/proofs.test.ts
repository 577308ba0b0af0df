/** Proofs of ids: what is signed for whom, and what is refused. */

import { readFileSync } from 'node:fs'
import test from 'tape'
import { Counters } from '../src/counters.js'
import { Id } from '../src/id.js'
import { resolveOptions, type WebTorrentDHTOptions } from '../src/options.js'
import { browserPlatform } from '../src/platform-browser.js'
import { nodePlatform } from '../src/platform-node.js'
import { FOR_NODE, forDial, Proofs } from '../src/proofs.js'
import type { Description } from '../src/wire/description.js'

const SEED = Buffer.from(Array.from({ length: 32 }, (_, i) => i))
const FINGERPRINT = Array.from({ length: 32 }, (_, i) => (255 - i).toString(16).toUpperCase())
const SDP = `v=0\r\ns=-\r\na=fingerprint:sha-256 ${FINGERPRINT.join(':')}\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n`
const OFFER: Description = { type: 'offer', sdp: SDP }
/** Both are in bep.md. */
const FOR_ANYBODY =
  'A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbgtWsEZguw9donOw5qYVpuZj+r+id1Zb98Db45U42bqKsqKSVxiUAIn6jmec7//C13v1W63nYqez1ifHTFUcwcP'
const DIAL_ANSWER_TO_C =
  'A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbicWaIXLZmPrrlOdjRTlYx/YqBFsbYHssW9X0U6G5RUSgmFFiKw2gOeMwAJdaqRVDDGKcxR4MqvXUCPZSPHoVAA'

const bep = readFileSync(new URL('../../bep.md', import.meta.url), 'utf8')

function createProver(options: WebTorrentDHTOptions) {
  const resolved = resolveOptions({ platform: nodePlatform, ...options })
  const counters = new Counters()
  return { id: resolved.id, counters, proofs: new Proofs(resolved, counters) }
}

async function codeOf(check: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await check()
    return undefined
  } catch (error) {
    return (error as { code?: string }).code
  }
}

for (const platform of [nodePlatform, browserPlatform]) {
  const where = platform === nodePlatform ? 'Node.js' : 'a page'

  test(`the proofs of bep.md are made in ${where}`, async t => {
    const { proofs } = createProver({ key: SEED, platform })
    const lineIn = ({ sdp }: Description) => /^a=x-wdht-key:(.*)\r$/m.exec(sdp)?.[1]
    t.equal(lineIn(await proofs.prove(OFFER, FOR_NODE, null)), FOR_ANYBODY)
    const answer: Description = { type: 'answer', sdp: SDP }
    t.equal(
      lineIn(await proofs.prove(answer, forDial('chat'), Id.of(Buffer.alloc(20, 'C')))),
      DIAL_ANSWER_TO_C
    )
    t.ok([FOR_ANYBODY, DIAL_ANSWER_TO_C].every(line => bep.includes(`    a=x-wdht-key:${line}\n`)))
  })

  test(`a proof counts for its type, purpose, receiver, id and fingerprint only, in ${where}`, async t => {
    const a = createProver({ key: SEED, platform })
    const b = createProver({ platform: nodePlatform })
    const c = createProver({ platform })
    const proven = await a.proofs.prove(OFFER, FOR_NODE, b.id)
    t.ok(await b.proofs.check(a.id, proven, FOR_NODE))
    const wrong = {
      'another receiver': () => c.proofs.check(a.id, proven, FOR_NODE),
      'another id': () => b.proofs.check(c.id, proven, FOR_NODE),
      'another purpose': () => b.proofs.check(a.id, proven, forDial('node')),
      'another type': () => b.proofs.check(a.id, { ...proven, type: 'answer' }, FOR_NODE),
      'another fingerprint': () =>
        b.proofs.check(a.id, { type: 'offer', sdp: proven.sdp.replace('FF:FE', 'FE:FE') }, FOR_NODE),
      'another signature': () =>
        b.proofs.check(a.id, { type: 'offer', sdp: proven.sdp.replace(/.\r\nm=/, 'x\r\nm=') }, FOR_NODE),
      'no proof': () => b.proofs.check(a.id, OFFER, FOR_NODE)
    }
    for (const [what, check] of Object.entries(wrong)) t.equal(await codeOf(check), 'ENOTPROVEN', what)
    t.equal(b.counters.drops['not proven'] + c.counters.drops['not proven'], 7, 'each is counted')
  })
}

test('an offer may be for anybody; an answer, and a dial, may not', async t => {
  const [a, b] = [createProver({}), createProver({})]
  t.ok(await b.proofs.check(a.id, await a.proofs.prove(OFFER, FOR_NODE, null), FOR_NODE))
  const answer = await a.proofs.prove({ type: 'answer', sdp: SDP }, FOR_NODE, null)
  t.equal(await codeOf(() => b.proofs.check(a.id, answer, FOR_NODE)), 'ENOTPROVEN')
  const call = await a.proofs.prove(OFFER, forDial('chat'), null)
  t.equal(await codeOf(() => b.proofs.check(a.id, call, forDial('chat'))), 'ENOTPROVEN')
})

test('a claim needs no proof, and has none', async t => {
  const claim = createProver({ nodeId: '41'.repeat(20) })
  const bound = createProver({})
  t.equal(await claim.proofs.prove(OFFER, FOR_NODE, bound.id), OFFER)
  t.equal(await bound.proofs.check(claim.id, OFFER, FOR_NODE), false)
  const forged = await bound.proofs.prove(OFFER, FOR_NODE, bound.id)
  t.equal(await bound.proofs.check(claim.id, forged, FOR_NODE), false, 'whatever the description says')
  t.equal(
    await claim.proofs.check(bound.id, await bound.proofs.prove(OFFER, FOR_NODE, claim.id), FOR_NODE),
    true
  )
})

test('with another hash nobody needs a proof', async t => {
  const bound = createProver({})
  const other = createProver({ hash: () => Buffer.alloc(20) })
  t.equal(await other.proofs.check(bound.id, OFFER, FOR_NODE), false)
})

test('a description without a fingerprint is proven as it is; one with two is not', async t => {
  const [a, b] = [createProver({}), createProver({})]
  const bare: Description = { type: 'offer', sdp: 'v=0\r\ns=7' }
  t.ok(await b.proofs.check(a.id, await a.proofs.prove(bare, FOR_NODE, b.id), FOR_NODE))
  const two = `${SDP}${SDP.replace('FF:FE', 'FE:FE')}`
  t.equal(await codeOf(() => a.proofs.prove({ type: 'offer', sdp: two }, FOR_NODE, b.id)), 'ENOTPROVEN')
})

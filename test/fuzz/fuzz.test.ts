import fc from 'fast-check'
import test from 'tape'
import { fuzz } from './fuzz.js'
import { corpusInputs, type Input, inputs, placeOfInput, SAMPLE_SIZE, sampleInputs } from './inputs.js'

const SEED = 7
/** What two cores do in some ten seconds. */
const INPUTS = 16_000
const ROUND = 8000

test('an input can be had again by its seed and index', t => {
  const index = 3 * SAMPLE_SIZE + 137
  const again: Input[] = []
  const noted = fc.property(inputs, input => {
    again.push(input)
  })
  fc.check(noted, { ...placeOfInput(SEED, index), numRuns: 1 })
  t.deepEqual(again[0], sampleInputs(SEED, index)[137])
  t.end()
})

test('mutated messages, descriptions and requests end no process, exceed no budget and leave nothing behind', async t => {
  const figures = await fuzz({ seed: SEED, inputs: INPUTS, roundSize: ROUND })
  const { counts, failures } = figures
  t.ok(figures.inputs >= INPUTS, `${figures.inputs} inputs, ${corpusInputs().length} of them from the corpus`)
  t.deepEqual(failures, [], 'nothing was found')
  t.equal(figures.processesLost, 0, 'no process was lost')
  t.equal(figures.budgetOverruns, 0, `at most ${figures.most} RTCPeerConnections at one time`)
  t.ok(counts.awaited > INPUTS / 100, `${counts.awaited} inputs were replies that the node waited for`)
  t.ok(counts.unsent < INPUTS / 10, `${counts.unsent} inputs could not be sent`)
  for (const answer of ['reply', '201', '203', '204', '301', '302', 'frame', 'report 404']) {
    t.ok((counts.answers[answer] ?? 0) > 0, `${counts.answers[answer]} answers: ${answer}`)
  }
})

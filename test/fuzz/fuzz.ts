/** Fuzzes a node in rounds. After each its state is checked; after a failure it begins anew with another process. */

import { DEFAULT_LIMITS } from '../../src/limits.js'
import { watchProcess } from '../helpers/nodes.js'
import { type AttackCounts, createCounts } from './attack.js'
import { findGrowth, heapGrowth } from './check.js'
import { corpusInputs, SAMPLE_SIZE, sampleInputs } from './inputs.js'
import { minimise, type Sent } from './minimise.js'
import type { Holdings } from './node-process.js'
import { writeFailure } from './report.js'
import { type Finding, Session } from './session.js'

/** A failure that goes on is not worth more. */
const MAX_FAILURES = 5
/** The last inputs before a process ended, among which is the one that ended it. */
const SUSPECTS = 4 * SAMPLE_SIZE

/** So that every input is read: the limits of what one stranger may send would drop most of them. */
export const NO_LIMITS = { limits: withoutLimits() }

export interface FuzzOptions {
  seed: number
  /** It ends after so many inputs, or… */
  inputs?: number
  /** … after so many seconds. */
  seconds?: number
  /** Inputs from one check to the next. */
  roundSize?: number
  /** Options of the fuzzed node. Default: no limits of what one connection may send. */
  options?: Record<string, unknown>
  /** Whether the input that a failure is made of is looked for and written to a file. Default: true. */
  minimises?: boolean
  /** Failures after which it ends. Default: 5. */
  maxFailures?: number
  /** Whether it begins with all that ever hurt, as it was. Default: true. */
  replaysCorpus?: boolean
  onRound?: (figures: FuzzFigures, holdings: Holdings) => void
  onFailure?: (failure: FuzzFailure) => void
}

export interface FuzzFigures {
  seed: number
  inputs: number
  seconds: number
  rounds: number
  counts: AttackCounts
  /** Searches and stores of the fuzzed node itself. */
  searched: number
  /** `RTCPeerConnection`s that it made, and the most that it had at one time. */
  made: number
  most: number
  processesLost: number
  budgetOverruns: number
  /** Bytes, from the first rounds to the last. */
  heapGrowth: number
  /** Bytes after each round, since the process began. */
  heaps: number[]
  failures: FuzzFailure[]
}

/** What went wrong, somewhere in a range of inputs. */
export interface FuzzFailure extends Finding {
  from: number
  to: number
  /** Says more. */
  file: string | null
}

export async function fuzz(given: FuzzOptions): Promise<FuzzFigures> {
  const { options = NO_LIMITS, onRound } = given
  const roundSize = Math.max(SAMPLE_SIZE, given.roundSize ?? 10_000)
  const figures = createFigures(given.seed)
  const start = performance.now()
  const { crashes, stop } = watchProcess()
  let session = await Session.start(options, figures.counts)
  let made = 0
  try {
    for (let index = 0; !isOver(given, figures); ) {
      const from = index
      const size = Math.min(roundSize, (given.inputs ?? Number.POSITIVE_INFINITY) - figures.inputs)
      const replayed = from === 0 && given.replaysCorpus !== false ? corpusInputs() : []
      const round = new Round(given.seed, from, replayed)
      const finding = (await session.send(round.take(size))) ?? (await session.check())
      index = round.next
      figures.inputs += round.sent.length
      figures.rounds++
      figures.seconds = (performance.now() - start) / 1000
      note(figures, session.holdings, made)
      const harmed = crashes.splice(0).map(crash => `a node that behaves was harmed: ${crash}`)
      const all = concat(finding, [...harmed, ...findGrowth(figures.heaps)])
      onRound?.(figures, session.holdings)
      if (!all) continue
      made = figures.made
      await session.stop()
      const file = given.minimises === false ? null : await explain(given.seed, all, round.sent, options)
      const failure = { ...all, from, to: index, file }
      figures.failures.push(failure)
      given.onFailure?.(failure)
      if (all.kind === 'lost') figures.processesLost++
      figures.heaps = []
      session = await Session.start(options, figures.counts)
    }
  } finally {
    stop()
    await session.stop()
  }
  return figures
}

/** The inputs of a round, made as they are needed, and kept for the case that they do harm. */
class Round {
  readonly sent: Sent[]
  /** The index of the input that comes next. */
  next: number
  readonly #seed: number

  constructor(seed: number, from: number, replayed: Sent['input'][]) {
    this.#seed = seed
    this.next = from
    this.sent = replayed.map(input => ({ input, index: null }))
  }

  *take(size: number) {
    for (const { input } of [...this.sent]) yield input
    while (this.sent.length < size) {
      for (const input of sampleInputs(this.#seed, this.next)) {
        this.sent.push({ input, index: this.next++ })
        yield input
      }
    }
  }
}

function createFigures(seed: number): FuzzFigures {
  return {
    seed,
    inputs: 0,
    seconds: 0,
    rounds: 0,
    counts: createCounts(),
    searched: 0,
    made: 0,
    most: 0,
    processesLost: 0,
    budgetOverruns: 0,
    heapGrowth: 0,
    heaps: [],
    failures: []
  }
}

function isOver({ inputs, seconds, maxFailures }: FuzzOptions, figures: FuzzFigures): boolean {
  if (figures.failures.length >= (maxFailures ?? MAX_FAILURES)) return true
  if (inputs !== undefined) return figures.inputs >= inputs
  return figures.seconds >= (seconds ?? 60)
}

/** @param before what was made by processes that are gone */
function note(figures: FuzzFigures, holdings: Holdings, before: number): void {
  const { made, most, overruns } = holdings.peerConnections
  figures.heaps.push(holdings.heap)
  figures.heapGrowth = Math.max(figures.heapGrowth, heapGrowth(figures.heaps))
  figures.made = before + made
  figures.most = Math.max(figures.most, most)
  figures.budgetOverruns += overruns
  figures.searched = Math.max(figures.searched, holdings.searched)
}

function concat(finding: Finding | null, more: string[]): Finding | null {
  if (finding) return { ...finding, problems: [...finding.problems, ...more] }
  return more.length > 0 ? { kind: 'state', problems: more } : null
}

async function explain(
  seed: number,
  finding: Finding,
  sent: Sent[],
  options: Record<string, unknown>
): Promise<string> {
  const suspects = finding.kind === 'lost' ? sent.slice(-SUSPECTS) : sent
  return writeFailure(seed, finding, await minimise(suspects, finding, seed, options))
}

function withoutLimits(): Record<string, number> {
  return Object.fromEntries(Object.keys(DEFAULT_LIMITS).map(name => [name, 1e12]))
}

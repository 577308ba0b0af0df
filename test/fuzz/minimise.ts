/** Finds out which inputs a failure is made of: fewer and fewer of them, and then less of the one that is left. */

import fc from 'fast-check'
import { type Input, inputs, placeOfInput } from './inputs.js'
import { type Finding, Session } from './session.js'

/** Milliseconds that are spent on it. */
const PATIENCE = 120_000
/** A few inputs are sent so many times over: some hurt only at the right moment. */
const REPETITIONS = 40
const FEW = 20

/** An input and where it comes from; what comes from the corpus has no index. */
export interface Sent {
  input: Input
  index: number | null
}

export interface Minimised {
  inputs: Sent[]
  /** The input that is left, made as small as possible; `null` if it is not a single one. */
  smallest: Input | null
}

/** @param finding what the inputs led to */
export async function minimise(
  candidates: Sent[],
  { kind }: Finding,
  seed: number,
  options: Record<string, unknown>
): Promise<Minimised> {
  const end = Date.now() + PATIENCE
  const fails = (sent: readonly Input[]) => failsWith(sent, kind, options)
  const left = await narrow(candidates, sent => fails(sent.map(({ input }) => input)), end)
  const [only, ...others] = left
  if (!only || others.length > 0) return { inputs: left, smallest: null }
  if (only.index === null) return { inputs: left, smallest: only.input }
  const isHarmless = fc.asyncProperty(inputs, async input => !(await fails([input])))
  const timeLimit = Math.max(1, end - Date.now())
  const shrunk = await fc.check(isHarmless, {
    ...placeOfInput(seed, only.index),
    numRuns: 1,
    interruptAfterTimeLimit: timeLimit
  })
  return { inputs: left, smallest: shrunk.counterexample?.[0] ?? only.input }
}

/** Goes on with a half that fails by itself, as long as there is one. */
async function narrow(all: Sent[], fails: (sent: Sent[]) => Promise<boolean>, end: number): Promise<Sent[]> {
  let left = all
  while (left.length > 1 && Date.now() < end) {
    const middle = left.length >> 1
    const halves = [left.slice(middle), left.slice(0, middle)]
    let failing: Sent[] | undefined
    for (const half of halves) if (!failing && (await fails(half))) failing = half
    if (!failing) break
    left = failing
  }
  return left
}

/** Whether inputs lead to a failure of a kind, in a node that has seen nothing else. */
async function failsWith(
  sent: readonly Input[],
  kind: Finding['kind'],
  options: Record<string, unknown>
): Promise<boolean> {
  const session = await Session.start(options)
  try {
    const times = sent.length <= FEW ? REPETITIONS : 1
    const all = Array.from({ length: times }, () => sent).flat()
    const finding = (await session.send(all)) ?? (await session.check())
    return finding?.kind === kind
  } finally {
    await session.stop()
  }
}

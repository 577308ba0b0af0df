/** How a node in a process of its own bears what strangers may send: processes lost, budgets exceeded, memory kept. */

import { type FuzzFailure, type FuzzFigures, fuzz } from '../../test/fuzz/fuzz.js'

const ROUND = 20_000

export interface FuzzMeasurement {
  seed: number
  inputs: number
  /** Inputs of each kind: queries, replies that the node waits for, HTTP requests, … */
  byKind: Record<string, number>
  /** What the node answered: replies, and errors by their code. */
  answers: Record<string, number>
  /** Inputs that answered a query which the node waited for. */
  awaitedReplies: number
  /** Processes of the node that ended by themselves, or hung. */
  processesLost: number
  /** Moments at which there were more `RTCPeerConnection`s than allowed. */
  budgetOverruns: number
  /** `RTCPeerConnection`s that the node made. */
  connectionsMade: number
  /** Rounds after which the node was not as before it, served nobody or had lost its process. */
  failures: FuzzFailure[]
  rounds: number
  seconds: number
  inputsPerSecond: number
  /** In bytes, from the first rounds to the last. */
  heapGrowth: number
}

/** Sends mutated messages, descriptions and HTTP requests to a node. A process that is lost is replaced. */
export async function measureFuzz({
  inputs,
  seed
}: {
  inputs: number
  seed: number
}): Promise<FuzzMeasurement> {
  const figures = await fuzz({ inputs, seed, roundSize: ROUND, onRound: printProgress })
  const { counts, failures, rounds, seconds } = figures
  return {
    seed,
    inputs: figures.inputs,
    byKind: counts.byKind,
    answers: counts.answers,
    awaitedReplies: counts.awaited,
    processesLost: figures.processesLost,
    budgetOverruns: figures.budgetOverruns,
    connectionsMade: figures.made,
    failures,
    rounds,
    seconds,
    inputsPerSecond: figures.inputs / seconds,
    heapGrowth: figures.heapGrowth
  }
}

/** It takes minutes: a line shows that it goes on. */
function printProgress({ inputs, seconds }: FuzzFigures): void {
  console.error(`fuzz: ${inputs} inputs in ${Math.round(seconds)} s`)
}

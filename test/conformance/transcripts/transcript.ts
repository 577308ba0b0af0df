/** A transcript of the conformance kit, as conformance/README.md describes it. */

/** A value in JSON: text or `{hex}` for bytes, a signal, or what stands for something that A has chosen. */
export type Value = null | string | number | Value[] | { [key: string]: Value }
export type Values = Record<string, Value>

/** What a neighbour does, or the application of A. */
export type Cue = { at: number } & (
  | { from: string; t: Value; query: string; args: Values }
  | { from: string; t: Value; reply: Values }
  | { from: string; t: Value; error: number }
  | { from: string; closes: true }
  | { from: string; silent: true }
  | { from: string; opens: true }
  | { wants: string }
)

/** What A has to do. */
export type Due = { at: number | [from: number, to: number]; to: string } & (
  | { t: Value; query: string; args: Values }
  | { t: Value; reply: Values }
  | { t: Value; error: number }
  | { closes: true }
)

export interface Transcript {
  name: string
  must: string[]
  neighbours: string
  /** Whom a neighbour names in each reply to `find_node`. */
  names?: Record<string, string>
  /** Seconds since 1970 at 0. */
  epoch?: number
  steps: (Cue | Due)[]
}

export function isDue(step: Cue | Due): step is Due {
  return 'to' in step
}

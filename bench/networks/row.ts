/** A row of the table of networks. */

export interface Row {
  /** The word that chooses it: `npm run bench -- networks dial`. */
  readonly name: string
  /** Whether it needs network namespaces. */
  readonly needsBed: boolean
  readonly what: string
  /** What the code did before it knew of networks. Measured then, with the same testbed; not measured again. */
  readonly before: string
  readonly wanted: string
  measure(): Promise<Finding>
}

export interface Finding {
  readonly now: string
  /** Whether it is what is wanted; `null` where nothing is. */
  readonly isMet: boolean | null
  /** Of how many, and under which conditions. */
  readonly conditions: string
}

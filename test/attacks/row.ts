/** What an attack comes to: one line of the table that `npm run bench:attacks` prints. */
export interface AttackRow {
  attack: string
  /** What the measurements are, with their units. */
  measured: string
  wanted: string
  isAsWanted: boolean
}

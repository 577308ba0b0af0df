/** What one attack comes to: a row of the table. */

export interface Row {
  attack: string
  /** What was seen. */
  figure: string
  wanted: string
}

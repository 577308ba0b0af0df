/** The result of `leave`: how many values others have now. */

/** The result of `leave`. */
export interface HandedOver {
  /** How many values were stored here. */
  values: number
  /** How many of them at least one of the nodes closest to their keys has now. */
  safe: number
}

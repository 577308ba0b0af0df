/** The members of a room, as applications see them. */

/** A member of a room. */
export interface Member<Presence = unknown> {
  /** The id of its node, in hex. */
  readonly id: string
  /** What it says of itself, as JSON has it. */
  readonly presence: Presence
  /** Whether it has proven its id. */
  readonly isProven: boolean
}

/** Who gets a message: a member, or several, by themselves or by id. */
export type Receivers = Member | string | readonly (Member | string)[]

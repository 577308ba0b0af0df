/** An error that the person at the terminal can put right: shown as one line, without a stack. */

export class UserError extends Error {}

/** A command that was typed wrong: how to type it is shown as well. */
export class UsageError extends UserError {}

/** The types of `dht.invite` and `dht.accept`. */

import type { Abortable } from '../abort-signals.js'
import type { Bytes } from '../bytes.js'

export interface InviteOptions {
  /** Aborting it makes the invitation, or the answer to one, void until a node is connected. */
  signal?: Abortable | undefined
  /** Milliseconds that the invitation, or the answer to one, can be used: 1,000 to 2,147,483,647. Default: 600,000. */
  lifetime?: number | undefined
}

/** An invitation for one node. */
export interface Invitation {
  /** The text to pass on: some 270 characters, base64url. */
  readonly text: string
  /** When it becomes void, as `Date.now()` gives it. */
  readonly expiresAt: number
  /** A link to a page, with the text in its fragment: browsers do not send that to the server. @param page its absolute URL; another one is `EINVAL` */
  link(page: string): string
  /**
   * Takes the answer, or a text with it, and connects. An answer to another invitation leaves this one as it is.
   *
   * @returns the id of the node that is connected now
   * @throws WebTorrentDHTError `EINVAL` for what is no answer to it; `ETIMEDOUT` once it is void; `ENOTPROVEN`; `ECONNFAILED`; `ECLOSED`
   */
  accept(answer: string): Promise<Bytes>
}

/** An invitation that was accepted. */
export interface AcceptedInvitation {
  /** The answer to pass back; empty if the two nodes are connected already. */
  readonly text: string
  /** When it becomes void, as `Date.now()` gives it. */
  readonly expiresAt: number
  /**
   * Resolves with the id of the other node once it is connected. It rejects with `ETIMEDOUT` if the answer is not used in time, with
   * `ECLOSED`, or the reason of the signal.
   */
  readonly whenConnected: Promise<Bytes>
}

/** Invitations: two people who exchange two texts are in one network, without any server. */

import { type Signal, signal } from '@preact/signals'
import type { Invitation, WebTorrentDHT } from 'webtorrent-dht'
import { duration } from '../text.js'
import { fragmentOf } from './link-fragment.js'
import { isOpenToOthers, linkTo } from './page-address.js'
import { type Result, UserError } from './result.js'

/** What a link to this page has before the invitation. */
export const INVITATION = 'invitation'

const CONNECTED: Result = { tone: 'success', text: 'Connected. Both of you are in the DHT.' }

/** Makes invitations, one at a time. */
export class Inviting {
  /** A link to this page with the invitation in it; empty if there is none. */
  readonly link = signal('')
  readonly #dht: WebTorrentDHT
  #invitation: Invitation | undefined
  #abort = new AbortController()

  constructor(dht: WebTorrentDHT) {
    this.#dht = dht
  }

  /** Makes an invitation. The one before it is void. */
  async invite(): Promise<Result> {
    this.#abort.abort()
    this.#abort = new AbortController()
    this.#invitation = await this.#dht.invite({ signal: this.#abort.signal })
    const { text, expiresAt } = this.#invitation
    this.link.value = linkTo(`${INVITATION}=${text}`)
    const lifetime = duration(expiresAt - Date.now())
    const isHere = !isOpenToOthers()
    const given = isHere
      ? 'The link opens on this machine only. To somebody elsewhere give the text alone, which they paste into a page of theirs,'
      : 'Give the link to one person,'
    return {
      tone: 'success',
      ...(isHere && { copy: { label: 'text alone', value: text } }),
      text: `${given} within ${lifetime}. It tells them this device’s addresses. What they give back goes into “Their answer”.`
    }
  }

  /** Connects to whoever has answered the invitation. @throws UserError if it is no answer */
  async connect(typed: string): Promise<Result> {
    if (!this.#invitation)
      throw new UserError('Make an invitation first. What you paste here is the answer to it.')
    const answer = typed.trim()
    if (answer === '') throw new UserError('Paste the answer that you were given.')
    await this.#invitation.accept(answer)
    this.#invitation = undefined
    this.link.value = ''
    return CONNECTED
  }
}

/** Accepts invitations. */
export class Accepting {
  /** The answer to the last invitation; empty where there is none, or no need for one. */
  readonly answer: Signal<string> = signal('')
  readonly #dht: WebTorrentDHT

  constructor(dht: WebTorrentDHT) {
    this.#dht = dht
  }

  /**
   * Accepts an invitation, or a link with one in it.
   *
   * @param onConnected told when the other has taken the answer, or why that was too late
   * @throws UserError
   */
  async accept(typed: string, onConnected: (connected: Promise<Result>) => void): Promise<Result> {
    const invitation = fragmentOf(typed, INVITATION) ?? typed.trim()
    if (invitation === '') throw new UserError('Paste an invitation, or the link that you were given.')
    const { text, whenConnected } = await this.#dht.accept(invitation)
    this.answer.value = text
    onConnected(this.#waitFor(text, whenConnected))
    return {
      tone: 'working',
      text: 'Give the answer back to whoever has invited you. It tells them this device’s addresses. Waiting until they have it …'
    }
  }

  async #waitFor(answer: string, connected: Promise<unknown>): Promise<Result> {
    try {
      await connected
      return CONNECTED
    } finally {
      if (this.answer.value === answer) this.answer.value = ''
    }
  }
}

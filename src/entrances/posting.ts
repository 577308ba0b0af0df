/** A POST request whose connection is made while its body is. */

/** The part of a response that counts. */
export interface PostResponse {
  status: number
  isRedirect: boolean
  /** Where it redirects to. Pages are not told. */
  location: string | null
  /** As far as it is as long as an answer. */
  body: string
}

export interface Posting {
  /**
   * Settles once the body can be sent: over HTTPS, once the server has proved who it is. Where the platform does not say so, it settles
   * at once. Rejects as `fetch` does.
   */
  readonly connected: Promise<void>
  /** Sends the body. Rejects as `fetch` does. */
  send(body: string): Promise<PostResponse>
  /** Lets go of the request. */
  abort(): void
}

export interface PostSettings {
  /** Lets go of the request. */
  signal: AbortSignal
  /** Whether it has a connection of its own, which serves no other request. Pages do not say. */
  isAlone?: boolean
}

/** Begins a request. */
export type BeginPost = (url: string, settings: PostSettings) => Posting

/** An answer with its JSON escapes and extensions. */
export const MAX_ANSWER_BYTES = 32 * 1024
/** A simple request: a browser asks no permission first (CORS). */
export const POST_HEADERS = { 'content-type': 'text/plain' }

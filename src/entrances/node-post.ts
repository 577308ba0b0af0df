/** POST requests in Node.js. `fetch` connects only once the body is there; `node:http` connects at once. */

import { type ClientRequest, request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { Socket } from 'node:net'
import {
  type BeginPost,
  MAX_ANSWER_BYTES,
  POST_HEADERS,
  type PostResponse,
  type PostSettings
} from './posting.js'

/** The Fetch standard, section 2.9: ports of other protocols, to which nobody must have us send requests. */
const BAD_PORTS = new Set(
  '1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080'.split(
    ' '
  )
)

export const beginNodePost: BeginPost = (url, settings) => {
  const { signal } = settings
  let attempt = new Attempt(url, settings)
  return {
    connected: attempt.connected,
    async send(body) {
      const response = await attempt.send(body).catch((error: unknown) => {
        if (!attempt.isStale || signal.aborted) throw error
        attempt = new Attempt(url, settings)
        return attempt.send(body)
      })
      return response
    },
    abort: () => attempt.abort()
  }
}

class Attempt {
  readonly connected: Promise<void>
  readonly #request: ClientRequest
  readonly #failed: Promise<never>
  #isConnected = false
  #isSent = false

  constructor(url: string, { signal, isAlone }: PostSettings) {
    const isSecure = url.startsWith('https:')
    const { port } = new URL(url)
    const options = { method: 'POST', headers: POST_HEADERS, ...(isAlone && { agent: false }) }
    const request = (isSecure ? requestSecure : requestPlain)(url, options)
    this.#request = request
    this.#failed = new Promise((_, reject) => {
      const fail = (cause: unknown) => reject(signal.aborted ? signal.reason : toFetchError(cause))
      request.on('error', fail)
      const letGo = () => request.destroy(new Error('aborted'))
      if (signal.aborted) letGo()
      else signal.addEventListener('abort', letGo)
      request.once('close', () => signal.removeEventListener('abort', letGo))
    })
    if (BAD_PORTS.has(port)) request.destroy(new Error('bad port'))
    const connected = new Promise<void>(resolve => {
      request.once('socket', socket => whenConnected(socket, isSecure, resolve))
    }).then(() => {
      this.#isConnected = true
    })
    this.#failed.catch(() => {}) // there may be nobody that waits for it
    this.connected = Promise.race([connected, this.#failed])
    this.connected.catch(() => {})
  }

  /** Whether the server has closed a connection that waited for its request: another one may do. */
  get isStale(): boolean {
    return this.#isConnected && (this.#request.reusedSocket || !this.#isSent)
  }

  async send(body: string): Promise<PostResponse> {
    await this.connected
    // By the next turn of the event loop it is known what the server did meanwhile.
    await Promise.race([this.#failed, new Promise(resolve => setImmediate(resolve))])
    this.#isSent = true
    const response = new Promise<PostResponse>((resolve, reject) => {
      this.#request.once('response', message => {
        const { statusCode: status = 0, headers } = message
        const isRedirect = status >= 300 && status < 400
        const done = (body: Buffer) =>
          resolve({ status, isRedirect, location: headers.location ?? null, body: body.toString() })
        readText(message).then(done, ({ read, cause }: Cut) => {
          if (status === 200) reject(toFetchError(cause))
          else done(read) // the status counts, whatever becomes of the text
        })
      })
    })
    this.#request.setHeader('content-length', Buffer.byteLength(body))
    this.#request.end(body)
    return Promise.race([response, this.#failed])
  }

  abort(): void {
    this.#request.destroy()
  }
}

/** A text that was cut off. */
interface Cut {
  read: Buffer
  cause: unknown
}

function readText(message: NodeJS.ReadableStream & { destroy(): unknown }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const read = () => Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES)
    message.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length <= MAX_ANSWER_BYTES) return
      resolve(read())
      message.destroy()
    })
    message.on('end', () => resolve(read()))
    message.on('error', (cause: unknown) => reject({ read: read(), cause } satisfies Cut))
    message.on('close', () => reject({ read: read(), cause: new Error('closed') } satisfies Cut))
  })
}

/** A socket of an earlier request is connected already. */
function whenConnected(socket: Socket, isSecure: boolean, done: () => void): void {
  const { secureConnecting } = socket as Socket & { secureConnecting?: boolean }
  if (socket.connecting || secureConnecting) socket.once(isSecure ? 'secureConnect' : 'connect', done)
  else done()
}

/** As `fetch` has it: see failures.ts. */
function toFetchError(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause })
}

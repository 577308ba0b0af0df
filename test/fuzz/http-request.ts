/** HTTP requests of all kinds, written by hand: what a node's server and Node.js's own parser have to bear. */

import { connect } from 'node:net'
import { editBytes } from './edits.js'
import { type Input, makeBody } from './inputs.js'
import type { Sender } from './messages.js'

/** Milliseconds that an answer is waited for; a request that is not whole gets none. */
const PATIENCE = 300
const METHODS = [
  'GET',
  'OPTIONS',
  'PUT',
  'HEAD',
  'DELETE',
  'PATCH',
  'post',
  'CONNECT',
  'TRACE',
  'QUERY',
  'X',
  ''
]
const PATHS = [
  '/',
  '/join',
  '*',
  'http://127.0.0.1/',
  '//',
  '/%',
  '/?a=b',
  `/${'x'.repeat(20_000)}`,
  '/../..',
  ' ',
  ''
]
const HEADERS = [
  'Host: 127.0.0.1',
  'Content-Type: text/plain',
  'Connection: close',
  'Connection: Upgrade\r\nUpgrade: websocket',
  'Expect: 100-continue',
  'Expect: x',
  'Origin: https://example.org',
  'Transfer-Encoding: gzip',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Content-Length: 5, 6',
  `X: ${'x'.repeat(20_000)}`,
  'X\0: y',
  ': x',
  'X: \xff\xfe',
  'X: a\r\n b',
  Array.from({ length: 100 }, (_, i) => `X${i}: ${i}`).join('\r\n')
]

/** How a body is sent: which bytes follow the head, and whether the request ends there. */
const FRAMINGS: ((body: Buffer) => { header: string; body: Buffer; isWhole: boolean })[] = [
  body => ({ header: `Content-Length: ${body.length}`, body, isWhole: true }),
  body => ({ header: `Content-Length: ${body.length}`, body, isWhole: true }),
  body => ({ header: 'Transfer-Encoding: chunked', body: chunked(body), isWhole: true }),
  body => ({
    header: `Content-Length: ${body.length}`,
    body: body.subarray(body.length / 2),
    isWhole: false
  }),
  body => ({ header: `Content-Length: ${body.length + 9}`, body, isWhole: false }),
  body => ({ header: `Content-Length: ${body.length >> 1}`, body, isWhole: true }),
  body => ({ header: 'Transfer-Encoding: chunked', body, isWhole: false }),
  body => ({ header: 'Transfer-Encoding: chunked', body: chunked(body).subarray(0, -5), isWhole: false }),
  body => ({ header: `Content-Length: 6\r\nTransfer-Encoding: chunked`, body: chunked(body), isWhole: true }),
  body => ({ header: 'X: y', body, isWhole: true }),
  () => ({ header: 'Content-Length: 20000', body: Buffer.alloc(20_000, '['), isWhole: true }),
  () => ({ header: 'Transfer-Encoding: chunked', body: chunked(Buffer.alloc(20_000, '{')), isWhole: true })
]

const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T

/** Sends a request, and hangs up once there is an answer, or none to be expected. Says whether any byte was sent. */
export function sendRequest(place: string, input: Input, sender: Sender): Promise<boolean> {
  const { bytes, isWhole } = makeRequest(input, sender)
  return send(place, bytes, isWhole)
}

/** Posts a body as it should be. */
export function sendPost(place: string, body: string): Promise<boolean> {
  const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
  return send(place, Buffer.from(head + body), true)
}

function makeRequest(input: Input, sender: Sender): { bytes: Buffer; isWhole: boolean } {
  const { which, client, by } = input
  const { header, body, isWhole } = at(FRAMINGS, by % 4 === 0 ? by >> 2 : 0)(makeBody(input, sender))
  const method = client % 8 === 0 ? at(METHODS, client >> 3) : 'POST'
  const path = client % 8 === 1 ? at(PATHS, client >> 3) : '/'
  const more = client % 8 === 2 ? `\r\n${at(HEADERS, client >> 3)}` : ''
  const version = client === 255 ? 'HTTP/9.9' : 'HTTP/1.1'
  const head = Buffer.from(`${method} ${path} ${version}\r\nHost: a\r\n${header}${more}\r\n\r\n`, 'latin1')
  const bytes = Buffer.concat([which % 32 === 0 ? editBytes(head, input.edits, body) : head, body])
  return { bytes: which === 255 ? Buffer.concat([bytes, bytes]) : bytes, isWhole }
}

function send(place: string, bytes: Buffer, isWhole: boolean): Promise<boolean> {
  return new Promise(resolve => {
    const port = Number(place.split(':')[1])
    let isSent = false
    const socket = connect(port, '127.0.0.1', () => {
      isSent = true
      socket.write(bytes, () => {
        if (!isWhole) socket.resetAndDestroy()
      })
    })
    socket.setTimeout(PATIENCE, () => socket.destroy())
    socket.on('data', () => socket.destroy()) // an answer, or the beginning of one
    socket.on('error', () => {}) // the node hung up
    socket.on('close', () => resolve(isSent))
  })
}

function chunked(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])
}

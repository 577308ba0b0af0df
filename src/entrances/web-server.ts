/** Makes the server of `node:http`, or that of `node:https` where there is a certificate. */

import { createServer, type Server, type ServerOptions } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Certificate } from './certificate.js'
import { checkPair } from './certificate-pair.js'

export interface WebServerOptions extends ServerOptions {
  requestTimeout: number
  /** Gives the current certificate; `null`: plain HTTP. */
  tls: (() => Certificate) | null
  /** Called when a certificate cannot be used; the one before stays. */
  onBadCertificate(thrown: unknown): void
}

export interface WebServer {
  readonly server: Server
  /** Takes the certificate for the first time. @throws what `node:tls` throws for one that cannot be used */
  prepare(): void
  /** Calls back with each new socket, and with the one that takes its place after the TLS handshake. */
  onSocket(callback: (socket: Socket, former: Socket | undefined) => void): void
}

export function createWebServer({ tls, onBadCertificate, ...options }: WebServerOptions): WebServer {
  if (!tls) {
    const server = createServer(options)
    return {
      server,
      prepare: () => {},
      onSocket: callback => void server.on('connection', socket => callback(socket, undefined))
    }
  }
  const server = createSecureServer({ ...options, handshakeTimeout: options.requestTimeout })
  let used: Certificate | null = null
  const renew = () => {
    const current = tls()
    if (current.cert === used?.cert && current.key === used.key) return
    used = current
    const pems = { cert: toPem(current.cert), key: toPem(current.key) }
    checkPair(pems)
    server.setSecureContext(pems)
  }
  server.prependListener('connection', () => {
    try {
      renew()
    } catch (error) {
      onBadCertificate(error)
    }
  })
  return { server, prepare: renew, onSocket: callback => watchHandshakes(server, callback) }
}

/** A TLS socket does not say which socket it has taken over: their port is the same. */
function watchHandshakes(server: Server, callback: (socket: Socket, former: Socket | undefined) => void) {
  const shaking = new Map<string, Socket>()
  const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
  server.on('connection', socket => {
    const name = nameOf(socket)
    shaking.set(name, socket)
    socket.once('close', () => shaking.get(name) === socket && shaking.delete(name))
    callback(socket, undefined)
  })
  server.on('secureConnection', socket => {
    const former = shaking.get(nameOf(socket))
    shaking.delete(nameOf(socket))
    callback(socket, former)
  })
}

function toPem(pem: string | Uint8Array): string | Buffer {
  return typeof pem === 'string' ? pem : Buffer.from(pem)
}

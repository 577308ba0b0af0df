/** The servers of a testbed that are not the project's: STUN, DNS, and the page of a captive portal. One process at each host. */

import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { isIP, isIPv4 } from 'node:net'
import { serve } from './agent.js'
import { answerQuestion } from './dns-message.js'
import { answerBinding } from './stun-message.js'

const DNS_PORT = 53
const STUN_PORTS = [3478, 19302]

/** What to say of a name: addresses, or one function for all names. */
let names: Record<string, readonly string[]> = {}
/** What every name leads to, in place of that. */
let everyName: readonly string[] | null = null

const services = {
  /** Answers STUN binding requests at the usual ports. @param delay milliseconds until it does */
  async stun({ addresses, delay = 0 }: { addresses: string[]; delay?: number }): Promise<void> {
    for (const address of addresses) {
      for (const port of STUN_PORTS) {
        await listen(address, port, (message, { address: host, port: source }) => {
          const answer = answerBinding(message, host, source)
          return answer && { answer, delay }
        })
      }
    }
  },

  async dns({ addresses }: { addresses: string[] }): Promise<void> {
    for (const address of addresses) {
      await listen(address, DNS_PORT, message => {
        const answer = answerQuestion(message, name => everyName ?? names[name.toLowerCase()])
        return answer && { answer, delay: 0 }
      })
    }
  },

  /** What the DNS server says from now on. @param every what all names lead to, as before the login at a captive portal */
  async setNames(given: { names: Record<string, readonly string[]>; every?: string[] }): Promise<void> {
    names = given.names
    everyName = given.every ?? null
  },

  /** Answers every HTTP request with a page, or a redirection to one. */
  async portal({
    address,
    port,
    status
  }: {
    address: string
    port: number
    status: 200 | 302
  }): Promise<void> {
    const server = createServer((_, response) => {
      const headers =
        status === 302 ? { location: 'http://portal.example/' } : { 'content-type': 'text/html' }
      response.writeHead(status, headers).end('<html>Please log in.</html>')
    })
    server.listen(port, address)
    await once(server, 'listening')
  }
}

export type Services = typeof services

type Answerer = (message: Buffer, from: RemoteInfo) => { answer: Buffer; delay: number } | null | undefined

async function listen(address: string, port: number, answerTo: Answerer): Promise<void> {
  if (!isIP(address)) throw new TypeError(`${address} is no address`)
  const socket = createSocket(isIPv4(address) ? 'udp4' : 'udp6')
  socket.on('message', (message, from) => {
    const reply = answerTo(message, from)
    if (!reply) return
    const send = () => socket.send(reply.answer, from.port, from.address)
    if (reply.delay > 0) setTimeout(send, reply.delay)
    else send()
  })
  socket.bind(port, address)
  await once(socket, 'listening')
}

serve(services)

/** Somebody holds as many sockets of a bootstrap node as it can: slow bodies, or nothing at all. Do honest newcomers get in? */

import { connect, type Socket } from 'node:net'
import { createNode, destroyAll, eventually, placeOf } from '../helpers/nodes.js'
import { postFrom } from '../helpers/raw-client.js'
import { createNewcomer, timeToJoin } from './newcomer.js'
import type { AttackRow } from './row.js'

const SLOW_BODY = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{'

export interface SlowHttpSettings {
  /** Loopback addresses of the attacker. */
  addresses: number
  /** Sockets that it opens anew whenever one is closed. */
  sockets: number
  /** Whether it sends the beginning of a request on each. */
  hasBody: boolean
  /** Honest requests. */
  requests: number
}

export interface SlowHttp {
  /** Honest requests that were not read and judged. */
  refused: number
  /** Milliseconds for a node to join before the attack, and under it; `null`: not at all. */
  joinBefore: number | null
  joinDuring: number | null
}

export async function runSlowHttp({
  addresses,
  sockets,
  hasBody,
  requests
}: SlowHttpSettings): Promise<SlowHttp> {
  const node = await createNode({ exemptLocal: false })
  const url = `http://${placeOf(node)}/`
  const joinBefore = await join()
  const open = new Set<Socket>()
  let opened = 0
  let isOver = false
  const hold = (number: number): void => {
    if (isOver) return
    const localAddress = `127.0.0.${2 + (number % addresses)}`
    const socket = connect({ port: node.address().port, host: '127.0.0.1', localAddress })
    open.add(socket)
    socket.on('connect', () => {
      opened++
      if (hasBody) socket.write(SLOW_BODY)
    })
    socket.on('error', () => {})
    socket.on('data', () => {})
    socket.on('close', () => {
      open.delete(socket)
      setImmediate(hold, number)
    })
  }
  for (let i = 0; i < sockets; i++) hold(i)
  await eventually(() => opened >= sockets)
  let refused = 0
  for (let i = 0; i < requests; i++) {
    const status = await postFrom('127.0.1.1', url, '{}').then(({ status }) => status, String)
    if (status !== 400) refused++
  }
  const joinDuring = await join()
  isOver = true
  for (const socket of open) socket.destroy()
  await destroyAll(node)
  return { refused, joinBefore, joinDuring }

  async function join(): Promise<number | null> {
    const newcomer = createNewcomer(node, '127.0.1.2')
    const time = await timeToJoin(newcomer)
    await destroyAll(newcomer)
    return time
  }
}

/** Rows of the table of attacks. */
export async function slowHttp(): Promise<AttackRow[]> {
  const rows: AttackRow[] = []
  for (const [hasBody, addresses] of [
    [true, 1],
    [true, 8],
    [false, 8]
  ] as const) {
    const requests = 40
    const { refused, joinBefore, joinDuring } = await runSlowHttp({
      addresses,
      sockets: 600,
      hasBody,
      requests
    })
    rows.push({
      attack: `${hasBody ? 'slow bodies' : 'idle TCP'}, ${addresses} address${addresses > 1 ? 'es' : ''}`,
      measured: `${refused} of ${requests} refused; join ${joinDuring ?? 'never'} ms, without ${joinBefore} ms`,
      wanted: '0 refused; join at most 2 times the time without',
      isAsWanted: refused === 0 && joinDuring !== null && joinDuring <= 2 * (joinBefore ?? 0)
    })
  }
  return rows
}

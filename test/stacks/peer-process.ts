/** The small peers of this folder: each is a process that is told what to do, and says what has happened. */

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { within } from '../helpers/nodes.js'
import type { Subject } from './subject.js'

/** Milliseconds: a peer tries three times, each time for 5 s. */
const PATIENCE = 30_000

export class PeerProcess implements Subject {
  id = ''
  readonly #process: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #said: Record<string, string>[] = []
  #wake: () => void = () => {}

  /** Starts a peer, and waits until it has joined. */
  static async start(command: readonly string[]): Promise<PeerProcess> {
    const peer = new PeerProcess(command)
    try {
      peer.id = await peer.#says('joined')
      return peer
    } catch (error) {
      await peer.close()
      throw error
    }
  }

  private constructor([program = '', ...args]: readonly string[]) {
    this.#process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#exited = new Promise(resolve => this.#process.once('exit', resolve))
    createInterface(this.#process.stdout as NodeJS.ReadableStream).on('line', line => {
      this.#said.push(JSON.parse(line))
      this.#wake()
    })
  }

  introduce(id: string): Promise<string> {
    this.#do({ introduce: id })
    return this.#says('introduced')
  }

  met(id: string): Promise<string> {
    return this.#says('met', id)
  }

  route(id: string): Promise<string> {
    this.#do({ route: id })
    return this.#says('routed')
  }

  dial(text: string): Promise<string> {
    this.#do({ dial: text })
    return this.#says('dialled')
  }

  close(): Promise<unknown> {
    this.#process.kill()
    return this.#exited
  }

  #do(command: object): void {
    this.#process.stdin?.write(`${JSON.stringify(command)}\n`)
  }

  /** Waits for the value that the peer prints under a name. @param value the one to wait for; left out: the first */
  #says(name: string, value?: string): Promise<string> {
    const find = () => this.#said.map(line => line[name]).find(said => said && (!value || said === value))
    const said = new Promise<string>(resolve => {
      const look = () => {
        const found = find()
        if (found) resolve(found)
      }
      this.#wake = look
      look()
    })
    return within(`'${name}'`, said, PATIENCE)
  }
}

/** Processes that are driven over IPC: `{call, method, args}` gets `{call, result}` or `{call, error}`. */

import { type ChildProcess, fork } from 'node:child_process'

/** Seconds are enough for every call; what takes longer has gone wrong. */
const CALL_TIMEOUT = 120_000
/** Milliseconds for a process to end when it is asked to. */
const DESTROY_TIMEOUT = 5000

/** What a lookup found. Times are in milliseconds. */
export interface Found {
  /** The ports of the peers, in the order in which they were found. */
  ports: number[]
  /** The ids of the peers that have one, in hex. */
  ids: string[]
  /** Until the first peer; `null` if there was none. */
  first: number | null
  /** Until the lookup was over. */
  milliseconds: number
}

/** What a node says when it is ready. */
export interface Started {
  /** In hex. */
  id: string
  /** Nodes in its routing table at `'ready'`. */
  nodes: number
  /** From its making to `'ready'`. */
  milliseconds: number
  /** Where its HTTP server listens; 0 without one. */
  port?: number
}

export interface ChildOptions {
  /** Arguments for Node.js. */
  execArgv?: string[]
  /** A command that ends in running the one which is added to it: `['ip', 'netns', 'exec', 'name']`, for example. */
  through?: string[]
}

interface Answer {
  call?: number
  result?: unknown
  error?: string
  event?: string
  message?: string
}

export class Child {
  /** What went wrong in it without ending it: exceptions and `'error'` events. */
  readonly faults: string[] = []
  /** Settles when the process has ended. */
  readonly exited: Promise<{ code: number | null; signal: string | null }>
  readonly #process: ChildProcess
  readonly #calls = new Map<number, (answer: Answer) => void>()
  #lastCall = 0

  /** @param module the file to run */
  constructor(module: string, { execArgv = [], through = [] }: ChildOptions = {}) {
    const [execPath = process.execPath, ...args] = [...through, process.execPath, ...execArgv]
    this.#process = fork(module, { execPath, execArgv: args, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#process.on('message', (answer: Answer) => this.#answered(answer))
    this.exited = new Promise(resolve => {
      this.#process.once('exit', (code, signal) => {
        for (const settle of this.#calls.values()) settle({ error: `the process ended: ${code ?? signal}` })
        resolve({ code, signal })
      })
    })
  }

  /** The number of the process. */
  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** Calls a method in the process. Rejects if that throws, or the process ends, or nothing comes back in time. */
  call<Result>(method: string, ...args: unknown[]): Promise<Result> {
    const call = ++this.#lastCall
    return new Promise((resolve, reject) => {
      const settle = ({ result, error }: Answer) => {
        clearTimeout(timer)
        this.#calls.delete(call)
        if (error === undefined) resolve(result as Result)
        else reject(new Error(`${method}: ${error}`))
      }
      const timer = setTimeout(() => settle({ error: 'no answer' }), CALL_TIMEOUT)
      this.#calls.set(call, settle)
      if (!this.#process.connected) return settle({ error: 'the process has ended' })
      this.#process.send({ call, method, args }, error => error && settle({ error: error.message }))
    })
  }

  /** Ends the process at once, as a crash would. */
  kill(): Promise<unknown> {
    this.signal('SIGKILL')
    return this.exited
  }

  /** Sends the process a signal: `SIGSTOP` takes its time away, and `SIGCONT` gives it back. */
  signal(name: NodeJS.Signals): void {
    this.#process.kill(name)
  }

  /** Asks the process to destroy its nodes and end; ends it if it does not. */
  async destroy(): Promise<void> {
    const timer = setTimeout(() => this.kill(), DESTROY_TIMEOUT)
    this.call('destroy').catch(() => {}) // it may be gone already
    await this.exited
    clearTimeout(timer)
  }

  #answered(answer: Answer): void {
    if (answer.event === 'fault') this.faults.push(answer.message ?? '')
    if (answer.call !== undefined) this.#calls.get(answer.call)?.(answer)
  }
}

/** Serves calls in the process. */
export function serve(methods: Record<string, (...args: never[]) => unknown>): void {
  process.on('message', async ({ call, method, args }: { call: number; method: string; args: never[] }) => {
    let answer: Answer
    try {
      answer = { call, result: (await methods[method]?.(...args)) ?? null }
    } catch (error) {
      answer = { call, error: error instanceof Error ? error.message : String(error) }
    }
    if (process.connected) process.send?.(answer)
  })
}

/** Reads commands from the terminal or a pipe and has them run one after the other. */

import { createInterface } from 'node:readline'
import type { Display } from './display.js'

export interface InputOptions {
  display: Display
  /** For completion with the tab key. */
  names: string[]
  run: (line: string) => Promise<void>
  /** Asked for by Ctrl-C, or by the end of the input. */
  stop: () => void
}

/** Starts reading. Returns what ends it. */
export function readCommands({ display, names, run, stop }: InputOptions): () => void {
  const isInteractive = Boolean(process.stdin.isTTY && process.stdout.isTTY)
  const lines = createInterface({
    input: process.stdin,
    ...(isInteractive && { output: process.stdout }),
    terminal: isInteractive,
    historySize: 200,
    removeHistoryDuplicates: true,
    completer: (line: string) => [names.filter(name => name.startsWith(line)).map(name => `${name} `), line]
  })
  let queue = Promise.resolve()
  let hasCommands = false
  let isClosed = false

  lines.on('line', line => {
    if (line.trim() === '') return display.redraw()
    hasCommands = true
    // Who types quit does not want to wait; in a script it is the last step.
    if (isInteractive && line.trim() === 'quit') return stop()
    queue = queue.then(() => (isClosed ? undefined : run(line)))
  })
  lines.on('SIGINT', stop)
  lines.on('close', () => {
    if (isClosed) return
    if (process.stdin.isTTY) stop()
    else if (hasCommands) queue.then(stop)
    // Else there is no input, as in a service: go on.
  })
  if (isInteractive) display.attach(lines)

  return () => {
    if (isClosed) return
    isClosed = true
    display.detach()
    lines.close()
  }
}

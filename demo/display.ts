/**
 * The terminal: lines that stay, and below them, on a terminal, a line about what is going on and the prompt, both of which
 * are redrawn whenever something is printed above. What is being typed is never lost.
 */

import { clearScreenDown, cursorTo, type Interface, moveCursor } from 'node:readline'
import { paint, printable, seconds } from '../src/cli/text.js'

const FRAMES = ['⠋', '⠙', '⠸', '⠴', '⠦', '⠇']
const FRAME_TIME = 150
/** What is over sooner is not worth a line. */
const SHOWN_AFTER = 300
/** Where lines cannot be updated, new ones come after this time and then every so often. */
const PLAIN_LINE_AFTER = 1000
const PLAIN_LINE_EVERY = 5000

export class Display {
  readonly #output = process.stdout
  #prompt: Interface | null = null
  #isFooterDrawn = false
  #status = ''

  /** Keeps this prompt at the bottom from now on. */
  attach(prompt: Interface): void {
    this.#prompt = prompt
    // After Enter the line stays where it is, and output goes below it.
    prompt.on('line', () => {
      this.#isFooterDrawn = false
    })
    this.redraw()
  }

  /** Shows the prompt again, after an empty line for example. */
  redraw(): void {
    this.#eraseFooter()
    this.#drawFooter()
  }

  /** Leaves what was typed so far where it is and shows no prompt any more. */
  detach(): void {
    if (this.#prompt && this.#isFooterDrawn) this.#output.write('\n')
    this.#prompt = null
    this.#isFooterDrawn = false
  }

  print(text = ''): void {
    this.#eraseFooter()
    this.#output.write(`${printable(text)}\n`)
    this.#drawFooter()
  }

  /** Shows what is going on for as long as it goes on, with the time that it takes. */
  async during<T>(text: string | (() => string), work: Promise<T>): Promise<T> {
    const started = Date.now()
    const describe = () => (typeof text === 'string' ? text : text())
    const timer = this.#output.isTTY ? this.#animate(describe, started) : this.#report(describe, started)
    try {
      return await work
    } finally {
      clearInterval(timer)
      if (this.#status !== '') this.#setStatus('')
    }
  }

  #animate(describe: () => string, started: number): NodeJS.Timeout {
    return setInterval(() => {
      const elapsed = Date.now() - started
      if (elapsed < SHOWN_AFTER) return
      const frame = FRAMES[Math.floor(elapsed / FRAME_TIME) % FRAMES.length]
      this.#setStatus(paint('yellow', `${frame} ${describe()} … ${seconds(elapsed)}`))
    }, FRAME_TIME)
  }

  #report(describe: () => string, started: number): NodeJS.Timeout {
    let next = PLAIN_LINE_AFTER
    return setInterval(() => {
      const elapsed = Date.now() - started
      if (elapsed < next) return
      next += PLAIN_LINE_EVERY
      this.print(`… ${describe()}: ${seconds(elapsed)}`)
    }, PLAIN_LINE_AFTER / 4)
  }

  #setStatus(status: string): void {
    this.#eraseFooter()
    this.#status = printable(status)
    this.#drawFooter()
  }

  #eraseFooter(): void {
    if (!this.#isFooterDrawn) return
    this.#isFooterDrawn = false
    moveCursor(this.#output, 0, -(this.#prompt?.getCursorPos().rows ?? 0))
    cursorTo(this.#output, 0)
    clearScreenDown(this.#output)
    // readline would go up by the rows that it remembers, which are wrong anyway where typing has wrapped round.
    if (this.#prompt) Object.assign(this.#prompt, { prevRows: 0 })
  }

  #drawFooter(): void {
    if (this.#prompt) {
      this.#prompt.setPrompt(this.#status === '' ? '> ' : `${this.#status}\n> `)
      this.#prompt.prompt(true)
      this.#isFooterDrawn = true
    } else if (this.#output.isTTY && this.#status !== '') {
      this.#output.write(this.#status)
      this.#isFooterDrawn = true
    }
  }
}

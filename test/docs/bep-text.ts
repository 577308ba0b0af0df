/** bep.md as tests read it: its tables, its examples in bytes, and the two descriptions that these stand on. */

import { readFileSync } from 'node:fs'

export interface Example {
  /** `Query`, `Reply`, `Error` or `Frame`. */
  kind: string
  /** The method or the code, where the caption names it. */
  what: string | undefined
  caption: string
  bytes: Buffer
}

export const text = readFileSync(new URL('../../../bep.md', import.meta.url), 'utf8')

const [offer = '', answer = ''] = Array.from(text.matchAll(/^```sdp\n(.*?)^```$/gms), ([, lines = '']) =>
  lines.replaceAll('\n', '\r\n')
)
/** What `{offer}` and `{answer}` stand for. */
export const DESCRIPTIONS = { offer, answer }

export const examples: readonly Example[] = [
  ...text.matchAll(/^\*((Query|Reply|Error|Frame)(?: `?(\w+))?[^*]*)\*\n\n```bencode\n(.*?)\n```$/gms)
].map(([, caption = '', kind = '', what, block = '']) => ({ caption, kind, what, bytes: readBytes(block) }))

/** The rows of the table with these headings, each a list of its cells. */
export function tableOf(...headings: string[]): string[][] {
  const head = `| ${headings.join(' | ')} |\n`
  const start = text.indexOf(head)
  if (start < 0) throw new Error(`bep.md has no table with the headings ${headings.join(', ')}`)
  const [, , ...rows] = text.slice(start).split(/\n\n/, 1)[0]?.split('\n') ?? []
  return rows.map(row =>
    row
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim())
  )
}

/** The names in a cell that are written as code. */
export function namesIn(cell = ''): string[] {
  return Array.from(cell.matchAll(/`(\w+)`/g), ([, name = '']) => name)
}

/** JSON in which `{offer}` and `{answer}` stand for the descriptions. */
export function jsonOf(line: string): string {
  return line.replace(/"\{(offer|answer)\}"/g, (_, name: keyof typeof DESCRIPTIONS) =>
    JSON.stringify(DESCRIPTIONS[name])
  )
}

/** Line breaks and the spaces after them are for reading only; `\x0d` is the byte with that number. */
function readBytes(block: string): Buffer {
  const escaped = block.replace(/\n */g, '')
  const latin1 = escaped.replace(/\\x([0-9a-f]{2})/g, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16))
  )
  const whole = latin1.replace(
    /\{(offer|answer)\}/g,
    (_, name: keyof typeof DESCRIPTIONS) => DESCRIPTIONS[name]
  )
  return Buffer.from(whole, 'latin1')
}

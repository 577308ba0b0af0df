/** bep.md and its companions as tests read them: their tables, their examples in bytes, and the two descriptions that these stand on. */

import { readFileSync } from 'node:fs'

export interface Example {
  /** `Query`, `Reply`, `Error` or `Frame`. */
  kind: string
  /** The method or the code, where the caption names it. */
  what: string | undefined
  caption: string
  bytes: Buffer
}

const read = (name: string) => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8')

export const CORE = 'bep.md'
const core = read(CORE)
/** The companions, in the order of their table in bep.md: the path of each, and its text. */
export const companions: ReadonlyMap<string, string> = new Map(
  Array.from(core.matchAll(/^\| \[[^\]]*\]\((docs\/beps\/[^)#]*)\)/gm), ([, name = '']) => [name, read(name)])
)
export const documents: ReadonlyMap<string, string> = new Map([[CORE, core], ...companions])
/** All of them, one after the other. */
export const text = [...documents.values()].join('\n')

const [offer = '', answer = ''] = Array.from(text.matchAll(/^```sdp\n(.*?)^```$/gms), ([, lines = '']) =>
  lines.replaceAll('\n', '\r\n')
)
/** What `{offer}` and `{answer}` stand for. */
export const DESCRIPTIONS = { offer, answer }

export const examples: readonly Example[] = [
  ...text.matchAll(/^\*((Query|Reply|Error|Frame)(?: `?(\w+))?[^*]*)\*\n\n```bencode\n(.*?)\n```$/gms)
].map(([, caption = '', kind = '', what, block = '']) => ({ caption, kind, what, bytes: readBytes(block) }))

/** The rows of all tables with these headings, each row a list of its cells. */
export function tableOf(...headings: string[]): string[][] {
  return tableIn(text, ...headings)
}

export function tableIn(document: string, ...headings: string[]): string[][] {
  const head = `\n| ${headings.join(' | ')} |\n`
  const [, ...tables] = document.split(head)
  if (tables.length === 0) throw new Error(`There is no table with the headings ${headings.join(', ')}`)
  return tables.flatMap(table => {
    const [, ...rows] = table.split(/\n\n/, 1)[0]?.trimEnd().split('\n') ?? []
    return rows.map(row =>
      row
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim())
    )
  })
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

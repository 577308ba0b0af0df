/** Markdown tables, and the few numbers that go into them. */

import { cpus, platform, totalmem } from 'node:os'

export type Cell = string | number

/** A table as Markdown, with its columns aligned. */
export function formatTable(header: string[], rows: Cell[][]): string {
  const lines = [header, ...rows].map(row => row.map(String))
  const widths = header.map((_, i) => Math.max(3, ...lines.map(row => (row[i] ?? '').length)))
  const format = (row: string[]) =>
    `| ${widths.map((width, i) => (row[i] ?? '').padEnd(width)).join(' | ')} |`
  const [head = [], ...body] = lines
  return [format(head), format(widths.map(width => '-'.repeat(width))), ...body.map(format)].join('\n')
}

/** What the measurements ran on. No date: the same machine gives the same line. */
export function describeMachine(): string {
  const processors = cpus()
  const model = processors[0]?.model.trim() || 'unknown CPU'
  const memory = Math.round(totalmem() / 2 ** 30)
  return `Node.js ${process.version}, ${processors.length} × ${model}, ${memory} GiB, ${platform()}`
}

export function median(numbers: number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** The number below which this share of them lies: `quantile(times, 0.9)`. */
export function quantile(numbers: number[], part: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}

export function percent(part: number, whole: number): string {
  const share = (100 * part) / whole
  return `${Number.isInteger(share) ? share : share.toFixed(1)} % (${part} of ${whole})`
}

export function milliseconds(number: number): string {
  return Number.isNaN(number) ? '–' : `${number < 10 ? number.toFixed(1) : Math.round(number)} ms`
}

export function fixed(number: number, digits = 1): string {
  return Number.isFinite(number) ? number.toFixed(digits) : '–'
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

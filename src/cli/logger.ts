/** The log of a serving node: one JSON object a line, by pino, or a line for people. */

import pino, { type Logger } from 'pino'
import type { Settings } from './settings.js'
import { visible } from './text.js'

export type { Logger } from 'pino'

export function createLogger({ logFormat, logLevel }: Pick<Settings, 'logFormat' | 'logLevel'>): Logger {
  const options = {
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) }
  }
  if (logFormat === 'json') return pino(options, pino.destination({ fd: 1, sync: true }))
  return pino(options, { write: record => void process.stdout.write(toLine(record)) })
}

/** `12:34:56 warn  text name=value`. Strangers' words may be in it. */
function toLine(record: string): string {
  const { level, time, msg, ...fields }: Record<string, unknown> = JSON.parse(record)
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${show(value)}`)
  const clock = String(time).slice(11, 19)
  return `${clock} ${String(level).padEnd(5)} ${visible(String(msg ?? ''))}${visible(rest.join(''))}\n`
}

function show(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/-]+$/.test(value) ? value : JSON.stringify(value)
}

/** What the product does in the networks that people have: one table, row by row. `npm run bench -- networks [rows]`. */

import { messageOf } from '../../src/errors.js'
import { prepareForBeds } from '../../test/networks/machine.js'
import { formatTable } from '../table.js'
import { blocked } from './blocked.js'
import { dial } from './dial.js'
import { joining } from './joining.js'
import { outage } from './outage.js'
import type { Finding, Row } from './row.js'
import { server } from './server.js'
import { slow } from './slow.js'
import { stun } from './stun.js'
import { swarm } from './swarm.js'
import { symmetric } from './symmetric.js'
import { udpPort } from './udp-port.js'
import { webTorrent } from './webtorrent.js'

const ROWS: readonly Row[] = [
  stun,
  dial,
  joining,
  slow,
  outage,
  swarm,
  symmetric,
  blocked,
  webTorrent,
  server,
  udpPort
]

/** @param names of rows; all without any @returns the table as Markdown, with the conditions of each row below it */
export async function measureNetworks(names: readonly string[]): Promise<string> {
  const unknown = names.find(name => !ROWS.some(row => row.name === name))
  if (unknown !== undefined)
    throw new Error(`no row '${unknown}'; there are ${ROWS.map(row => row.name).join(', ')}`)
  const rows = names.length > 0 ? ROWS.filter(row => names.includes(row.name)) : ROWS
  const whyNoBed = rows.some(row => row.needsBed) ? await prepareForBeds() : null
  const findings: [row: Row, finding: Finding][] = []
  for (const row of rows) findings.push([row, await measureRow(row, whyNoBed)])
  return [
    '### The networks that people have',
    formatTable(
      ['', 'before', 'now', 'wanted', 'met'],
      findings.map(([{ what, before, wanted }, { now, isMet }]) => [what, before, now, wanted, sayMet(isMet)])
    ),
    findings.map(([{ name }, { conditions }]) => `- \`${name}\`: ${conditions}`).join('\n')
  ].join('\n\n')
}

/** A row that cannot be measured does not take the others with it. */
async function measureRow(row: Row, whyNoBed: string | null): Promise<Finding> {
  const startedAt = performance.now()
  let finding: Finding
  try {
    if (row.needsBed && whyNoBed !== null) throw new Error(`no testbed: ${whyNoBed}`)
    finding = await row.measure()
  } catch (error) {
    console.error(error)
    finding = { now: 'not measured', isMet: false, conditions: firstLine(messageOf(error)) }
  }
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  console.error(`${row.name}: ${finding.now} (${finding.conditions}; measured in ${seconds} s)`)
  return finding
}

function sayMet(isMet: boolean | null): string {
  if (isMet === null) return '–'
  return isMet ? 'yes' : 'no'
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}

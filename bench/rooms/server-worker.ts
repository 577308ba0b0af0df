/** What two tabs meet over, in a process of its own: a bootstrap node, or a tracker. */

import type WebTorrentDHT from '../../src/index.js'
import { serve } from '../../test/helpers/child.js'
import { createNode, placeOf } from '../../test/helpers/nodes.js'
import { startTracker } from '../../test/helpers/tracker.js'

export type ServerKind = 'bootstrap node' | 'tracker'

let node: WebTorrentDHT | undefined

/** @returns where it is, as pages name it */
async function start(kind: ServerKind): Promise<string> {
  if (kind === 'tracker') return (await startTracker()).url
  node = await createNode()
  return placeOf(node)
}

/** Milliseconds of CPU time that the process has used. */
function cpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function destroy(): void {
  if (node) node.destroy(() => process.exit())
  else process.exit()
}

serve({ start, cpu, destroy })

/** A process of short-lived clients for `connects.ts`: each joins over HTTP, asks one thing and leaves. */

import { serve } from '../../test/helpers/child.js'
import { RawClient } from '../../test/helpers/raw-client.js'

/** @returns why some did not get in or got no reply, with how many these were */
async function comeAndGo(place: string, count: number, atOnce: number): Promise<Record<string, number>> {
  let left = count
  const failures: Record<string, number> = {}
  const work = async () => {
    while (left-- > 0) {
      await comeAndGoOnce(place).catch(error => {
        const reason = error instanceof Error ? error.message : String(error)
        failures[reason] = (failures[reason] ?? 0) + 1
      })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return failures
}

async function comeAndGoOnce(place: string): Promise<void> {
  const client = await RawClient.connect(place)
  try {
    await client.query('ping')
  } finally {
    await client.close()
  }
}

process.on('disconnect', () => setTimeout(() => process.exit(0), 2000).unref())
serve({ comeAndGo, destroy: () => process.disconnect() })

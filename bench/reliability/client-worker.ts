/** A process of short-lived clients for `connects.ts`: each joins over HTTP, asks one thing and leaves. */

import { serve } from '../../test/helpers/child.js'
import { RawClient } from '../../test/helpers/raw-client.js'

/** @returns how many did not get in, or got no reply */
async function comeAndGo(place: string, count: number, atOnce: number): Promise<number> {
  let left = count
  let failed = 0
  const work = async () => {
    while (left-- > 0) {
      await comeAndGoOnce(place).catch(() => failed++)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return failed
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

/** Runs a measurement when its file is what Node.js was told to run, so that each can be tried alone. */

import { pathToFileURL } from 'node:url'
import { describeMachine } from '../table.js'

/**
 * @param url `import.meta.url` of the file
 * @param measure gives the numbers
 * @param format makes a table of them
 */
export async function runAlone<Result>(
  url: string,
  measure: () => Promise<Result>,
  format: (result: Result) => string
): Promise<void> {
  if (url !== pathToFileURL(process.argv[1] ?? '').href) return
  console.log(`${describeMachine()}\n`)
  console.log(format(await measure()))
}

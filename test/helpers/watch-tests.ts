/** What would have ended the process while the tests of one file ran. */

import test from 'tape'
import { watchProcess } from './nodes.js'

/**
 * Watches from the next test of this file on; the files before it may throw as they like.
 *
 * @returns what ends it, with a test that nothing came
 */
export function watchTests(): (title: string) => void {
  let watched: ReturnType<typeof watchProcess> | undefined
  test('what would end the process is noted from here on', t => {
    watched = watchProcess()
    t.ok(watched)
    t.end()
  })
  return title =>
    test(title, t => {
      watched?.stop()
      t.deepEqual(watched?.crashes, [])
      t.end()
    })
}

/** The HTTP entrance of pages keeps the promises that the one of Node.js keeps where there is no server. */

import test from 'tape'
import { HttpEntrance as InPage } from '../../src/browser/http-entrance.js'
import { HttpEntrance } from '../../src/entrances/http-entrance.js'
import { resolveOptions } from '../../src/options.js'
import { browserPlatform } from '../../src/platform-browser.js'
import { within } from '../helpers/nodes.js'

const PLACE = [0, '127.0.0.1', false] as const
const options = resolveOptions({ platform: browserPlatform, bootstrap: false })

for (const [where, Entrance] of Object.entries({
  'a page': InPage as unknown as typeof HttpEntrance,
  'Node.js': HttpEntrance
})) {
  const create = (load: () => Promise<void>) => new Entrance(options, { load } as never)

  test(`listen says that there is no server, once WebRTC is loaded, in ${where}`, async t => {
    let loaded = () => {}
    const entrance = create(
      () =>
        new Promise(resolve => {
          loaded = resolve
        })
    )
    let heard: unknown = 'nothing'
    const listening = new Promise<void>(resolve =>
      entrance.once('listening', address => {
        heard = address
        resolve()
      })
    )
    entrance.listen(...PLACE)
    t.throws(() => entrance.listen(...PLACE), { code: 'EINVAL' })
    t.equal(heard, 'nothing')
    loaded()
    await within('listening', listening)
    t.deepEqual([heard, entrance.address], [null, null])
    t.throws(() => entrance.listen(...PLACE), { code: 'EINVAL' })
  })

  test(`a closed entrance says nothing, and does not listen, in ${where}`, async t => {
    const entrance = create(() => Promise.resolve())
    entrance.on('listening', () => t.fail('it listens'))
    entrance.listen(...PLACE)
    await within('close', new Promise<void>(resolve => entrance.close(resolve)))
    t.throws(() => entrance.listen(...PLACE), { code: 'ECLOSED' })
  })

  test(`without WebRTC listen may be called again in ${where}`, async t => {
    const failed = Promise.reject(new Error('no WebRTC'))
    const entrance = create(() => failed)
    entrance.listen(...PLACE)
    await failed.catch(() => {})
    await null // the entrance hears of it as late
    t.doesNotThrow(() => entrance.listen(...PLACE))
    entrance.close(() => {})
  })
}

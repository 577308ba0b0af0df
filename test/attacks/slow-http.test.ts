/** Slow bodies and idle sockets keep no newcomer out. */

import test from 'tape'
import { runSlowHttp } from './slow-http.js'

for (const [hasBody, addresses] of [
  [true, 1],
  [true, 8],
  [false, 8]
] as const) {
  const name = hasBody ? 'slow bodies' : 'idle sockets'
  test(`${name} from ${addresses} address(es) keep nobody out`, async t => {
    const { refused, joinBefore, joinDuring } = await runSlowHttp({
      addresses,
      sockets: 560,
      hasBody,
      requests: 40
    })
    t.equal(refused, 0, 'every honest request is read')
    t.ok(joinDuring, `a node joins in ${joinDuring} ms, without the attack in ${joinBefore} ms`)
  })
}

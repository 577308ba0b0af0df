/** `node --import register.mjs` runs a file of upstream's tests; UPSTREAM_TESTS and UPSTREAM_RELEASE are for hooks.mjs. */

import { register } from 'node:module'

const { UPSTREAM_TESTS: tests, UPSTREAM_RELEASE: release } = process.env
register('./hooks.mjs', import.meta.url, { data: { tests, release } })

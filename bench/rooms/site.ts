/** A page and its scripts on a web server of this machine, which notes what is loaded. */

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { SCRIPTS } from '../../test/tabs/browser.js'

/** By path. */
export type Scripts = Record<string, Uint8Array>

export interface Site {
  url: string
  /** Bytes of the scripts that were loaded so far, each gzipped. */
  countLoaded(): number
  close(): void
}

/** This package, as pages load it. */
export async function readOwnScripts(): Promise<Scripts> {
  const files = { ...SCRIPTS, '/rooms.browser.js': new URL('rooms.browser.js', SCRIPTS['/browser.js']) }
  const read = Object.entries(files).map(async ([path, file]) => [path, await readFile(file)] as const)
  return Object.fromEntries(await Promise.all(read))
}

export async function openSite(page: string, scripts: Scripts): Promise<Site> {
  const loaded = new Set<Uint8Array>()
  const server = createServer(({ url }, response) => {
    const script = scripts[url ?? '']
    if (script) loaded.add(script)
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html')
    response.end(script ?? page)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    countLoaded: () => [...loaded].reduce((sum, script) => sum + gzipSync(script).length, 0),
    close: () => server.close()
  }
}

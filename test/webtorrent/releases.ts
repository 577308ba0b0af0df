/** The releases of WebTorrent that are tested with. Run `install.mjs` first. */

import { fileURLToPath } from 'node:url'

export interface Release {
  name: string
  /** Where it is installed, among the others. */
  folder: string
  /** The bundle for pages. */
  bundle: URL
  /** The entry in Node.js. */
  module: URL
}

const installed = new URL('../../../test/webtorrent/node_modules/', import.meta.url)

export const WEBTORRENT_2: Release = describe('2.8.5', 'webtorrent-2')
export const WEBTORRENT_3: Release = describe('3.0.21', 'webtorrent-3')

function describe(name: string, folder: string): Release {
  return {
    name: `WebTorrent ${name}`,
    folder,
    bundle: new URL(`${folder}/dist/webtorrent.min.js`, installed),
    module: new URL(`${folder}/index.js`, installed)
  }
}

/** Where something that WebTorrent depends on is installed. */
export function pathOf(file: string): string {
  return fileURLToPath(new URL(file, installed))
}

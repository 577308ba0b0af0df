/** Turns places in the bundle that airtap serves, as stacks have them, into places in the sources. */

import { SourceMap } from 'node:module'
import { isAbsolute, relative, resolve } from 'node:path'
import { root } from '../../scripts/setup.mjs'

const PLACE_IN_BUNDLE = /https?:\/\/[\w.:]+\/airtap\/test\.js:(\d+):(\d+)/g
const INLINE_MAP = /\/\/# sourceMappingURL=data:application\/json;[^,]*base64,([\w+/=]+)\s*$/

export class SourcePlaces {
  #bundle = []
  #map

  /** A browserify plugin that keeps what is bundled. */
  plugin = browserify => {
    browserify.on('bundle', output => {
      this.#bundle = []
      output.on('data', chunk => this.#bundle.push(chunk))
    })
  }

  translate(text) {
    return text.replace(PLACE_IN_BUNDLE, (place, line, column) => {
      this.#map ??= this.#read()
      const { originalSource, originalLine, originalColumn } = this.#map.findEntry(line - 1, column - 1)
      if (originalSource === undefined) return place
      const file = isAbsolute(originalSource) ? originalSource : resolve(root, originalSource)
      return `${relative(root, file)}:${originalLine + 1}:${originalColumn + 1}`
    })
  }

  #read() {
    const [, map] =
      INLINE_MAP.exec(Buffer.concat(this.#bundle.map(chunk => Buffer.from(chunk))).toString()) ?? []
    return new SourceMap(
      map ? JSON.parse(Buffer.from(map, 'base64')) : { version: 3, sources: [], mappings: '' }
    )
  }
}

/**
 * Upstream packages as the builds for browsers take them: as modules, and without the methods that the classes of
 * src/faces/ override.
 */

import { readFile } from 'node:fs/promises'

/** Methods, and functions, of which the names stay. */
const UNREACHED = {
  // Nobody but `_onquery` calls the ones that have a query's name.
  'bittorrent-dht/client.js': [
    'toJSON',
    'get',
    'lookup',
    '_onquery',
    '_onfindnode',
    '_ongetpeers',
    '_onannouncepeer',
    '_onget',
    '_onput'
  ],
  'k-rpc/index.js': ['RPC.prototype.clear', 'RPC.prototype._closest'],
  // Messages come as objects, and a query is not in its list.
  'k-rpc-socket/index.js': [
    'function check',
    'function onmessage',
    'RPC.prototype.send',
    'RPC.prototype.query',
    'RPC.prototype.cancel',
    'RPC.prototype._resolveAndQuery'
  ]
}

/** The plugin of esbuild. It fails where upstream is not as it was. */
export const upstream = {
  name: 'upstream',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.js$/ }, async ({ path }) => {
      const code = await readFile(path, 'utf8')
      const file = path.replaceAll('\\', '/').replace(/.*\/node_modules\//, '')
      return { contents: toModule((UNREACHED[file] ?? []).reduce(withoutFunction, code)) }
    })
  }
}

/** The methods that are left out, and whether anything that is left calls them. */
export async function findLeftOut() {
  const lists = Object.entries(UNREACHED).map(async ([file, names]) => {
    const code = await readFile(new URL(`../node_modules/${file}`, import.meta.url), 'utf8')
    const rest = names.reduce(withoutFunction, code)
    return names.map(name => {
      const [method] = name.match(/\w+$/)
      return { file, method, isCalled: rest.includes(`.${method}(`) }
    })
  })
  return (await Promise.all(lists)).flat()
}

/** What closes a function stands as far in as what opens it: upstream is formatted. */
function withoutFunction(code, name) {
  const head = `${name.replaceAll('.', '\\.')}(?: = function)? ?\\([^)]*\\) \\{`
  const pattern = new RegExp(`^( *)(${head})\\n[^]*?\\n\\1\\}$`, 'gm')
  if (code.match(pattern)?.length !== 1) throw new Error(`Upstream has not just one ${name}.`)
  return code.replace(pattern, name.startsWith('function ') ? '$2}' : '')
}

/** A bundler wraps CommonJS in functions, and keeps what it requires and does not use. */
function toModule(code) {
  const module = code
    .replace(/^(?:var|const) (\S+|\{ \w+ \}) = require\(('.+?')\)/gm, 'import $1 from $2;')
    .replace(/^import (\w+) from (.*);(\S+)$/gm, 'import $1$$ from $2; const $1 = $1$$$3')
    .replace(/^module\.exports =/m, 'export default')
  if (/\brequire\(|\bexports\b/.test(module)) throw new Error('Upstream has CommonJS that is not understood.')
  return module
}

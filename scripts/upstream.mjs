/**
 * Upstream packages as the builds for browsers take them: as modules, without the methods that the classes of src/faces/
 * override, without what only browsers need that cannot run the builds (before ES2022), and without simple-peer's lines for
 * `DEBUG=simple-peer`.
 */

import { readFile } from 'node:fs/promises'

/** Methods, and functions, of which the names stay. */
const UNREACHED = {
  // Nobody but `_onquery` calls the ones that have a query's name.
  'bittorrent-dht/client.js': [
    'function ping',
    'toJSON',
    'put',
    '_put',
    '_preput',
    'get',
    'lookup',
    'listen',
    '_onquery',
    '_onfindnode',
    '_ongetpeers',
    '_onannouncepeer',
    '_onget',
    '_onput'
  ],
  'k-rpc/index.js': ['queryAll', 'closest', 'populate', 'clear', '_closest'].map(
    name => `RPC.prototype.${name}`
  ),
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

/** What else is left out. simple-peer's lines for debugging are an eighth of it. */
const LEFT_OUT = {
  // Our routing table has no bucket checked: it emits no `'ping'`.
  'bittorrent-dht/client.js': [/^ {4}\/\/ ensure only \*one\* ping.*?^ {4}\}\)$/gms],
  // Pages do not reach them.
  'k-rpc/index.js': [/^ {2}\{ host: '\w+\.\w+\.com', port: 6881 \},?\n/gm],
  'simple-peer/index.js': [
    /^( *)this\._debug\((.*|\n(.*\n)*?\1)\)$/gm,
    /^ *_debug \(\) \{\n.*?^ {2}\}$/gms,
    // `getStats` with a callback, and the names that its reports had in Chrome before 58 and in Firefox before 53.
    /^ {4}\} else if \(this\._pc\.getStats\.length.*?(?=^ {4}\} else \{)/gms,
    /^ {10}\} else if \((local|remote) && .*?(?=^ {10}\}$)/gms,
    /^ *\(item\.type === 'googCandidatePair'.*\n/gm,
    /item\.type === '(remotecandidate|localcandidate|candidatepair)' \|\| /g
  ]
}

/** The plugin of Rollup. It fails where upstream is not as it was. */
export const upstream = {
  name: 'upstream',
  transform(code, path) {
    const [, file] = path.replaceAll('\\', '/').match(/.*\/node_modules\/(.*\.js)$/) ?? []
    if (file === undefined) return null
    const needed = (LEFT_OUT[file] ?? []).reduce(without, code)
    return { code: toModule((UNREACHED[file] ?? []).reduce(withoutFunction, needed)), map: null }
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

function without(code, pattern) {
  if (code.search(pattern) < 0) throw new Error(`Upstream has no ${pattern}.`)
  return code.replace(pattern, '')
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

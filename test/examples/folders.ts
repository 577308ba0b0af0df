/** The folders of the examples: each runs with the same two commands, and can be read in a few minutes. */

import { readdirSync, readFileSync } from 'node:fs'
import test from 'tape'

const EXAMPLES = new URL('../../../examples/', import.meta.url)
const MAX_LINES = 150
const CODE = /\.([cm]?jsx?|tsx?|html|css|ya?ml)$|^Dockerfile$/
const COMMANDS = '```sh\nnpm install\nnpm start\n```'

const read = (path: string) => readFileSync(new URL(path, EXAMPLES), 'utf8')

export function testFolders(): void {
  const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter(entry => entry.isDirectory())
  const overview = read('README.md')

  for (const { name } of folders) {
    test(`examples/${name} has what each example has`, t => {
      const files = listFiles(name).filter(path => CODE.test(path.slice(path.lastIndexOf('/') + 1)))
      const lines = files.flatMap(path => read(path).trimEnd().split('\n')).length
      t.ok(lines > 0 && lines <= MAX_LINES, `${lines} lines of code, ${MAX_LINES} at most`)

      const { private: isPrivate, scripts, dependencies } = JSON.parse(read(`${name}/package.json`))
      t.ok(isPrivate, 'it is not for the registry')
      t.ok(scripts.start, 'it has the command npm start')
      t.equal(dependencies['webtorrent-dht'], 'file:../..', 'it takes the package of this repository')

      const readme = read(`${name}/README.md`)
      t.ok(readme.includes(COMMANDS), 'its README names the two commands')
      t.ok(readme.includes('](../README.md#'), 'and where to read of a bootstrap node of one’s own')
      t.ok(overview.includes(`](${name}/)`), 'it is in the list of the examples')
      t.end()
    })
  }
}

/** The files of a folder in examples/, those that tools have made left out. */
function listFiles(folder: string): string[] {
  return readdirSync(new URL(folder, EXAMPLES), { withFileTypes: true }).flatMap(entry => {
    if (/^(node_modules|dist|\.next|\.git.*|next-env\.d\.ts)$/.test(entry.name)) return []
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? listFiles(path) : [path]
  })
}

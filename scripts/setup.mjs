/**
 * Makes a fresh clone ready to run: the packages that package-lock.json names, and the compiled TypeScript. It does what is
 * left to do, so a second run is quick. Only Node.js and its npm are needed.
 */

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keepPublicDeclarations } from './public-declarations.mjs'

/** The top of the repository. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** Holds the hash of the package-lock.json that was installed. */
const STAMP = `${root}node_modules/.setup-stamp`
/** What npm says that it installed. */
const INSTALLED = `${root}node_modules/.package-lock.json`
const LOCK = `${root}package-lock.json`
/** Holds the state of the sources that were built. */
const BUILD_STAMP = `${root}build/.setup-stamp`
/** What a build is made of. */
const SOURCES = [
  'src',
  'demo',
  'test',
  'bench',
  'scripts',
  'tsconfig.json',
  'package.json',
  'package-lock.json'
]
/** The last things that a build writes. */
const BUILT = ['dist/index.js', 'dist/browser.js', 'build/demo/node.js', 'build/page/page.js']
/** Milliseconds after which the compiler's work is worth a line. */
const NOTICE_AFTER = 1000

/**
 * Installs and builds what has changed. Where that fails, it says why and ends the process with code 1.
 *
 * @param beforeBuild called once the packages are there, if there is something to build
 */
export async function setUp(beforeBuild = async () => {}) {
  await orExit(installPackages)
  if (isBuilt()) return
  await beforeBuild()
  await orExit(build)
}

/** Runs `npm ci`, unless what it would install is there. @throws Error with npm's own words */
export async function installPackages() {
  checkNodeVersion()
  if (isInstalled()) return
  console.log('Installing the packages in package-lock.json (npm ci), once …')
  const { code, output } = await run(...npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']))
  if (code !== 0) throw new Error(`${withoutUsage(output)}\nnpm ci failed (exit code ${code}).`)
  writeStamp()
}

/**
 * Compiles the package into dist/ and everything, with the tests and the demo, into build/; then bundles the package for
 * browsers, and the demo page. @throws Error with the compiler's words
 */
export async function build() {
  const state = stateOfSources() // as of now: they may change meanwhile
  rmSync(BUILD_STAMP, { force: true })
  const notice = setTimeout(() => console.log('Compiling the TypeScript …'), NOTICE_AFTER)
  try {
    for (const project of ['src', 'src/tsconfig.declarations.json', '.']) await compile(project)
    keepPublicDeclarations()
    // The packages that these import are installed by now.
    const { buildForBrowsers } = await import('./build-browser.mjs')
    const { buildPage } = await import('./build-page.mjs')
    await buildForBrowsers()
    await buildPage()
    writeFileSync(BUILD_STAMP, state)
  } finally {
    clearTimeout(notice)
  }
}

/** Runs a program and collects what it prints. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', text => {
        output += text
      })
    }
    child.once('error', error =>
      reject(new Error(`${command} could not be run: ${error.message}`, { cause: error }))
    )
    child.once('close', (code, signal) => resolve({ code: code ?? signal, output: output.trimEnd() }))
  })
}

/** The command that runs npm: the one that runs this script, else the one on the path. */
export function npm(args) {
  const { npm_execpath: path } = process.env
  if (path && /npm-cli\.c?js$/.test(path)) return [process.execPath, [path, ...args]]
  const isWindows = process.platform === 'win32' // where npm is a batch file, which only a shell can run
  return ['npm', args, { shell: isWindows }]
}

async function compile(project) {
  const tsc = `${root}node_modules/typescript/bin/tsc`
  const { code, output } = await run(process.execPath, [tsc, '-p', project])
  if (code !== 0) throw new Error(`${output}\nThe TypeScript does not compile.`)
}

async function orExit(step) {
  try {
    await step()
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
}

function checkNodeVersion() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const isNewEnough = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)
  if (!isNewEnough) {
    throw new Error(`This is Node.js ${process.versions.node}; 20.19, 22.12 or later is needed.`)
  }
}

function isInstalled() {
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hashOfLock()) return true
  if (!isInstalledAsLocked()) return false
  writeStamp()
  return true
}

/** Whether somebody ran `npm ci` or `npm install` already. A package that is for one kind of machine may be missing. */
function isInstalledAsLocked() {
  if (!existsSync(INSTALLED)) return false
  const { packages: wanted } = JSON.parse(readFileSync(LOCK, 'utf8'))
  const { packages: installed } = JSON.parse(readFileSync(INSTALLED, 'utf8'))
  return Object.entries(wanted).every(([path, { version, optional, os }]) => {
    return path === '' || installed[path]?.version === version || (optional && os && !installed[path])
  })
}

/** npm's error message, without the 80 lines on its options that it may add. */
function withoutUsage(output) {
  const lines = output.split('\n')
  const usage = lines.findIndex(line => /Usage:$/.test(line))
  const log = lines.filter(line => line.includes('complete log'))
  return usage < 0 ? output : [...lines.slice(0, usage), ...log].join('\n')
}

function isBuilt() {
  const isThere = [BUILD_STAMP, ...BUILT.map(file => root + file)].every(existsSync)
  return isThere && readFileSync(BUILD_STAMP, 'utf8') === stateOfSources()
}

/** A hash of the names, sizes and times of the sources. */
function stateOfSources() {
  const hash = createHash('sha256')
  for (const source of SOURCES) hash.update(listFiles(source).join('\n'))
  return hash.digest('hex')
}

/** A line for each file. */
function listFiles(path) {
  const stats = statSync(root + path)
  if (!stats.isDirectory()) return [`${path} ${stats.size} ${stats.mtimeMs}`]
  const names = readdirSync(root + path).filter(name => name !== 'node_modules')
  return names.sort().flatMap(name => listFiles(join(path, name)))
}

function writeStamp() {
  writeFileSync(STAMP, hashOfLock())
}

function hashOfLock() {
  return createHash('sha256').update(readFileSync(LOCK)).digest('hex')
}

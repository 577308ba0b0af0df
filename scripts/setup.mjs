/**
 * Makes a fresh clone ready to run: the packages that package-lock.json names, and the compiled TypeScript; for `npm start` only what it
 * runs. It does what is left to do, so a second run is quick. Only Node.js and its npm are needed.
 */

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { ALL, isBuilt, markBuilt, root, START } from './built.mjs'
import { keepPublicDeclarations } from './public-declarations.mjs'

export { root }

/** Says what was installed. */
const STAMP = `${root}node_modules/.setup-stamp`
/** What npm says that it installed. */
const INSTALLED = `${root}node_modules/.package-lock.json`
const LOCK = `${root}package-lock.json`
/** Milliseconds after which the compiler's work is worth a line. */
const NOTICE_AFTER = 1000

/** Installs and builds what has changed. Where that fails, it says why and ends the process with code 1. */
export async function setUp() {
  await orExit(() => installPackages())
  if (!isBuilt(ALL)) await orExit(build)
}

/**
 * The same with what `npm start` needs alone.
 *
 * @param beforeBuild called once the packages are there, if there is something to build
 */
export async function setUpStart(beforeBuild) {
  await orExit(() => installPackages({ omit: ['--omit=dev'] }))
  if (isBuilt(START)) return
  await beforeBuild()
  console.log('Building the node and its page …')
  await orExit(async () => {
    const { code, output } = await run(process.execPath, [`${root}scripts/build-start.mjs`])
    if (code !== 0) throw new Error(output)
  })
}

/**
 * Runs `npm ci`, unless what it would install is there.
 *
 * @param omit what npm is told to leave out
 * @throws Error with npm's own words
 */
export async function installPackages({ omit = [] } = {}) {
  checkNodeVersion()
  if (isInstalled(omit)) return
  console.log('Installing the packages in package-lock.json (npm ci), once …')
  const { code, output } = await run(...npm(['ci', ...omit, '--no-audit', '--no-fund', '--loglevel=error']))
  if (code !== 0) throw new Error(`${withoutUsage(output)}\nnpm ci failed (exit code ${code}).`)
  writeFileSync(STAMP, stampOf(omit))
}

/**
 * Compiles the package into dist/ and everything, with the tests and the demo, into build/; then bundles the package for
 * browsers, and the demo page. @throws Error with the compiler's words
 */
export async function build() {
  const notice = setTimeout(() => console.log('Compiling, and bundling for browsers …'), NOTICE_AFTER)
  try {
    await markBuilt(ALL, buildAll)
  } finally {
    clearTimeout(notice)
  }
}

async function buildAll() {
  for (const project of ['src', 'src/tsconfig.declarations.json', '.']) await compile(project)
  keepPublicDeclarations()
  // The packages that these import are installed by now.
  const { buildForBrowsers } = await import('./build-browser.mjs')
  const { buildStart } = await import('./build-start.mjs')
  await buildForBrowsers()
  await buildStart()
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

function isInstalled(omit) {
  const stamp = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : ''
  if ([stampOf([]), stampOf(omit)].includes(stamp)) return true
  if (!isInstalledAsLocked(omit)) return false
  writeFileSync(STAMP, stampOf(omit))
  return true
}

/** Whether somebody ran `npm ci` or `npm install` already. A package that is for one kind of machine may be missing. */
function isInstalledAsLocked(omit) {
  if (!existsSync(INSTALLED)) return false
  const { packages: wanted } = JSON.parse(readFileSync(LOCK, 'utf8'))
  const { packages: installed } = JSON.parse(readFileSync(INSTALLED, 'utf8'))
  return Object.entries(wanted).every(([path, { version, optional, os, dev }]) => {
    const mayMiss = path === '' || (dev && omit.length > 0) || (optional && os)
    return installed[path]?.version === version || (mayMiss && !installed[path])
  })
}

/** npm's error message, without the 80 lines on its options that it may add. */
function withoutUsage(output) {
  const lines = output.split('\n')
  const usage = lines.findIndex(line => /Usage:$/.test(line))
  const log = lines.filter(line => line.includes('complete log'))
  return usage < 0 ? output : [...lines.slice(0, usage), ...log].join('\n')
}

/** What was installed: the hash of package-lock.json, and what was left out of it. */
function stampOf(omit) {
  return [createHash('sha256').update(readFileSync(LOCK)).digest('hex'), ...omit].join(' ')
}

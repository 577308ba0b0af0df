/**
 * The browsers that the tests run in: what is installed, else Debian's packages where they may be installed, else, for
 * Chromium on Linux x64, an npm package that ships the binary. `node scripts/browsers.mjs` prints where they are.
 *
 * CHROME_BIN and FIREFOX_BIN name a browser to use. CHROMIUM_FROM and FIREFOX_FROM restrict where one may come from: a list of
 * `installed`, `apt` and `npm`.
 */

import {
  chmodSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createBrotliDecompress } from 'node:zlib'
import { aptInstall, INSTALL_TIMEOUT, isExecutable } from './apt.mjs'
import { npm, root, run } from './setup.mjs'

const SECONDS = 1000
/** `chromium --version` takes a second on a machine that has other things to do. */
const VERSION_TIMEOUT = 30 * SECONDS

/** The newest one that runs in Node.js 20. */
const NPM_CHROMIUM = '@sparticuz/chromium@147.0.0'
const CACHE = join(root, 'node_modules/.cache/chromium')

const BROWSERS = {
  chromium: {
    title: 'Chrome or Chromium',
    override: 'CHROME_BIN',
    sources: 'CHROMIUM_FROM',
    debianPackage: 'chromium',
    leastVersion: 0,
    commands: ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser'],
    apps: ['Google Chrome.app/Contents/MacOS/Google Chrome', 'Chromium.app/Contents/MacOS/Chromium'],
    programs: ['Google\\Chrome\\Application\\chrome.exe', 'Chromium\\Application\\chrome.exe'],
    installers: { installed: findInstalled, apt: installWithApt, npm: installChromiumWithNpm }
  },
  firefox: {
    title: 'Firefox',
    override: 'FIREFOX_BIN',
    sources: 'FIREFOX_FROM',
    debianPackage: 'firefox-esr',
    /** Playwright sends `network.addDataCollector`, which Firefox 140 does not know. */
    leastVersion: 143,
    commands: ['firefox', 'firefox-esr'],
    apps: ['Firefox.app/Contents/MacOS/firefox'],
    programs: ['Mozilla Firefox\\firefox.exe'],
    installers: { installed: findInstalled, apt: installWithApt }
  }
}

/** The paths of the browsers that are installed; `undefined` for one that is not. */
export async function findBrowsers() {
  const [chromium, firefox] = await Promise.all([
    findInstalled(BROWSERS.chromium),
    findInstalled(BROWSERS.firefox)
  ])
  return { chromium, firefox }
}

/**
 * The paths of both browsers, which it installs if it has to.
 *
 * @throws Error with one line that says what to install
 */
export async function ensureBrowsers() {
  return { chromium: await ensure(BROWSERS.chromium), firefox: await ensure(BROWSERS.firefox) }
}

async function ensure(browser) {
  if (process.env[browser.override]) return await findInstalled(browser)
  const sources = process.env[browser.sources]?.split(',') ?? Object.keys(browser.installers)
  const failures = []
  for (const source of sources) {
    const installer = browser.installers[source]
    if (!installer) continue
    try {
      const path = await installer(browser)
      if (path) return path
    } catch (error) {
      failures.push(error.message.trim().split('\n').at(-1))
    }
  }
  const reasons = failures.length > 0 ? ` (${failures.join('; ')})` : ''
  throw new Error(
    `No ${browser.title} to test in: install it, or set ${browser.override} to its path${reasons}.`
  )
}

/** @throws Error if the browser that the user named does not run */
async function findInstalled(browser) {
  const named = process.env[browser.override]
  if (named) {
    if (await runs(named, browser.leastVersion)) return named
    const least = browser.leastVersion > 0 ? `, or is older than ${browser.leastVersion}` : ''
    throw new Error(`${browser.override}=${named} cannot be run${least}`)
  }
  for (const path of usualPlaces(browser)) {
    if (isExecutable(path) && (await runs(path, browser.leastVersion))) return path
  }
  return undefined
}

function usualPlaces({ commands, apps, programs }) {
  const { platform, env } = process
  if (platform === 'darwin') {
    return apps.flatMap(app =>
      ['/Applications', `${homedir()}/Applications`].map(folder => join(folder, app))
    )
  }
  if (platform === 'win32') {
    const folders = [env.ProgramFiles, env['ProgramFiles(x86)'], env.LOCALAPPDATA].filter(Boolean)
    return programs.flatMap(program => folders.map(folder => join(folder, program)))
  }
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean)
  return commands.flatMap(command => folders.map(folder => join(folder, command)))
}

/** Ubuntu has a `chromium-browser` that only says how to install it; so asking for the version is the test. */
async function runs(path, leastVersion) {
  if (process.platform === 'win32') return existsSync(path) // where `--version` opens a window
  try {
    const { code, output } = await run(path, ['--version'], { timeout: VERSION_TIMEOUT })
    const [, version = Number.NaN] = /(\d+)\.\d+/.exec(output) ?? []
    return code === 0 && Number(version) >= leastVersion
  } catch {
    return false // not a program
  }
}

/** @throws Error with apt-get's last words */
async function installWithApt(browser) {
  return (await aptInstall(browser.debianPackage)) ? await findInstalled(browser) : undefined
}

/**
 * The package has the binary, and the libraries that a bare machine lacks, as Brotli files, made for a service that has neither.
 *
 * @throws Error if it cannot be installed, or does not run here
 */
async function installChromiumWithNpm() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  const launcher = join(CACHE, 'chromium')
  if (existsSync(launcher) && (await runs(launcher))) return launcher

  console.log(`Installing ${NPM_CHROMIUM} (npm), once …`)
  rmSync(CACHE, { recursive: true, force: true })
  mkdirSync(CACHE, { recursive: true })
  writeFileSync(join(CACHE, 'package.json'), '{ "private": true }\n') // or npm installs into the repository
  const [command, args, options] = npm([
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error'
  ])
  const { code, output } = await run(command, [...args, NPM_CHROMIUM], {
    ...options,
    cwd: CACHE,
    timeout: INSTALL_TIMEOUT
  })
  if (code !== 0) throw new Error(`npm could not install ${NPM_CHROMIUM}: ${output.split('\n')[0]}`)

  const packed = join(CACHE, 'node_modules/@sparticuz/chromium/bin')
  const binary = join(CACHE, 'chromium-binary')
  await decompress(join(packed, 'chromium.br'), binary)
  chmodSync(binary, 0o755)
  if (!(await runs(binary))) await unpackLibraries(join(packed, 'al2023.tar.br'))
  rmSync(join(CACHE, 'node_modules'), { recursive: true })

  const libraries = join(CACHE, 'lib')
  const environment = existsSync(libraries) ? `LD_LIBRARY_PATH='${libraries}' ` : ''
  writeFileSync(launcher, `#!/bin/sh\n${environment}exec '${binary}' "$@"\n`, { mode: 0o755 })
  if (!(await runs(launcher))) throw new Error(`the Chromium of ${NPM_CHROMIUM} does not run here`)
  return launcher
}

async function unpackLibraries(archive) {
  const tar = join(CACHE, 'libraries.tar')
  await decompress(archive, tar)
  const { code, output } = await run('tar', ['-xf', tar, '-C', CACHE])
  if (code !== 0) throw new Error(output)
  rmSync(tar)
}

async function decompress(from, to) {
  await pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(`${to}.part`))
  renameSync(`${to}.part`, to)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(await ensureBrowsers())
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}

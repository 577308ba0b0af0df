/** Bundles the demo page into `build/page/`, which `npm start` serves: a page, a script, a style sheet and an icon. */

import { copyFile, mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = `${root}demo/page`
const target = `${root}build/page`
/** What needs no bundling. */
const STATIC_FILES = ['index.html', 'favicon.svg']

/** Builds the page. It takes the package from dist/, as its users get it: build that before. */
export async function buildPage() {
  await mkdir(target, { recursive: true })
  await Promise.all([
    bundle(),
    ...STATIC_FILES.map(file => copyFile(`${source}/${file}`, `${target}/${file}`))
  ])
}

async function bundle() {
  await build({
    entryPoints: [
      { in: `${source}/main.tsx`, out: 'page' },
      { in: `${source}/style/page.css`, out: 'page' }
    ],
    outdir: target,
    format: 'esm',
    bundle: true,
    minify: true,
    sourcemap: true,
    platform: 'browser',
    target: 'es2022',
    // Not our tsconfig.json: its paths lead to src/, and this is to be what users of the package get.
    tsconfigRaw: { compilerOptions: { jsx: 'react-jsx', jsxImportSource: 'preact' } },
    alias: { 'node:buffer': createRequire(import.meta.url).resolve('buffer/') },
    legalComments: 'none',
    logLevel: 'warning'
  })
}

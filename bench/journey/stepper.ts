/**
 * A thread that debugs the main thread: it notes the file of each statement between the peer's `'data'` event and the `send` of
 * the reply. Those statements have breakpoints: steps alone lose their way at an `await`, and are slow.
 */

import { type Debugger, type Profiler, Session } from 'node:inspector'
import { parentPort, workerData } from 'node:worker_threads'

/**
 * `learn`: which functions are on the way, from the queries before. Then what is watched: this package alone, or each step, in
 * Node.js and in other packages as well.
 */
export type Order = 'learn' | 'own' | 'all'

/** Where what is debugged was built. */
const build: string = workerData
const PEER = `${build}bench/memory/over-webrtc.js`
const [FIRST, LAST] = ['tell', 'send']

const session = new Session()
/** The frames themselves name their files only on some versions of Node.js. */
const urlOfScript = new Map<string, string>()
let isStepping = false
/** URLs of the files, one for each step; `null` before the first. */
let urls: string[] | null = null

session.connectToMainThread()
session.on('Debugger.scriptParsed', ({ params }) => urlOfScript.set(params.scriptId, params.url))
session.on('Debugger.paused', ({ params }) => paused(params))
parentPort?.on('message', take)
await call('Debugger.enable')
await call('Profiler.enable')
await call('Profiler.startPreciseCoverage', { callCount: false, detailed: false })
parentPort?.postMessage('ready')

async function take(order: Order): Promise<void> {
  if (order === 'learn') await breakOnTheWay()
  isStepping = order === 'all'
  await call('Debugger.setBreakpointsActive', { active: order !== 'learn' })
  parentPort?.postMessage('ready')
}

function paused({ callFrames }: Debugger.PausedEventDataType): void {
  const [frame] = callFrames
  const url = urlOfScript.get(frame?.location.scriptId ?? '') ?? ''
  if (url === PEER && frame?.functionName === FIRST) urls ??= []
  else if (url === PEER && frame?.functionName === LAST && urls) return end(urls)
  else urls?.push(url)
  session.post(urls && isStepping ? 'Debugger.stepInto' : 'Debugger.resume')
}

function end(found: string[]): void {
  parentPort?.postMessage(found)
  urls = null
  session.post('Debugger.setBreakpointsActive', { active: false })
  session.post('Debugger.resume')
}

/** Breakpoints cost time even where they are not hit, so there are none in functions that nobody has called. */
async function breakOnTheWay(): Promise<void> {
  const { result } = await call<Profiler.TakePreciseCoverageReturnType>('Profiler.takePreciseCoverage')
  await call('Profiler.stopPreciseCoverage')
  for (const { scriptId, url, functions } of result) {
    if (!url.startsWith(`${build}src/`) && url !== PEER) continue
    const { scriptSource } = await call<Debugger.GetScriptSourceReturnType>('Debugger.getScriptSource', {
      scriptId
    })
    for (const { ranges } of functions) {
      const [range] = ranges
      if (range && range.count > 0 && range.startOffset > 0) await breakIn(scriptId, scriptSource, range)
    }
  }
}

async function breakIn(scriptId: string, source: string, range: Profiler.CoverageRange): Promise<void> {
  const start = { scriptId, ...placeOf(source, range.startOffset) }
  const end = { scriptId, ...placeOf(source, range.endOffset + 1) } // it may return there
  const { locations } = await call<Debugger.GetPossibleBreakpointsReturnType>(
    'Debugger.getPossibleBreakpoints',
    { start, end }
  )
  for (const { lineNumber, columnNumber } of locations) {
    const location = { scriptId, lineNumber, columnNumber }
    session.post('Debugger.setBreakpoint', { location }, () => {}) // an inner function may have had it
  }
}

function placeOf(source: string, offset: number): { lineNumber: number; columnNumber: number } {
  const lines = source.slice(0, offset).split('\n')
  return { lineNumber: lines.length - 1, columnNumber: lines.at(-1)?.length ?? 0 }
}

function call<Result>(method: string, params: object = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    session.post(method, params, (error, result) => (error ? reject(error) : resolve(result as Result)))
  })
}

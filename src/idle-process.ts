/** Tells whether a process of Node.js has nothing left to do but what native threads may bring. */

/** Resources that keep the process only while they are read. Node.js lists them in any case. */
const STREAMS = ['TCPSocketWrap', 'PipeWrap', 'TTYWrap']

/** Not documented by Node.js; other runtimes may not have it. */
interface ActiveHandles {
  _getActiveHandles?(): { _handle?: { reading?: boolean } | null }[]
}

/** @internal False where that cannot be told. */
export function isOtherwiseIdle(): boolean {
  const handles = (process as ActiveHandles)._getActiveHandles?.()
  const others = process.getActiveResourcesInfo?.().filter(type => !STREAMS.includes(type))
  return others?.length === 0 && handles !== undefined && !handles.some(({ _handle }) => _handle?.reading)
}

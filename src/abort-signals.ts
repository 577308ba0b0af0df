/** Listens to the `AbortSignal`s of applications: also to many at once, and to those of old browsers and polyfills. */

interface Waiting {
  readonly callbacks: Set<() => void>
  readonly listener: () => void
}

/** One listener for all that wait for a signal: Node.js warns of more than ten. */
const waitingFor = new WeakMap<AbortSignal, Waiting>()

/** Calls back when a signal is aborted. @returns a function that ends that */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const waiting = waitingFor.get(signal) ?? createWaiting()
  waitingFor.set(signal, waiting)
  const { callbacks, listener } = waiting
  const call = () => callback()
  if (callbacks.size === 0) signal.addEventListener('abort', listener)
  callbacks.add(call)
  return () => {
    callbacks.delete(call)
    if (callbacks.size === 0) signal.removeEventListener('abort', listener)
  }
}

function createWaiting(): Waiting {
  const callbacks = new Set<() => void>()
  return { callbacks, listener: () => [...callbacks].forEach(call => void call()) }
}

/** Why a signal was aborted. Older ones do not say. */
export function reasonOf({ reason }: AbortSignal): unknown {
  return reason ?? new DOMException('This operation was aborted', 'AbortError')
}

/** @throws the reason of the signal */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw reasonOf(signal)
}

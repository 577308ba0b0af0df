/** Listens to the `AbortSignal`s of applications: also to many at once, and to those of old browsers and polyfills. */

/** An `AbortSignal` of any realm, as far as it is used here: the library of the compiler need not have it. */
export interface Abortable {
  readonly aborted: boolean
  /** The reason of the abort. */
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** An `AbortSignal` that this package gives: that of the library of the compiler, where it has one. */
export type GivenSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } }
  ? Signal
  : Abortable

interface Waiting {
  readonly callbacks: Set<() => void>
  readonly listener: () => void
}

/** One listener for all that wait for a signal: Node.js warns of more than ten. */
const waitingFor = new WeakMap<Abortable, Waiting>()

/** Calls back when a signal is aborted. @returns a function that ends that */
export function onAbort(signal: Abortable, callback: () => void): () => void {
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
export function reasonOf({ reason }: Abortable): unknown {
  return reason ?? new DOMException('This operation was aborted', 'AbortError')
}

/** @throws the reason of the signal */
export function throwIfAborted(signal: Abortable | undefined): void {
  if (signal?.aborted) throw reasonOf(signal)
}

/** Settles as a promise does, or rejects with the reason of the signal. It leaves no listener. */
export function abortable<T>(promise: Promise<T>, signal: Abortable | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(reasonOf(signal))
    if (signal.aborted) abort()
    const stop = onAbort(signal, abort)
    promise.then(resolve, reject).finally(stop)
  })
}

/** @internal */
export function isAbortSignal(value: unknown): value is Abortable {
  if (typeof value !== 'object' || value === null) return false
  const { aborted, addEventListener, removeEventListener } = value as Partial<Abortable>
  return (
    typeof aborted === 'boolean' &&
    typeof addEventListener === 'function' &&
    typeof removeEventListener === 'function'
  )
}

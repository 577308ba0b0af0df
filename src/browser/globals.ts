/** The globals of Node.js that the packages use. */

export { Buffer } from './buffer.js'

export const process = {
  env: {},
  nextTick: (callback: (...args: unknown[]) => void, ...args: unknown[]) =>
    queueMicrotask(() => callback(...args))
}

/** `queue-microtask`: every browser has it. */

export default queueMicrotask

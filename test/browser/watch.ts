/** Comes before the tests in the page: an error that nobody catches is told, so that it fails at once. */

/** `TapPrinter` knows it. */
const UNCAUGHT = '#! uncaught '

addEventListener('error', ({ error, message }) => tell(error ?? message))
addEventListener('unhandledrejection', ({ reason }) => tell(reason))

function tell(error: unknown): void {
  const message = String(error)
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  // Firefox's stacks begin without the message.
  console.log(UNCAUGHT + JSON.stringify(stack.includes(message) ? stack : `${message}\n${stack}`.trimEnd()))
}

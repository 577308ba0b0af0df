/** Prints TAP as test/reporter.ts prints tests: each as one line, what failed in full. */

/** What watch.ts puts before an error that nobody caught. */
const UNCAUGHT = '#! uncaught '
const COMMENT_OF_END = /^# (tests|pass|fail|todo) +\d+$|^# ok$/

export class TapPrinter {
  passed = 0
  failed = 0
  /** Whether the plan has come, which tape writes when all is done. */
  isComplete = false
  /** An error that nobody caught, with its stack. */
  uncaught = null
  #test = null
  /** The lines on a failed assertion, while they come. */
  #details = null
  /** The beginning of a line of which the end has not come. */
  #rest = ''

  /** @param text some of the TAP: whole lines or parts */
  write(text) {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()
    for (const line of lines) this.#line(line)
  }

  /** Something went wrong that is not an assertion: the test that runs has failed. */
  fail(reason) {
    this.failed++
    this.#details = null
    if (this.#test) this.#test.failures.push(reason)
    else this.#print('FAIL', '(no test)', [reason])
    this.#endTest()
  }

  #line(line) {
    if (line.startsWith(UNCAUGHT)) this.#uncaught(line)
    else if (this.isComplete || this.uncaught) return
    else if (this.#details) this.#detail(line)
    else if (/^ok \d+/.test(line)) this.passed++
    else if (/^not ok \d+/.test(line)) this.#notOk(line)
    else if (line === '  ---') this.#details = []
    else if (/^1\.\.\d+$/.test(line)) this.#end()
    else if (line.startsWith('# ') && !COMMENT_OF_END.test(line)) this.#begin(line.slice(2))
  }

  #uncaught(line) {
    const stack = JSON.parse(line.slice(UNCAUGHT.length)).split('\n')
    this.uncaught ??= withoutPackages(stack).join('\n  ')
  }

  #begin(name) {
    this.#endTest()
    this.#test = { name, failures: [], startedAt: Date.now() }
  }

  #notOk(line) {
    this.failed++
    this.#test?.failures.push(line.replace(/^not ok \d+ ?/, ''))
  }

  #detail(line) {
    if (line !== '  ...') {
      this.#details.push(line)
      return
    }
    const { failures } = this.#test ?? { failures: [''] }
    const message = failures.pop()
    failures.push([message, ...readable(this.#details, message)].join('\n'))
    this.#details = null
  }

  #end() {
    this.#endTest()
    this.isComplete = true
  }

  #endTest() {
    if (!this.#test) return
    const { name, failures, startedAt } = this.#test
    this.#test = null
    const took = Date.now() - startedAt
    const time = took > 1000 ? ` (${(took / 1000).toFixed(1)} s)` : ''
    this.#print(failures.length === 0 ? 'ok  ' : 'FAIL', `${name}${time}`, failures)
  }

  #print(verdict, name, failures) {
    console.log(`  ${verdict} ${name}`)
    for (const failure of failures) console.log(`      ${failure.replaceAll('\n', '\n      ')}`)
  }
}

/** Without what says nothing: the kind of assertion, its message once more, and places in packages. */
function readable(details, message) {
  const text = details.join('\n').replace(/^( +)(expected|actual): +(\|-\n +)?/gm, '$1$2 ')
  return withoutPackages(text.split('\n'))
    .filter(line => !/^(operator|at|stack): /.test(line) && ![message, `Error: ${message}`].includes(line))
    .map(line => `  ${line}`)
}

/** The lines of a stack that are about the tests and what they test, in the way of Chromium. */
function withoutPackages(lines) {
  return lines
    .map(line => line.trim().replace(/^.*@(?=\S+:\d+:\d+$)/, 'at '))
    .filter(line => line !== '' && !line.includes('node_modules/'))
}

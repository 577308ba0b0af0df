/** Runs an action and holds what came out of it. */

import { type ReadonlySignal, useSignal } from '@preact/signals'
import type { EventLog } from '../model/event-log.js'
import { type Result, resultOf } from '../model/result.js'

export interface Action {
  result: ReadonlySignal<Result | null>
  /** @param doing what is being done, for as long as it is being done */
  run(doing: string, work: (show: (result: Result) => void) => Promise<Result>): Promise<Result | null>
}

/** @param log where it is noted as well */
export function useAction(log: EventLog): Action {
  const result = useSignal<Result | null>(null)
  const isBusy = useSignal(false)
  return {
    result,
    run: async (doing, work) => {
      if (isBusy.value) return null // Enter was pressed twice
      isBusy.value = true
      result.value = { tone: 'working', text: `${doing} …` }
      const show = (progress: Result) => {
        result.value = progress
      }
      result.value = await resultOf(() => work(show))
      isBusy.value = false
      if (result.value.tone !== 'error') log.add('own', firstSentence(result.value.text))
      return result.value
    }
  }
}

function firstSentence(text: string): string {
  return text.replace(/(\.) .*$|:$/s, '$1')
}

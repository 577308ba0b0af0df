/**
 * The way in between tabs of one browser: `BroadcastChannel`, without any network. It joins pages, frames and workers of one origin; in
 * Node.js, threads of one process. All tabs are asked whether they are there, and the first that says so gets the offer: a frozen tab
 * says nothing, and delays nobody.
 */

import { onAbort, throwIfAborted } from '../abort-signals.js'
import { messageOf, WebTorrentDHTError } from '../errors.js'
import type { AnswerOffer, CarriedSignal, Entrance } from './entrance.js'
import { TabsInbox } from './tabs-inbox.js'
import { createName, createRefusal, parseTabMessage, type TabMessage, type TabReply } from './tabs-message.js'

/** Milliseconds for a tab to say that it is there. An idle one needs 1, one on a busy machine 100. */
const HERE_TIMEOUT = 200
/** Milliseconds for the answer to an offer. A page makes one in some tens. */
const ANSWER_TIMEOUT = 1000
/** Milliseconds until a second tab gets the offer, too. */
const NEXT_PAUSE = 300
/** Tabs that have the offer at the same time. */
const MAX_ASKED = 2
/** Milliseconds for all tabs together: any script of the origin can pretend to be many. */
const REQUEST_TIMEOUT = 3000
/** Offers that a tab answers at the same time. Each makes a connection. */
const MAX_ANSWERING = 8

/** Makes the way in. @param options the name of the network: tabs of two networks never meet */
export function createTabsEntrance({ network }: { network: string }): Entrance {
  const channelName = `webtorrent-dht ${network}`
  /** The names of this node's own requests, which it does not answer. */
  const own = new Set<string>()
  return {
    name: 'tabs:',
    isLocal: true,
    async request(offer, { signal }) {
      throwIfAborted(signal)
      const inbox = new TabsInbox(openChannel(channelName), signal)
      own.add(inbox.name)
      try {
        return await request(inbox, offer)
      } finally {
        own.delete(inbox.name)
        inbox.close()
      }
    },
    serve(answer, { signal }) {
      if (!signal.aborted) serve({ channel: openChannel(channelName), own, answer, signal })
    }
  }
}

/** Finds a tab that answers the offer: the quickest first. @throws WebTorrentDHTError why there is none */
async function request(inbox: TabsInbox, offer: CarriedSignal): Promise<CarriedSignal> {
  const start = performance.now()
  const end = start + REQUEST_TIMEOUT
  /** The tabs that have the offer, and until when they may answer. */
  const asked = new Map<string, number>()
  let nextAt = start
  const mayAsk = (now: number) => now < end && (asked.size === 0 || (asked.size < MAX_ASKED && now >= nextAt))
  const isWanted = (reply: TabReply): reply is TabReply =>
    reply.kind === 'here' ? mayAsk(performance.now()) : asked.has(reply.from)
  inbox.post({ kind: 'ask', from: inbox.name })
  let failure = new WebTorrentDHTError('ENONODES', 'tabs: no other tab of this browser has a node')
  for (;;) {
    const now = performance.now()
    const isPause = nextAt > now && asked.size < MAX_ASKED
    const until =
      asked.size === 0 ? start + HERE_TIMEOUT : Math.min(...asked.values(), ...(isPause ? [nextAt] : []))
    const reply = await inbox.take(isWanted, until - now)
    if (reply?.kind === 'answer') return reply.signal
    if (reply?.kind === 'here') {
      nextAt = performance.now() + NEXT_PAUSE
      asked.set(reply.from, Math.min(performance.now() + ANSWER_TIMEOUT, end))
      inbox.post({ kind: 'offer', from: inbox.name, to: reply.from, signal: offer })
    } else if (reply) {
      asked.delete(reply.from)
      failure = new WebTorrentDHTError('EREFUSED', `tabs: another tab refuses: ${reply.reason}`)
    } else if (asked.size === 0) throw failure
    for (const [tab, time] of reply ? [] : asked) {
      if (time > performance.now()) continue
      asked.delete(tab)
      failure = new WebTorrentDHTError(
        'ETIMEDOUT',
        `tabs: another tab did not answer in ${ANSWER_TIMEOUT} ms`
      )
    }
  }
}

interface Serving {
  channel: BroadcastChannel
  /** Requests that are not answered. */
  own: ReadonlySet<string>
  answer: AnswerOffer
  signal: AbortSignal
}

/** Answers other tabs, until the signal aborts. */
function serve({ channel, own, answer, signal }: Serving): void {
  // In Node.js a channel would hold the process.
  if ('unref' in channel && typeof channel.unref === 'function') channel.unref()
  onAbort(signal, () => channel.close())
  const name = createName()
  let answering = 0
  const post = (message: TabMessage) => {
    if (!signal.aborted) channel.postMessage(message)
  }
  const answerOffer = async (asker: string, offer: CarriedSignal) => {
    if (answering >= MAX_ANSWERING) return post(createRefusal(name, asker, 'it is busy'))
    answering++
    try {
      post({ kind: 'answer', from: name, to: asker, signal: await answer(offer) })
    } catch (error) {
      post(createRefusal(name, asker, messageOf(error)))
    } finally {
      answering--
    }
  }
  channel.onmessage = ({ data }) => {
    const message = parseTabMessage(data)
    if (message?.kind === 'offer' && message.to === name) void answerOffer(message.from, message.signal)
    if (message?.kind !== 'ask' || own.has(message.from)) return
    post({ kind: 'here', from: name, to: message.from })
  }
}

/** @throws WebTorrentDHTError `EUNREACHABLE` where there are no channels, or the user allows this page none */
function openChannel(name: string): BroadcastChannel {
  try {
    return new BroadcastChannel(name)
  } catch (cause) {
    throw new WebTorrentDHTError('EUNREACHABLE', `tabs: no channel to others: ${messageOf(cause)}`, { cause })
  }
}

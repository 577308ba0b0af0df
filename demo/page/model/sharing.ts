/** What this tab shares and opens: files, without a tracker. */

import { type ReadonlySignal, signal } from '@preact/signals'
import type { WebTorrentDHT } from 'webtorrent-dht'
import { visible } from '../text.js'
import type { EventLog } from './event-log.js'
import { readMagnet } from './magnet-link.js'
import { UserError } from './result.js'
import { MAX_BYTES, Share, tooLarge } from './share.js'
import { LazyTorrentClient } from './torrent-client.js'

const REFRESH_EVERY = 500
const SEED_COMMAND = 'npm start -- --seed path'

export class Sharing {
  readonly #client: LazyTorrentClient
  readonly #log: EventLog
  readonly #shares = signal<readonly Share[]>([])
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(dht: WebTorrentDHT, log: EventLog) {
    this.#client = new LazyTorrentClient(dht)
    this.#log = log
  }

  /** The oldest first, so that a new one moves none of the others. */
  get shares(): ReadonlySignal<readonly Share[]> {
    return this.#shares
  }

  /** Shares files, as one. @throws UserError if that cannot be */
  share(files: File[]): void {
    const [first, ...others] = files
    if (!first) throw new UserError('Drop a file, or choose one.')
    const size = files.reduce((sum, file) => sum + file.size, 0)
    if (size > MAX_BYTES) throw new UserError(`${tooLarge(size)} In a terminal, ${SEED_COMMAND} takes more.`)
    if (size === 0) throw new UserError(`${visible(first.name)} is empty: there is nothing to share.`)
    const name = others.length === 0 ? first.name : `${first.name} and ${others.length} more`
    const share = this.#add(new Share(true, { name, size }))
    void this.#run(share, async () => {
      const { infoHash } = await share.seed(await this.#client.get(), files, name)
      const known = this.#shares.value.find(
        other => other !== share && other.view.value.infoHash === infoHash
      )
      if (!known) return this.#log.add('own', `Shares ${visible(name)}`)
      this.remove(share)
    })
  }

  /** Downloads what a link leads to. @throws UserError if it is no link */
  open(typed: string): void {
    const link = readMagnet(typed)
    const known = this.#shares.value.find(({ view }) => view.value.infoHash === link.infoHash)
    if (known?.view.value.state === 'failed') this.remove(known)
    else if (known) return
    const share = this.#add(new Share(false, { name: link.name, infoHash: link.infoHash, state: 'looking' }))
    void this.#run(share, async () => {
      share.add(await this.#client.get(), link)
      this.#log.add('own', `Looks for ${visible(link.name) || link.infoHash}`)
    })
  }

  remove(share: Share): void {
    share.remove()
    this.#shares.value = this.#shares.value.filter(other => other !== share)
    // Else a reload would open it again.
    const { infoHash } = share.view.value
    if (infoHash && isAddressOf(infoHash)) history.replaceState(null, '', location.pathname)
  }

  async #run(share: Share, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      share.fail(error)
    }
  }

  #add(share: Share): Share {
    this.#shares.value = [...this.#shares.value, share]
    this.#timer ??= setInterval(() => {
      for (const one of this.#shares.value) one.refresh()
    }, REFRESH_EVERY)
    return share
  }
}

/** Whether the page's address has a link to it. */
function isAddressOf(infoHash: string): boolean {
  try {
    return readMagnet(location.hash).infoHash === infoHash
  } catch {
    return false
  }
}

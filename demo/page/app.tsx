/** The page, put together: what a visitor can do, who else can, and the machinery below. */

import type { PageNode } from './model/page-node.js'
import { DevicePanel } from './panels/device-panel.js'
import { InsidePanel } from './panels/inside-panel.js'
import { InvitePanel } from './panels/invite-panel.js'
import { NotePanel } from './panels/note-panel.js'
import { RoomPanel } from './panels/room-panel.js'
import { SharePanel } from './panels/share-panel.js'
import { StatusLine } from './panels/status.js'

export function App({ node }: { node: PageNode }) {
  return (
    <>
      <header class="top">
        <div class="intro">
          <p class="eyebrow">webtorrent-dht</p>
          <h1>Share a file, open a room, keep a note</h1>
          <p>
            From browser to browser, with no server in between. Open this page in a second tab to try it
            alone.
          </p>
        </div>
        <StatusLine node={node} />
      </header>
      <main>
        <div class="doors">
          <SharePanel node={node} />
          <RoomPanel node={node} />
          <NotePanel node={node} />
        </div>
        <DevicePanel />
        <InvitePanel node={node} />
        <InsidePanel node={node} />
      </main>
    </>
  )
}

/** The demo page's entry: starts a node in this tab, and shows it. */

import { render } from 'preact'
import { App } from './app.js'
import { claimState } from './model/kept-state.js'
import { learnPageAddress } from './model/page-address.js'
import { PageNode } from './model/page-node.js'

const root = document.getElementById('page')
if (root) start(root)

async function start(root: HTMLElement): Promise<void> {
  void learnPageAddress()
  const node = new PageNode(await claimState())
  render(<App node={node} />, root)
}

/** examples/game: two play, a third one is not let in, a page is loaded again, and a cheat. */

import type { Page } from 'playwright-core'
import test from 'tape'
import { type Browsers, Visitors } from './visitors.js'

const cell = (page: Page, row: number, column: number) =>
  page.getByRole('button', { name: `Row ${row}, column ${column}` })
const status = (page: Page, text: string) => page.getByRole('status').getByText(text).waitFor()

async function take(player: Page, other: Page, row: number, column: number, mark: string): Promise<void> {
  await cell(player, row, column).click()
  await cell(other, row, column).getByText(mark).waitFor()
}

export function testGame(browsers: Promise<Browsers>): void {
  test('examples/game: two play, nobody else comes in, and who loads the page again goes on', t =>
    Visitors.play(t, 'game', async visitors => {
      const { chromium, firefox } = await browsers
      const x = await visitors.open(chromium)
      await status(x, 'You play X. It is your turn. The other one is not here.')
      const invitation = new URL((await x.getByRole('link').getAttribute('href')) ?? '', visitors.site.url)
        .hash
      const o = await visitors.open(firefox, invitation)
      await status(o, 'You play O. It is the turn of the other one.')
      await x.getByText('The other one is not here.').waitFor({ state: 'hidden' })

      for (const page of [x, o]) t.equal(await page.getByRole('alert').textContent(), '', 'nothing is wrong')
      await take(x, o, 2, 2, 'X')
      await cell(x, 1, 1).click()
      t.equal(await cell(x, 1, 1).textContent(), '', 'nobody moves twice')
      await status(o, 'It is your turn.')
      await cell(o, 2, 2).click()
      t.equal(await cell(o, 2, 2).textContent(), 'X', 'nor on a cell that is taken')
      await take(o, x, 1, 1, 'O')

      const third = await visitors.open(chromium, invitation)
      await third.getByText(/That did not work: .*the room (is|full)/).waitFor()
      await status(third, 'The other one is not here.')
      await third.close()

      await x.reload()
      await cell(x, 2, 2).getByText('X').waitFor()
      await cell(x, 1, 1).getByText('O').waitFor()
      await x.getByText('The other one is not here.').waitFor({ state: 'hidden' })
      await o.getByText('The other one is not here.').waitFor({ state: 'hidden' })
      t.pass('the game goes on after a reload')
      await take(x, o, 1, 2, 'X')
      await take(o, x, 1, 3, 'O')
      await take(x, o, 3, 2, 'X')
      await status(x, 'You have won.')
      await status(o, 'The other one has won.')

      await o.getByRole('button', { name: 'Play again' }).click()
      await status(o, 'It is your turn.')
      await status(x, 'It is the turn of the other one.')
      t.pass('another round, which the other one begins')
    }))
}

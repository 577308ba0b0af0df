/** examples/chat: two people meet in a room, and one is in another. */

import test from 'tape'
import { type Browsers, Visitors } from './visitors.js'

export function testChat(browsers: Promise<Browsers>): void {
  test('examples/chat: who is in a room, what they say, who types and who leaves', t =>
    Visitors.play(t, 'chat', async visitors => {
      const { chromium, firefox } = await browsers
      const [ada, bob] = await Promise.all([
        visitors.open(chromium, '#room=tea'),
        visitors.open(firefox, '#room=tea')
      ])
      await ada.getByLabel('Your nickname').fill('Ada')
      await bob.getByLabel('Your nickname').fill('Bob')
      await ada.getByText('Here: you, Bob').waitFor()
      await bob.getByText('Here: you, Ada').waitFor()
      t.pass('they see each other')

      await ada.getByLabel('Message', { exact: true }).pressSequentially('Hello')
      await bob.getByText('Ada …').waitFor()
      t.pass('one sees that the other types')
      await ada.keyboard.press('Enter')
      await bob.getByText('Ada: Hello').waitFor()
      await ada.getByText('You: Hello').waitFor()
      t.equal(await bob.getByText('Ada …').count(), 0, 'and no more when the message is there')

      await bob.getByLabel('Room').fill('other & room')
      await bob.getByRole('button', { name: 'Enter' }).click()
      await ada.getByText('Bob has left.').waitFor()
      await bob.waitForURL(/#room=other\+%26\+room$/)
      t.equal(await bob.getByLabel('Room').inputValue(), 'other & room')
      t.equal(await bob.getByText('Ada: Hello').count(), 0, 'another room has other messages')
      await bob.getByLabel('Message', { exact: true }).fill('Is anybody here?')
      await bob.keyboard.press('Enter')
      await bob.getByText('Nobody else is here yet.').waitFor()
    }))
}

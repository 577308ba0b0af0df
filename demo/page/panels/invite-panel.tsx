/** Invite somebody, and accept an invitation. */

import { type Signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { Accepting, INVITATION, Inviting } from '../model/invite-actions.js'
import { followFragment } from '../model/link-fragment.js'
import type { PageNode } from '../model/page-node.js'
import type { Result } from '../model/result.js'
import { CopyButton } from './copy-button.js'
import { Fold } from './fold.js'
import { QrCode } from './qr-code.js'
import { ResultBox } from './result-box.js'
import { ScanButton } from './scan-button.js'
import { useAction } from './use-action.js'

export function InvitePanel({ node }: { node: PageNode }) {
  const isOpen = useSignal(false)
  const invitation = useSignal('')
  useEffect(
    () =>
      followFragment(INVITATION, text => {
        isOpen.value = true
        invitation.value = text
      }),
    []
  )
  return (
    <Fold
      name="invite"
      title="Invite somebody who is elsewhere"
      hint="Two people are a network, without any server: one gives a link, the other gives an answer back, by messenger or from screen to camera."
      isOpen={isOpen}
    >
      {() => (
        <div class="invite-columns">
          <InviteForm node={node} />
          <AcceptForm node={node} invitation={invitation} />
        </div>
      )}
    </Fold>
  )
}

function InviteForm({ node: { dht, log } }: { node: PageNode }) {
  const inviting = useMemo(() => new Inviting(dht), [dht])
  const { result, run } = useAction(log)
  return (
    <Exchange
      result={result.value}
      before="Make an invitation, and give the link to one person."
      text={inviting.link.value}
      label="invitation"
    >
      <button
        type="button"
        class="primary"
        onClick={() => run('Making an invitation', () => inviting.invite())}
      >
        Make an invitation
      </button>
      <TextForm
        name="answer"
        label="Their answer"
        button="Connect"
        onText={text => run('Connecting', () => inviting.connect(text))}
      />
    </Exchange>
  )
}

interface AcceptProps {
  node: PageNode
  /** The one in the page's address; empty where there is none. */
  invitation: Signal<string>
}

function AcceptForm({ node: { dht, log }, invitation }: AcceptProps) {
  const accepting = useMemo(() => new Accepting(dht), [dht])
  const { result, run } = useAction(log)
  const accept = (text: string) => {
    const onConnected = (connected: Promise<Result>) => void waitFor(connected)
    return run('Accepting the invitation', () => accepting.accept(text, onConnected))
  }
  const waitFor = async (connected: Promise<Result>) => {
    await connected.catch(() => {}) // the box says it
    await run('Connecting', () => connected)
  }
  useEffect(() => {
    if (invitation.value !== '') void accept(invitation.value)
  }, [invitation.value])
  return (
    <Exchange
      result={result.value}
      before="Were you invited? Open the link, or paste it here: an answer comes of it."
      text={accepting.answer.value}
      label="answer"
    >
      <TextForm name="invitation" label="An invitation" button="Accept" onText={accept} />
    </Exchange>
  )
}

interface ExchangeProps {
  result: Result | null
  /** What the box says at first. */
  before: string
  /** What the other person is to get; empty while there is nothing. */
  text: string
  /** What that is. */
  label: string
  children: ComponentChildren
}

function Exchange({ result, before, text, label, children }: ExchangeProps) {
  return (
    <div class={`exchange${result ? ' has-offer' : ''}`}>
      <div class="exchange-in">{children}</div>
      {result && (
        <div class="offered">
          <QrCode text={text} label={`QR code of the ${label}`} />
          <p class="links">
            <code>{text}</code>
            {text !== '' && <CopyButton value={text} label={label} />}
          </p>
        </div>
      )}
      <ResultBox result={result} before={before} />
    </div>
  )
}

interface TextFormProps {
  name: string
  label: string
  button: string
  onText: (text: string) => void
}

function TextForm({ name, label, button, onText }: TextFormProps) {
  const text = useSignal('')
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault()
    onText(text.value)
  }
  return (
    <form onSubmit={onSubmit}>
      <label>
        {label}
        <input
          name={name}
          class="mono"
          value={text.value}
          onInput={event => {
            text.value = event.currentTarget.value
          }}
          placeholder="Paste it here"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
        />
      </label>
      <div class="buttons">
        <button type="submit" class="primary">
          {button}
        </button>
        <ScanButton
          label={label.toLowerCase()}
          onText={scanned => {
            text.value = scanned
            onText(scanned)
          }}
        />
      </div>
    </form>
  )
}

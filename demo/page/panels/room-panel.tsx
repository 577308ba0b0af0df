/** Open a room: whoever has its link is in it, too. */

import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { followFragment } from '../model/link-fragment.js'
import { linkTo } from '../model/page-address.js'
import type { PageNode } from '../model/page-node.js'
import { explain } from '../model/result.js'
import { describeMembers, lastNick, type RoomLine, type RoomVisit } from '../model/room-visit.js'
import { LinkRow } from './link-row.js'
import { Panel } from './panel.js'
import { TextField } from './text-field.js'

/** What a link to this page has before the name. */
const ROOM = 'room'

export function RoomPanel({ node: { room } }: { node: PageNode }) {
  const nick = useSignal(lastNick())
  const error = useSignal('')
  const isTyped = useSignal(false)
  const enter = (name: string) => attempt(error, () => room.open(name, nick.value))
  useEffect(() => followFragment(ROOM, name => void enter(name)), [])
  return (
    <Panel
      name="room"
      title="Open a room"
      hint="Everybody who has the link talks directly with everybody else, also when this node’s server is gone."
    >
      {room.name.value === '' ? (
        <EnterForm
          nick={nick}
          error={error.value}
          onEnter={name => {
            isTyped.value = true
            void enter(name)
          }}
        />
      ) : (
        <Talk room={room} error={error} takesFocus={isTyped.value} />
      )}
    </Panel>
  )
}

interface EnterProps {
  nick: Signal<string>
  error: string
  onEnter: (name: string) => void
}

function EnterForm({ nick, error, onEnter }: EnterProps) {
  const name = useSignal('')
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        onEnter(name.value)
      }}
    >
      <TextField
        name="room"
        label="Name of the room"
        value={name}
        placeholder="chess club"
        maxLength={100}
        describedBy="room-error"
      />
      <TextField name="nick" label="Your name" value={nick} placeholder="Ada" maxLength={30} />
      <div class="buttons">
        <button type="submit" class="primary">
          Open the room
        </button>
      </div>
      <Fault
        id="room-error"
        text={error}
        otherwise="Whoever knows the name can come in. Nothing is stored."
      />
    </form>
  )
}

interface TalkProps {
  room: RoomVisit
  error: Signal<string>
  /** Not where a link has opened the room: nobody has asked for the keyboard of a phone. */
  takesFocus: boolean
}

function Talk({ room, error, takesFocus }: TalkProps) {
  const text = useSignal('')
  const field = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (takesFocus) field.current?.querySelector('input')?.focus()
  }, [])
  const say = async () => {
    const isSaid = await attempt(error, () => room.say(text.value))
    if (isSaid) text.value = ''
  }
  return (
    <div class="talk">
      <p class="room-name">
        <strong class="wrap">{room.name.value}</strong>
        <button type="button" class="small" onClick={() => room.leave()}>
          Leave
        </button>
      </p>
      <LinkRow link={linkTo(`${ROOM}=${encodeURIComponent(room.name.value)}`)} what="room" />
      <p class="room-members" role="status">
        {describeMembers(room.members.value)}
      </p>
      <Lines lines={room.lines.value} />
      <form
        ref={field}
        onSubmit={event => {
          event.preventDefault()
          void say()
        }}
      >
        <TextField name="message" label="Message" value={text} maxLength={2000} describedBy="say-error" />
        <div class="buttons">
          <button type="submit" class="primary">
            Send
          </button>
          <Fault id="say-error" text={error.value} otherwise="" />
        </div>
      </form>
    </div>
  )
}

/** Of fixed height: what comes scrolls, and moves nothing. The newest is at the bottom. */
function Lines({ lines }: { lines: readonly RoomLine[] }) {
  const box = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight
  }, [lines])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to reach it
    <section class="lines" aria-label="What was said" aria-live="polite" tabIndex={0} ref={box}>
      {lines.map(({ who, isOwn, text }, index) =>
        who === null ? (
          <p key={index} class="muted">
            {text}
          </p>
        ) : (
          <p key={index} class="wrap">
            <strong class={isOwn ? 'is-own' : ''}>{who}</strong> {text}
          </p>
        )
      )}
      {lines.length === 0 && <p class="muted">Nothing has been said yet.</p>}
    </section>
  )
}

function Fault({ id, text, otherwise }: { id: string; text: string; otherwise: string }) {
  return (
    <p id={id} class={text ? 'note is-error' : 'note'} role="status">
      {text || otherwise}
    </p>
  )
}

/** Says in the signal what went wrong. @returns whether nothing did */
async function attempt(error: Signal<string>, action: () => void | Promise<void>): Promise<boolean> {
  error.value = ''
  try {
    await action()
    return true
  } catch (reason) {
    error.value = explain(reason)
    return false
  }
}

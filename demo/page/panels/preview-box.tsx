/** A picture, sound, film or text that is complete. */

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { TorrentFile } from '../../torrents.js'
import { type Preview, readPreview } from '../model/preview.js'
import { UserError } from '../model/result.js'
import { visible } from '../text.js'

type State = { name: 'reading' } | { name: 'shown'; preview: Preview } | { name: 'none'; reason: string }

export function PreviewBox({ file }: { file: TorrentFile }) {
  const state = useSignal<State>({ name: 'reading' })
  useEffect(() => {
    let isGone = false
    let url = ''
    const take = (preview: Preview) => {
      if ('url' in preview) url = preview.url
      if (isGone) URL.revokeObjectURL(url)
      else state.value = { name: 'shown', preview }
    }
    readPreview(file).then(take, error => {
      state.value = { name: 'none', reason: reasonOf(error) }
    })
    return () => {
      isGone = true
      URL.revokeObjectURL(url)
    }
  }, [file])
  const current = state.value
  if (current.name !== 'shown') {
    return <div class="preview is-empty">{current.name === 'none' ? current.reason : 'Reading it …'}</div>
  }
  const onError = () => {
    state.value = { name: 'none', reason: 'This browser cannot show it. Save it to see it.' }
  }
  return <div class="preview">{show(current.preview, visible(file.name), onError)}</div>
}

function show(preview: Preview, name: string, onError: () => void) {
  switch (preview.kind) {
    case 'image':
      return <img src={preview.url} alt={name} onError={onError} />
    case 'audio':
      // biome-ignore lint/a11y/useMediaCaption: a stranger's, of which nothing is known
      return <audio src={preview.url} controls aria-label={name} onError={onError} />
    case 'video':
      // biome-ignore lint/a11y/useMediaCaption: likewise
      return <video src={preview.url} controls aria-label={name} onError={onError} />
    case 'text':
      return (
        <>
          <pre>{preview.text}</pre>
          {!preview.isWhole && <p class="muted">The beginning. Save it to see all.</p>}
        </>
      )
  }
}

function reasonOf(error: unknown): string {
  return error instanceof UserError ? error.message : 'It could not be read.'
}

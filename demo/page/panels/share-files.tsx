/** The files of a torrent: one is shown, each can be saved. */

import { useSignal } from '@preact/signals'
import { formatBytes } from '../../bytes.js'
import type { TorrentFile } from '../../torrents.js'
import { previewKindOf, save } from '../model/preview.js'
import { MAX_SHOWN_FILES } from '../model/share.js'
import { count, visible } from '../text.js'
import { PreviewBox } from './preview-box.js'

interface Props {
  files: readonly TorrentFile[]
  isComplete: boolean
  isFailed: boolean
}

export function ShareFiles({ files, isComplete, isFailed }: Props) {
  const chosen = useSignal<TorrentFile | null>(null)
  const shown = chosen.value ?? files.find(file => previewKindOf(file) !== null) ?? files[0]
  if (isFailed) return null
  return (
    <div class="share-files">
      {isComplete && shown ? (
        <PreviewBox key={shown.name} file={shown} />
      ) : (
        <div class="preview is-empty">A preview comes when all of it is there.</div>
      )}
      <ul aria-label="Files">
        {files.slice(0, MAX_SHOWN_FILES).map(file => (
          <li key={file}>
            <button
              type="button"
              class="link-button"
              aria-pressed={file === shown}
              disabled={!isComplete}
              title={visible(file.name)}
              onClick={() => {
                chosen.value = file
              }}
            >
              {visible(file.name)}
            </button>
            <span class="muted">{formatBytes(file.length)}</span>
            <button
              type="button"
              class="small"
              disabled={!isComplete}
              aria-label={`Save ${visible(file.name)}`}
              onClick={() => save(file)}
            >
              Save
            </button>
          </li>
        ))}
        {files.length > MAX_SHOWN_FILES && (
          <li class="muted">and {count(files.length - MAX_SHOWN_FILES, 'more file')}</li>
        )}
      </ul>
    </div>
  )
}

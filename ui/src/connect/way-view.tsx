// A way to connect: its snippets, each with a button that copies it.

import { Banner } from '../ui/banner.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import type { Variant } from './way.ts'
import './way-view.css'

export function VariantView({ variant }: { variant: Variant }) {
  const { snippets, warning, notes = [] } = variant
  return (
    <div className="way">
      {warning === undefined ? null : <Banner state="warn">{warning}</Banner>}
      {snippets.map(({ words, text }) => (
        <figure key={words} className="snippet">
          <figcaption className="snippet__head">
            <span>{words}</span>
            <CopyButton text={text} what={words} label="Copy" />
          </figcaption>
          <pre className="snippet__text" tabIndex={0}>
            {text}
          </pre>
        </figure>
      ))}
      {notes.length === 0 ? null : (
        <ul className="way__notes muted">
          {notes.map(note => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </div>
  )
}

import { X } from 'lucide-react'

/** What the panel is of, and the way out of it. */
export function PanelHead({ onClose, children }: { onClose: () => void; children: React.ReactNode }) {
  return (
    <header className="panel__head">
      <h2 className="panel__title">{children}</h2>
      <button
        type="button"
        className="button button--plain button--icon"
        onClick={onClose}
        aria-label="Close the details"
        title="Close (Esc)"
      >
        <X size={16} aria-hidden="true" />
      </button>
    </header>
  )
}

// Cells that tables of services share.

import { rateText, shareText } from '../graph/signal-text.ts'
import { Mark } from '../ui/mark.tsx'

/** A share of errors; where there is none it is quiet. */
export function ErrorShare({ share }: { share: number | null }) {
  if (share === null || share === 0) return <span className="muted">{shareText(share)}</span>
  return (
    <span className="error-word">
      <Mark state="bad" />
      {shareText(share)}
    </span>
  )
}

export function Rate({ rate }: { rate: number | null }) {
  return <span className={rate === 0 || rate === null ? 'muted' : ''}>{rateText(rate)}</span>
}
